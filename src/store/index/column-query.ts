import { type KeyValue } from '../definition.ts';
import { checkedKeyOf, compareKeys, joinKeys, keyText, type MapKey, mapKeyOf } from '../key.ts';
import { Range } from '../range.ts';

/** What an index is asked for: exact values of its first columns, then perhaps a range of the next one. */
export interface ColumnQuery {
  readonly prefix: readonly MapKey[];
  readonly range: KeyRange | undefined;
  /** The same for all queries that ask for the same; unique among those with a prefix of this length, or among those with a range. */
  readonly key: MapKey;
}

/** The bounds of a range; each may be missing. */
interface KeyRange {
  readonly least: Bound | undefined;
  readonly greatest: Bound | undefined;
}

interface Bound {
  readonly key: MapKey;
  readonly isIncluded: boolean;
}

/** Asks for exact values of the first columns, or of all of them. */
export function exactQuery(columns: readonly KeyValue[]): ColumnQuery {
  return prefixQuery(columns.map(mapKeyOf));
}

/** Asks for what a caller passed: a value or range of the only column, or an array for several columns, whose last element may be a range. */
export function queryOf(query: unknown): ColumnQuery {
  const columns: readonly unknown[] = Array.isArray(query) ? query : [query];
  const last = columns.at(-1);
  if (!(last instanceof Range)) return prefixQuery(columns.map(checkedKeyOf));
  const prefix = columns.slice(0, -1).map(checkedKeyOf);
  const { from, after, to, before } = last.bounds;
  const range = { least: boundOf(from, after), greatest: boundOf(to, before) };
  return { prefix, range, key: [...prefix.map(keyText), boundText(range.least), boundText(range.greatest)].join(',') };
}

function prefixQuery(prefix: readonly MapKey[]): ColumnQuery {
  return { prefix, range: undefined, key: joinKeys(prefix) };
}

/** Where a key lies from a query, in the order of the index: negative before what it asks for, 0 in it, positive behind it. */
export function positionOf(columns: readonly MapKey[], { prefix, range }: ColumnQuery): number {
  let index = 0;
  for (const value of prefix) {
    const order = compareAt(columns, index++, value);
    if (order !== 0) return order;
  }
  if (range === undefined) return 0;
  const { least, greatest } = range;
  if (least !== undefined) {
    const order = compareAt(columns, prefix.length, least.key);
    if (order < 0 || (order === 0 && !least.isIncluded)) return -1;
  }
  if (greatest !== undefined) {
    const order = compareAt(columns, prefix.length, greatest.key);
    if (order > 0 || (order === 0 && !greatest.isIncluded)) return 1;
  }
  return 0;
}

function compareAt(columns: readonly MapKey[], index: number, value: MapKey): number {
  const column = columns[index];
  return column === undefined ? -1 : compareKeys(column, value);
}

function boundOf(included: unknown, excluded: unknown): Bound | undefined {
  if (included !== undefined) return { key: checkedKeyOf(included), isIncluded: true };
  return excluded === undefined ? undefined : { key: checkedKeyOf(excluded), isIncluded: false };
}

function boundText(bound: Bound | undefined): string {
  return bound === undefined ? '' : `${bound.isIncluded ? '=' : '!'}${keyText(bound.key)}`;
}
