import { type ColumnValue } from '../relation.ts';

/** Whether two values of a column are equal as the server sees it: NaN equals itself, and both zeros are one. */
export function sameValue(left: ColumnValue, right: ColumnValue): boolean {
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}
