import { describe, expect, test } from 'vitest';
import {
  type AlgebraicType,
  fixedSizeOf,
  isUnit,
  minSizeOf,
  resolveRef,
  type SpecialType,
  specialTypeOf,
  type Typespace,
} from '../../src/bsatn/algebraic-type.ts';
import { arrayType, product, ref, sum, unitType } from './types.ts';

const u8: AlgebraicType = { tag: 'U8' };
const u32: AlgebraicType = { tag: 'U32' };
const i64: AlgebraicType = { tag: 'I64' };
const u128: AlgebraicType = { tag: 'U128' };
const u256: AlgebraicType = { tag: 'U256' };
const string: AlgebraicType = { tag: 'String' };
const timestamp = product({ __timestamp_micros_since_unix_epoch__: i64 });
const duration = product({ __time_duration_micros__: i64 });

describe('special types', () => {
  test.each<[string, AlgebraicType, SpecialType]>([
    ['Identity', product({ __identity__: u256 }), { kind: 'identity' }],
    ['ConnectionId', product({ __connection_id__: u128 }), { kind: 'connectionId' }],
    ['Timestamp', timestamp, { kind: 'timestamp' }],
    ['TimeDuration', duration, { kind: 'timeDuration' }],
    ['Uuid', product({ __uuid__: u128 }), { kind: 'uuid' }],
    ['ScheduleAt', sum({ Interval: duration, Time: timestamp }), { kind: 'scheduleAt' }],
    ['the unit', unitType, { kind: 'unit' }],
    ['Option', sum({ some: string, none: unitType }), { kind: 'option', some: string }],
    ['Result', sum({ ok: u8, err: string }), { kind: 'result', ok: u8, err: string }],
  ])('%s is known by its shape', (_, type, special) => {
    expect(specialTypeOf(type)).toEqual(special);
  });

  test.each<[string, AlgebraicType]>([
    ['a field of the right name and another type', product({ __identity__: u128 })],
    ['a field of another name', product({ identity: u256 })],
    ['a second field', product({ __identity__: u256, x: u8 })],
    ['a field without a name', { tag: 'Product', elements: [{ name: undefined, type: u256 }] }],
    ['an option in the other order', sum({ none: unitType, some: u8 })],
    ['an option whose none has a payload', sum({ some: u8, none: u8 })],
    ['an option with upper-case names', sum({ Some: u8, None: unitType })],
    ['an option with a third variant', sum({ some: u8, none: unitType, maybe: u8 })],
    ['a result in the other order', sum({ err: u8, ok: u8 })],
    ['a schedule of other types', sum({ Interval: i64, Time: i64 })],
    ['a schedule of swapped types', sum({ Interval: timestamp, Time: duration })],
    ['a sum of one variant', sum({ some: u8 })],
    ['the empty sum', sum({})],
    ['a primitive', u256],
    ['an array', arrayType(u8)],
    ['a ref', ref(0)],
  ])('%s makes none', (_, type) => {
    expect(specialTypeOf(type)).toBeUndefined();
  });

  test('the unit is the product without elements', () => {
    expect([unitType, sum({}), product({ a: unitType }), u8].map(isUnit)).toEqual([true, false, false, false]);
  });
});

describe('resolveRef', () => {
  const typespace: Typespace = [ref(1), ref(2), u8, ref(3), ref(9)];

  test('follows refs to another type', () => {
    expect(resolveRef(ref(0), typespace)).toBe(u8);
    expect(resolveRef(string, [])).toBe(string);
  });

  test('throws for a ref to nowhere and for a circle', () => {
    expect(() => resolveRef(ref(4), typespace)).toThrow('type reference 9 is outside the typespace of 5 types');
    expect(() => resolveRef(ref(3), typespace)).toThrow(RangeError);
  });
});

describe('sizes', () => {
  /** A tree of numbers, a list of itself, and a type that can have no value. */
  const typespace: Typespace = [
    sum({ leaf: u32, node: product({ left: ref(0), right: ref(0) }) }),
    product({ children: arrayType(ref(1)) }),
    product({ self: ref(2) }),
    product({ a: u32, b: u8 }),
  ];

  test.each<[string, AlgebraicType, number, number | undefined]>([
    ['u8', u8, 1, 1],
    ['f64', { tag: 'F64' }, 8, 8],
    ['i256', { tag: 'I256' }, 32, 32],
    ['string', string, 4, undefined],
    ['array', arrayType(u8), 4, undefined],
    ['unit', unitType, 0, 0],
    ['product', product({ a: u32, b: u8, c: u256 }), 37, 37],
    ['product with a string', product({ a: u32, b: string }), 8, undefined],
    ['option', sum({ some: u32, none: unitType }), 1, undefined],
    ['sum of equal variants', sum({ a: u32, b: { tag: 'F32' } }), 5, 5],
    ['sum of units', sum({ a: unitType, b: unitType }), 1, 1],
    ['sum without variants', sum({}), 1, undefined],
    ['ref', ref(3), 5, 5],
    ['tree', ref(0), 5, undefined],
    ['list of itself', ref(1), 4, undefined],
    ['product of itself', ref(2), 0, undefined],
  ])('of %s', (_, type, least, fixed) => {
    expect([minSizeOf(type, typespace), fixedSizeOf(type, typespace)]).toEqual([least, fixed]);
  });

  test('of types that lead to each other are those of their smallest values, whichever comes first', () => {
    const cycle: Typespace = [sum({ leaf: u32, next: ref(1) }), product({ id: u8, back: ref(0) })];
    const both = [product({ a: ref(0), b: ref(1) }), product({ b: ref(1), a: ref(0) })];
    expect([ref(0), ref(1), ...both].map((type) => minSizeOf(type, cycle))).toEqual([5, 6, 11, 11]);
  });

  test('throw for a ref outside the typespace', () => {
    expect(() => minSizeOf(ref(4), typespace)).toThrow('type reference 4 is outside the typespace');
    expect(() => fixedSizeOf(product({ a: ref(4) }), typespace)).toThrow('type reference 4 is outside the typespace');
  });

  test('of types that share their parts are found by looking at each part once', () => {
    const parts: Typespace = Array.from({ length: 20 }, (_, index) =>
      index === 0 ? u8 : product({ a: ref(index - 1), b: ref(index - 1) }),
    );
    let looks = 0;
    const counted: Typespace = new Proxy(parts, {
      get: (target, key) => {
        looks += 1;
        return Reflect.get(target, key);
      },
    });
    expect([minSizeOf(ref(19), counted), fixedSizeOf(ref(19), counted)]).toEqual([2 ** 19, 2 ** 19]);
    expect(looks).toBe(2 * parts.length);
  });
});
