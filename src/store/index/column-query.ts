import { type KeyValue } from '../definition.ts';
import { joinKeys, keyText, type MapKey, mapKeyOf } from '../key.ts';
import { type WatchedSignals } from '../watched-signals.ts';
import { type QuerySignal } from '../query-signal.ts';
import { type Buckets } from './bucket.ts';

/** What an index is asked for: exact values of its first columns, then perhaps a range of the next one. */
export interface ColumnQuery {
  readonly prefix: readonly MapKey[];
  readonly range: KeyRange | undefined;
  /** The same for all queries that ask for the same; unique among those with a prefix of this length, or among those with a range. */
  readonly key: MapKey;
}

/** The bounds of a range; each may be missing. */
export interface KeyRange {
  readonly least: Bound | undefined;
  readonly greatest: Bound | undefined;
  /** The same for all ranges with the same bounds. */
  readonly key: string;
  /** What a range is answered by. It comes with the range, so that programs without one need not carry it. */
  readonly order: ColumnOrder;
}

interface Bound {
  readonly key: MapKey;
  readonly isIncluded: boolean;
}

/** Watched signals that ask for ranges. */
export interface RangeSignals<Value> extends WatchedSignals<ColumnQuery, Value> {
  /** Those in whose range these columns lie. */
  at(columns: readonly MapKey[]): Iterable<QuerySignal<ColumnQuery, Value>>;
}

/** The order of columns in an index. */
export interface ColumnOrder {
  /** Makes buckets that lie in this order. */
  readonly newBuckets: <Row>() => Buckets<Row>;
  /** Makes room for the signals of ranges that are watched. */
  readonly newWatchedRanges: <Value>() => RangeSignals<Value>;
}

/** What stands for the value of a column of an index. Throws a `TypeError` for one that the column cannot have. */
export type KeyAt = (value: unknown, column: number) => MapKey;

/** Asks for exact values of all columns. */
export function exactQuery(columns: readonly KeyValue[]): ColumnQuery {
  return prefixQuery(columns.map(mapKeyOf));
}

/** Asks for what a caller passed: a value or range of the only column, or an array for several columns, whose last element may be a range. */
export function queryOf(query: unknown, keyAt: KeyAt): ColumnQuery {
  const columns: readonly unknown[] = Array.isArray(query) ? query : [query];
  const last = columns.at(-1);
  if (!isRange(last)) return prefixQuery(columns.map(keyAt));
  const prefix = columns.slice(0, -1).map(keyAt);
  const range = last.toKeyRange((value) => keyAt(value, prefix.length));
  return { prefix, range, key: [...prefix.map(keyText), range.key].join(',') };
}

/** Not by its class, which would bring along what answers ranges. */
function isRange(value: unknown): value is { toKeyRange(keyOf: (value: unknown) => MapKey): KeyRange } {
  return typeof value === 'object' && value !== null && 'toKeyRange' in value;
}

function prefixQuery(prefix: readonly MapKey[]): ColumnQuery {
  return { prefix, range: undefined, key: joinKeys(prefix) };
}
