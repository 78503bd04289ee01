import { type ReadonlySignal } from '@preact/signals-core';
import { type ColumnQuery, type RangeSignals } from './column-query.ts';
import { joinKeys, type MapKey } from '../key.ts';
import { QuerySignal, type SignalSource } from '../query-signal.ts';
import { WatchedSignals } from '../watched-signals.ts';

/** What the signals of an index need of its table. */
type VersionedTable = Pick<SignalSource<never, never>, 'version' | 'versionNumber'>;

/**
 * The watched signals of one index, found by the columns that a step touches: those that ask for exact values, of all columns or of the
 * first few, through a map for each number of columns; those that ask for a range through what comes with the range.
 */
export class IndexSignals<Value> implements SignalSource<ColumnQuery, Value> {
  readonly read: (query: ColumnQuery, previous: Value | undefined) => Value;
  readonly #table: VersionedTable;
  readonly #byPrefix = new Map<number, WatchedSignals<ColumnQuery, Value>>();
  #ranges: RangeSignals<Value> | undefined;

  constructor(table: VersionedTable, read: (query: ColumnQuery, previous: Value | undefined) => Value) {
    this.#table = table;
    this.read = read;
  }

  get version(): ReadonlySignal<number> {
    return this.#table.version;
  }

  get versionNumber(): number {
    return this.#table.versionNumber;
  }

  /** The signal of this query that is watched, or else a new one. */
  signal(query: ColumnQuery): QuerySignal<ColumnQuery, Value> {
    return this.#watchedLike(query)?.find(query.key) ?? new QuerySignal(this, query);
  }

  get isWatched(): boolean {
    return this.#byPrefix.size > 0 || (this.#ranges?.size ?? 0) > 0;
  }

  /** How many queries are watched. */
  get watched(): number {
    let watched = this.#ranges?.size ?? 0;
    for (const { size } of this.#byPrefix.values()) watched += size;
    return watched;
  }

  /** Refreshes the signals that ask for any of these columns, each once. For the commit of a step. */
  refresh(touched: readonly (readonly MapKey[])[]): void {
    const concerned = new Set<QuerySignal<ColumnQuery, Value>>();
    for (const columns of touched) {
      for (const [length, watched] of this.#byPrefix) {
        for (const signal of watched.of(joinKeys(columns.slice(0, length)))) concerned.add(signal);
      }
      for (const signal of this.#ranges?.at(columns) ?? []) concerned.add(signal);
    }
    for (const signal of concerned) signal.refresh();
  }

  enlist(signal: QuerySignal<ColumnQuery, Value>): void {
    const { query } = signal;
    (this.#watchedLike(query) ?? this.#newWatched(query)).add(query.key, signal);
  }

  delist(signal: QuerySignal<ColumnQuery, Value>): void {
    const { query } = signal;
    const watched = this.#watchedLike(query);
    watched?.remove(query.key, signal);
    if (watched?.size === 0 && query.range === undefined) this.#byPrefix.delete(query.prefix.length);
  }

  #watchedLike({ range, prefix }: ColumnQuery): WatchedSignals<ColumnQuery, Value> | undefined {
    return range === undefined ? this.#byPrefix.get(prefix.length) : this.#ranges;
  }

  #newWatched({ range, prefix }: ColumnQuery): WatchedSignals<ColumnQuery, Value> {
    if (range !== undefined) return (this.#ranges = range.order.newWatchedRanges());
    const watched = new WatchedSignals<ColumnQuery, Value>();
    this.#byPrefix.set(prefix.length, watched);
    return watched;
  }
}
