import { type ColumnValue } from '../relation.ts';
import { type ValueKind } from './value-type.ts';

/** Negative, zero or positive, as `left` stands before, beside or after `right`. Both are values of one kind. */
export type Comparison = (left: ColumnValue, right: ColumnValue) => number;

/** How the server orders the values of a kind. */
export function comparisonOf(kind: ValueKind): Comparison {
  switch (kind) {
    case 'F32':
    case 'F64':
      return compareFloats;
    case 'string':
      return compareStrings;
    default:
      return comparePrimitives;
  }
}

/** Booleans, numbers, bigints, and bytes as strings of one character each: what JavaScript's own operators compare right. */
function comparePrimitives(left: ColumnValue, right: ColumnValue): number {
  if (left === right || left === undefined || right === undefined) return 0;
  return left < right ? -1 : 1;
}

/** The server's order of floats is total: NaN equals itself and comes after infinity; the two zeros are equal. */
function compareFloats(left: ColumnValue, right: ColumnValue): number {
  const isLeftNaN = left !== left;
  const isRightNaN = right !== right;
  if (isLeftNaN || isRightNaN) return Number(isLeftNaN) - Number(isRightNaN);
  return comparePrimitives(left, right);
}

/** By the bytes of UTF-8, that is by characters: a surrogate pair comes after every other character. */
function compareStrings(left: ColumnValue, right: ColumnValue): number {
  if (typeof left !== 'string' || typeof right !== 'string') return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** UTF-16 puts the surrogates before U+E000 to U+FFFF, UTF-8 after them. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
