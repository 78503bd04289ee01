import { type MapKey } from '../key.ts';

/** A set of keys, or of whole rows, in which equal ones are the same. Nobody adds to it. */
export class PendingKeys<Key> extends Set<Key> {
  readonly #byMapKey: ReadonlyMap<MapKey, Key>;
  readonly #mapKeyOf: (key: Key) => MapKey;

  constructor(byMapKey: ReadonlyMap<MapKey, Key>, mapKeyOf: (key: Key) => MapKey) {
    super(byMapKey.values());
    this.#byMapKey = byMapKey;
    this.#mapKeyOf = mapKeyOf;
  }

  override has(key: Key): boolean {
    return this.#byMapKey.has(this.#mapKeyOf(key));
  }
}
