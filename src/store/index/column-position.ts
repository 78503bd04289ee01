import { compareKeys, type MapKey } from '../key.ts';
import { type ColumnQuery } from './column-query.ts';

/** Where columns lie from a query, in the order of the index: negative before what it asks for, 0 in it, positive behind it. */
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
