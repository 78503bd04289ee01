import { toHex } from '../../src/bsatn/bytes.ts';
import { type RowList, rowsOf } from '../../src/wire/row-list.ts';

/** A message with its row lists as lists of rows, and all bytes in hex: what a test can compare with what it means. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (isRowList(value)) return rowsOf(value).map((row) => toHex(row));
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

function isRowList(value: object): value is RowList {
  return 'data' in value && 'start' in value && 'end' in value;
}
