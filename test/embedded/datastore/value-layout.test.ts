import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AlgebraicType, type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { codecOf } from '../../../src/bsatn/composed-codec.ts';
import { encode } from '../../../src/bsatn/codec.ts';
import { Cursor } from '../../../src/embedded/datastore/cursor.ts';
import { LayoutFactory } from '../../../src/embedded/datastore/value-layout.ts';
import { propertyOptions } from '../../support/property.ts';

const primitive = (tag: 'I16' | 'U64' | 'I128' | 'F32' | 'F64' | 'String' | 'Bool' | 'U8' | 'I256'): AlgebraicType => ({
  tag,
});
const list = (element: AlgebraicType): AlgebraicType => ({ tag: 'Array', element });
const product = (...types: readonly AlgebraicType[]): AlgebraicType => ({
  tag: 'Product',
  elements: types.map((type, index) => ({ name: `f${index}`, type })),
});
const option = (some: AlgebraicType): AlgebraicType => ({
  tag: 'Sum',
  variants: [
    { name: 'some', type: some },
    { name: 'none', type: product() },
  ],
});

function orderKey(type: AlgebraicType, value: unknown, typespace: Typespace = []): string {
  const bytes = encode(codecOf(type, { typespace }), value);
  const layout = new LayoutFactory(typespace).layoutOf(type);
  const cursor = new Cursor(bytes);
  layout.check(cursor);
  expect(cursor.offset).toBe(bytes.length);
  cursor.offset = 0;
  layout.skip(cursor);
  expect(cursor.offset).toBe(bytes.length);
  cursor.offset = 0;
  const key = layout.orderKey(cursor);
  expect(cursor.offset).toBe(bytes.length);
  return key;
}

const byNumber = (left: number | bigint, right: number | bigint): number => (left < right ? -1 : left > right ? 1 : 0);
const byUtf8 = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));
const byBytes = (left: Uint8Array, right: Uint8Array): number => Buffer.compare(left, right);

/** The total order of the server: both zeros are one, NaN is the greatest. */
function byFloat(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  return byNumber(left, right);
}

function byItems<T>(compare: (left: T, right: T) => number): (left: readonly T[], right: readonly T[]) => number {
  return (left, right) => {
    for (const [index, item] of left.entries()) {
      const other = right[index];
      if (other === undefined) return 1;
      const order = compare(item, other);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  };
}

/** Short strings of characters at the edges, so that one is often the beginning of another. */
const texts = fc
  .array(fc.constantFrom('\0', 'a', 'b', '\u007f', '\u0080', 'é', '\uffff', '\u{10000}', '\ud7ff', '\ue000'), {
    maxLength: 3,
  })
  .map((parts) => parts.join(''));

/** Two values whose keys compare otherwise than they do, `null` when none were found. */
function disagreement<T>(
  type: AlgebraicType,
  values: fc.Arbitrary<T>,
  compare: (left: T, right: T) => number,
): readonly [T, T] | null {
  const agree = fc.property(values, values, (left, right) => {
    const order = compareStrings(orderKey(type, left), orderKey(type, right));
    return Math.sign(order) === Math.sign(compare(left, right));
  });
  return fc.check(agree, propertyOptions(200)).counterexample;
}

function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

describe('the order key of a value compares as the value does', () => {
  test('for integers', () => {
    expect(disagreement(primitive('I16'), fc.integer({ min: -32_768, max: 32_767 }), byNumber)).toBeNull();
    expect(disagreement(primitive('U64'), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), byNumber)).toBeNull();
    expect(
      disagreement(primitive('I128'), fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }), byNumber),
    ).toBeNull();
    expect(disagreement(primitive('I256'), fc.bigInt({ min: -1000n, max: 1000n }), byNumber)).toBeNull();
  });

  test('for floats', () => {
    expect(
      disagreement(primitive('F64'), fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN)), byFloat),
    ).toBeNull();
    expect(
      disagreement(primitive('F32'), fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN)), byFloat),
    ).toBeNull();
  });

  test('for strings and bytes', () => {
    expect(disagreement(primitive('String'), texts, byUtf8)).toBeNull();
    expect(disagreement(list(primitive('U8')), fc.uint8Array({ maxLength: 3 }), byBytes)).toBeNull();
  });

  test('for lists, products and sums', () => {
    expect(disagreement(list(primitive('String')), fc.array(texts, { maxLength: 3 }), byItems(byUtf8))).toBeNull();
    const pair = fc.record({ f0: texts, f1: fc.boolean() });
    expect(
      disagreement(product(primitive('String'), primitive('Bool')), pair, (left, right) => {
        return byUtf8(left.f0, right.f0) || byNumber(Number(left.f1), Number(right.f1));
      }),
    ).toBeNull();
    expect(
      disagreement(option(primitive('String')), fc.option(texts, { nil: undefined }), (left, right) => {
        if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
        return byUtf8(left, right);
      }),
    ).toBeNull();
  });

  test('and none is the beginning of another one', () => {
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        const [one, other] = [orderKey(primitive('String'), left), orderKey(primitive('String'), right)];
        expect(one.startsWith(other)).toBe(left === right);
      }),
      propertyOptions(100),
    );
  });

  test('for types that contain themselves', () => {
    const typespace: Typespace = [product(primitive('U8'), list({ tag: 'Ref', ref: 0 }))];
    const tree = {
      f0: 1,
      f1: [
        { f0: 2, f1: [] },
        { f0: 3, f1: [] },
      ],
    };
    const smaller = { f0: 1, f1: [{ f0: 2, f1: [{ f0: 9, f1: [] }] }] };
    const ref: AlgebraicType = { tag: 'Ref', ref: 0 };
    expect(orderKey(ref, tree, typespace) < orderKey(ref, smaller, typespace)).toBe(true);
  });
});

describe('bytes that are no value give the server’s text', () => {
  const kind: AlgebraicType = {
    tag: 'Sum',
    variants: [
      { name: 'a', type: product() },
      { name: 'b', type: primitive('U8') },
    ],
  };

  test.each<readonly [string, AlgebraicType, readonly number[]]>([
    ['data too short for u64: Expected 8, given 3', primitive('U64'), [1, 2, 3]],
    ['data too short for i16: Expected 2, given 0', primitive('I16'), []],
    ['data too short for f32: Expected 4, given 1', primitive('F32'), [0]],
    ['data too short for u32: Expected 4, given 2', primitive('String'), [1, 0]],
    ['data too short for [u8]: Expected 5, given 1', primitive('String'), [5, 0, 0, 0, 97]],
    ['data too short for [u8]: Expected 2, given 1', list(primitive('U8')), [2, 0, 0, 0, 1]],
    ['data too short for i16: Expected 2, given 1', list(primitive('I16')), [2, 0, 0, 0, 1, 0, 1]],
    ['invalid utf8', primitive('String'), [2, 0, 0, 0, 0xc3, 0x28]],
    ['byte 2 not valid as `bool` (must be 0 or 1)', primitive('Bool'), [2]],
    ['unknown tag 0xff for sum type <unknown>', kind, [255]],
    ['data too short for u8: Expected 1, given 0', kind, []],
    ['data too short for u8: Expected 1, given 0', kind, [1]],
  ])('%s', (text, type, bytes) => {
    const layout = new LayoutFactory([]).layoutOf(type);
    expect(() => layout.check(new Cursor(Uint8Array.from(bytes)))).toThrow(text);
  });

  test('but a type reference that leads nowhere is an error of its own', () => {
    expect(() => new LayoutFactory([]).layoutOf({ tag: 'Ref', ref: 3 })).toThrow(
      'type reference 3 is outside the typespace',
    );
  });
});
