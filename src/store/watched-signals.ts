import { type MapKey } from './key.ts';
import { type QuerySignal } from './query-signal.ts';

/** The watched signals of one kind of question by key. Two handles of one key, both taken before either was watched, may both be in here. */
export class WatchedSignals<Query, Value> {
  readonly #byKey = new Map<MapKey, QuerySignal<Query, Value> | Set<QuerySignal<Query, Value>>>();

  /** How many keys are watched. */
  get size(): number {
    return this.#byKey.size;
  }

  /** A watched signal of this key. */
  find(key: MapKey): QuerySignal<Query, Value> | undefined {
    const entry = this.#byKey.get(key);
    return entry instanceof Set ? entry.values().next().value : entry;
  }

  add(key: MapKey, signal: QuerySignal<Query, Value>): void {
    const entry = this.#byKey.get(key);
    if (entry instanceof Set) entry.add(signal);
    else this.#byKey.set(key, entry === undefined ? signal : new Set([entry, signal]));
  }

  remove(key: MapKey, signal: QuerySignal<Query, Value>): void {
    const entry = this.#byKey.get(key);
    if (entry === signal || (entry instanceof Set && entry.delete(signal) && entry.size === 0)) this.#byKey.delete(key);
  }

  keys(): IterableIterator<MapKey> {
    return this.#byKey.keys();
  }

  /** The watched signals of this key. */
  *of(key: MapKey): Iterable<QuerySignal<Query, Value>> {
    const entry = this.#byKey.get(key);
    if (entry instanceof Set) yield* entry;
    else if (entry !== undefined) yield entry;
  }

  /** Refreshes what is watched under this key. For the commit of a step. */
  refresh(key: MapKey): void {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return;
    if (entry instanceof Set) for (const signal of entry) signal.refresh();
    else entry.refresh();
  }
}
