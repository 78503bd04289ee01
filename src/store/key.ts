import { decode, type ValueReader } from '../bsatn/codec.ts';
import { type KeyValue } from './definition.ts';

/** A column of a key as a `Map` tells it apart and as an index sorts it. */
export type MapKey = number | bigint | string | boolean;

/** What stands for `value` in maps and comparisons: the number inside a special type, the tag of a sum, everything else itself. */
export function mapKeyOf(value: KeyValue): MapKey {
  if (typeof value !== 'object') return value;
  if ('tag' in value) return value.tag;
  return 'micros' in value ? value.micros : value.value;
}

/**
 * The same for a value that nobody has checked. Throws a `TypeError` for one that is of another kind than `sample`, a key of `whose`: for callers without a
 * compiler, who ask for 7 where keys are `bigint`.
 */
export function checkedKeyOf(value: unknown, sample: KeyValue | undefined, whose: string): MapKey {
  if (isLike(value, sample)) return mapKeyOf(value);
  throw new TypeError(
    `${whose} cannot have the key ${String(value)} of type ${typeof value}: its keys are ${kindOf(sample)}`,
  );
}

function isLike(value: unknown, sample: KeyValue | undefined): value is KeyValue {
  return (
    value !== null &&
    sample !== undefined &&
    typeof value === typeof sample &&
    typeof mapKeyOf(value as KeyValue) === typeof mapKeyOf(sample)
  );
}

function kindOf(key: KeyValue | undefined): string {
  if (key === undefined) return 'of fewer columns';
  if (typeof key === 'object') return 'objects, such as Identity.fromHexString(…)';
  return `of type ${typeof key}${typeof key === 'bigint' ? ', such as 7n' : ''}`;
}

/** A key of a column that rows could have: zeros are a value of every type that keys can have. */
export function sampleOf({ codec }: { readonly codec: ValueReader<unknown> }): KeyValue {
  return decode(codec, new Uint8Array(codec.minSize), 'a key') as KeyValue;
}

/** One key for several columns. A column alone is its own key, so that the usual look-up builds no string. */
export function joinKeys(columns: readonly MapKey[]): MapKey {
  const [only] = columns;
  return columns.length === 1 && only !== undefined ? only : columns.map(keyText).join(',');
}

/** A text that no other value of the same column has, and that does not run into what follows it. */
export function keyText(key: MapKey): string {
  return typeof key === 'string' ? `${key.length}:${key}` : String(key);
}

/**
 * The order of ordered indexes: numbers and bigints by value with -0 equal to 0 and NaN after everything, `false` before `true`,
 * strings by code point, which is also the order of their UTF-8. Both must be values of one column.
 */
export function compareKeys(left: MapKey, right: MapKey): number {
  if (typeof left === 'string' && typeof right === 'string') return compareCodePoints(left, right);
  if (left < right) return -1;
  if (left > right) return 1;
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
}

/** `<` compares UTF-16 units, where the surrogates of the highest code points come before U+E000. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return surrogatesLast(a) - surrogatesLast(b);
  }
  return left.length - right.length;
}

function surrogatesLast(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
