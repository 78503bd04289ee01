import { describe, expect, test } from 'vitest';
import { type AlgebraicType, type NamedType, type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { type Codec, decode, encode } from '../../src/bsatn/codec.ts';
import { codecOf, type ComposedCodecOptions } from '../../src/bsatn/composed-codec.ts';
import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { ScheduleAt } from '../../src/bsatn/special/schedule-at.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Uuid } from '../../src/bsatn/special/uuid.ts';
import { ProtocolError } from '../../src/errors.ts';
import { arrayType, optionType, product, ref, sum, unitType } from './types.ts';

const u8: AlgebraicType = { tag: 'U8' };
const u16: AlgebraicType = { tag: 'U16' };
const u32: AlgebraicType = { tag: 'U32' };
const u128: AlgebraicType = { tag: 'U128' };
const u256: AlgebraicType = { tag: 'U256' };
const i64: AlgebraicType = { tag: 'I64' };
const string: AlgebraicType = { tag: 'String' };
const timestamp = product({ __timestamp_micros_since_unix_epoch__: i64 });
const duration = product({ __time_duration_micros__: i64 });

const hexOf = (codec: Codec<unknown>, value: unknown): string => toHex(encode(codec, value));
const read = (codec: Codec<unknown>, hex: string): unknown => decode(codec, fromHex(hex.replaceAll(' ', '')), 'a test');

/** What is to be so, in a sentence; the type, a value of it and the bytes of that. */
type Case = [sentence: string, type: AlgebraicType, value: unknown, hex: string, options?: ComposedCodecOptions];

/** The bytes written for the value, and the value read from the bytes. */
function bothWays([, type, value, hex, options]: Case): readonly [written: string, read: unknown] {
  const codec = codecOf(type, options);
  return [hexOf(codec, value), read(codec, hex)];
}

const expectedOf = ([, , value, hex]: Case): readonly [written: string, read: unknown] => [
  hex.replaceAll(' ', ''),
  value,
];

const toUpperCase = (name: string): string => name.toUpperCase();
const everyRef = (): boolean => true;
const onlyTheFirst = (index: number): boolean => index === 0;
const leaf = (value: number): unknown => ({ tag: 'leaf', value });
const anonymous = (...types: readonly AlgebraicType[]): NamedType[] => types.map((type) => ({ name: undefined, type }));

describe('worked bytes', () => {
  test.each<Case>([
    ['i16', { tag: 'I16' }, -2, 'fe ff'],
    ['u128', u128, 2n ** 64n + 5n, '0500000000000000 0100000000000000'],
    ['f32', { tag: 'F32' }, 1.5, '0000c03f'],
    ['String', string, 'héy', '04000000 68c3a979'],
    ['Array<u16>', arrayType(u16), [1, 2], '02000000 0100 0200'],
    ['bytes', arrayType(u8), Uint8Array.of(0xde, 0xad), '02000000 dead'],
    ['some', optionType(u32), 7, '00 07000000'],
    ['none', optionType(u32), undefined, '01'],
    [
      'Identity',
      product({ __identity__: u256 }),
      Identity.fromHexString(`c2${'00'.repeat(30)}01`),
      `01 ${'00'.repeat(30)} c2`,
    ],
    [
      'ConnectionId',
      product({ __connection_id__: u128 }),
      ConnectionId.fromHexString('000102030405060708090a0b0c0d0e0f'),
      '0f0e0d0c0b0a09080706050403020100',
    ],
    ['Timestamp', timestamp, Timestamp.fromDate(new Date(1_700_000_000_000)), '00401e18240a0600'],
    ['TimeDuration', duration, TimeDuration.fromMillis(-1000), 'c0bdf0ffffffffff'],
    [
      'ScheduleAt',
      sum({ Interval: duration, Time: timestamp }),
      ScheduleAt.interval(TimeDuration.fromMillis(10)),
      '00 1027000000000000',
    ],
    [
      'Uuid',
      product({ __uuid__: u128 }),
      Uuid.parse('01888d6e-5c00-7000-8000-000000000001'),
      '0100000000000080 0070005c6e8d8801',
    ],
  ])('of %s', (...worked) => {
    expect(bothWays(worked)).toStrictEqual(expectedOf(worked));
  });
});

describe('products', () => {
  test.each<Case>([
    ['are their elements in order, without names', product({ b: u8, a: string }), { b: 1, a: 'x' }, '01 01000000 78'],
    ['without elements are objects that take no bytes', unitType, {}, ''],
    ['without names use positions', { tag: 'Product', elements: anonymous(u8, u16) }, { 0: 1, 1: 2 }, '01 0200'],
    [
      'have their properties named by the option',
      product({ id: u8, inner: product({ x: u8 }) }),
      { ID: 1, INNER: { X: 2 } },
      '01 02',
      { property: toUpperCase },
    ],
  ])('%s', (...worked) => {
    expect(bothWays(worked)).toStrictEqual(expectedOf(worked));
  });

  test('keep columns whose names mean something to JavaScript', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const type: AlgebraicType = { tag: 'Product', elements: names.map((name) => ({ name, type: optionType(u8) })) };
    const codec = codecOf(type);
    const value = read(codec, '0007 01 0008 01');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.entries(Object(value))).toEqual(
      names.map((name, index) => [name, [7, undefined, 8, undefined][index]]),
    );
    expect(hexOf(codec, value)).toBe('000701000801');
    expect(hexOf(codec, {})).toBe('01010101');
  });

  test('are written from getters and inherited properties too', () => {
    class Row {
      readonly id = 1;
      get name(): string {
        return 'x';
      }
    }
    const codec = codecOf(product({ id: u8, name: optionType(string) }));
    expect(hexOf(codec, new Row())).toBe('01000100000078');
  });
});

describe('sums', () => {
  const shape = sum({ Empty: unitType, Circle: u8, Square: product({ side: u8 }) });

  const variants = Array.from({ length: 256 }, (_, index) => ({ name: `v${index}`, type: unitType }));

  test.each<Case>([
    ['are a tag where there is no payload', shape, { tag: 'Empty' }, '00'],
    ['are a tag and a value', shape, { tag: 'Circle', value: 7 }, '01 07'],
    ['are a tag and an object', shape, { tag: 'Square', value: { side: 3 } }, '02 03'],
    ['have their tags named by the option', shape, { tag: 'CIRCLE', value: 7 }, '01 07', { variantTag: toUpperCase }],
    ['without names use positions', { tag: 'Sum', variants: anonymous(unitType, u8) }, { tag: '1', value: 5 }, '01 05'],
    ['have up to 256 variants', { tag: 'Sum', variants }, { tag: 'v255' }, 'ff'],
  ])('%s', (...worked) => {
    expect(bothWays(worked)).toStrictEqual(expectedOf(worked));
  });

  test.each<[string, AlgebraicType, string, string]>([
    ['of a sum', shape, '03', 'reading sum at offset 0 of a test: unknown tag 0x3'],
    ['of a sum without variants', sum({}), '00', 'reading sum at offset 0 of a test: unknown tag 0x0'],
    [
      'of an option',
      product({ a: u8, b: optionType(u8) }),
      '0702',
      'reading option at offset 1 of a test: unknown tag 0x2',
    ],
    ['of a result', sum({ ok: u8, err: u8 }), 'ff00', 'reading result at offset 0 of a test: unknown tag 0xff'],
    [
      'of a schedule',
      sum({ Interval: duration, Time: timestamp }),
      '02',
      'reading ScheduleAt at offset 0 of a test: unknown tag 0x2',
    ],
  ])('refuse an unknown tag %s', (_, type, hex, message) => {
    expect(() => read(codecOf(type), hex)).toThrow(new ProtocolError(message));
  });
});

describe('options and results', () => {
  test('null is written as none', () => {
    expect(hexOf(codecOf(optionType(u8)), null)).toBe('01');
    expect(hexOf(codecOf(optionType(optionType(u8))), null)).toBe('01');
    expect(hexOf(codecOf(optionType(optionType(u8))), { some: null })).toBe('0001');
  });

  const nested = optionType(optionType(optionType(u8)));

  test.each<Case>([
    ['an option of options keeps none', nested, undefined, '01'],
    ['an option of options keeps some(none)', nested, { some: undefined }, '00 01'],
    ['an option of options keeps some(some(none))', nested, { some: { some: undefined } }, '00 00 01'],
    ['an option of options keeps the value', nested, { some: { some: 7 } }, '00 00 00 07'],
    ['an option of the unit keeps the unit', optionType(unitType), {}, '00'],
    ['an option of the unit keeps none', optionType(unitType), undefined, '01'],
    ['the ok of a result has its own type', sum({ ok: u8, err: string }), { ok: 7 }, '00 07'],
    ['the err of a result has its own type', sum({ ok: u8, err: string }), { err: 'no' }, '01 02000000 6e6f'],
  ])('%s', (...worked) => {
    expect(bothWays(worked)).toStrictEqual(expectedOf(worked));
  });
});

describe('a ref', () => {
  /** 0: an option. 1: a unit. 2: a product. 3: a ref to the option. */
  const typespace: Typespace = [optionType(u8), unitType, product({ x: u8 }), ref(0)];
  const options = { typespace };
  const declared = { typespace, isDeclared: everyRef };

  test.each<Case>([
    ['to an option that nobody declared is an option', ref(0), 7, '00 07', options],
    ['to an option is one inside an option too', optionType(ref(0)), { some: undefined }, '00 01', options],
    ['to a ref to an option is one as well', optionType(ref(3)), { some: undefined }, '00 01', options],
    ['to the unit is no payload', sum({ a: ref(1), b: ref(2) }), { tag: 'a' }, '00', options],
    ['to a declared type stays named, whatever its shape', ref(0), { tag: 'some', value: 7 }, '00 07', declared],
    ['to a declared type without payload too', ref(0), { tag: 'none' }, '01', declared],
    ['to a declared type is no option inside an option', optionType(ref(0)), { tag: 'none' }, '00 01', declared],
    ['to a declared unit is a payload', sum({ a: ref(1), b: ref(2) }), { tag: 'a', value: {} }, '00', declared],
    [
      'is declared or not, one by one',
      product({ named: ref(0), also: ref(3), unit: ref(1), plain: optionType(u8) }),
      { named: { tag: 'none' }, also: { tag: 'none' }, unit: {}, plain: undefined },
      '01 01 01',
      { typespace, isDeclared: onlyTheFirst },
    ],
  ])('%s', (...worked) => {
    expect(bothWays(worked)).toStrictEqual(expectedOf(worked));
  });

  test('to nowhere and in a circle is refused when the codec is composed', () => {
    expect(() => codecOf(product({ a: ref(4) }), { typespace })).toThrow('type reference 4 is outside the typespace');
    expect(() => codecOf(ref(0))).toThrow(RangeError);
    expect(() => codecOf(ref(0), { typespace: [ref(0)] })).toThrow('type reference 0 leads back to itself');
    expect(() => codecOf(ref(0), { typespace: [ref(1), ref(0)] })).toThrow(RangeError);
  });
});

describe('of recursive types', () => {
  const typespace: Typespace = [
    sum({ leaf: u8, node: product({ left: ref(0), right: ref(0) }) }),
    product({ name: string, children: arrayType(ref(1)) }),
    product({ value: u8, next: optionType(ref(2)) }),
    product({ self: ref(3) }),
    product({ endless: arrayType(ref(3)) }),
  ];
  const codecAt = (index: number): Codec<unknown> => codecOf(ref(index), { typespace });

  test.each<Case>([
    [
      'a tree is read and written',
      ref(0),
      { tag: 'node', value: { left: leaf(1), right: { tag: 'node', value: { left: leaf(2), right: leaf(3) } } } },
      '01 0001 01 0002 0003',
      { typespace },
    ],
    [
      'a list of itself is read and written',
      ref(1),
      { name: 'a', children: [{ name: '', children: [] }] },
      '01000000 61 01000000 00000000 00000000',
      { typespace },
    ],
    [
      'a chain is read and written',
      ref(2),
      { value: 1, next: { value: 2, next: undefined } },
      '01 00 02 01',
      { typespace },
    ],
  ])('%s', (...worked) => {
    expect(bothWays(worked)).toStrictEqual(expectedOf(worked));
  });

  test.each([
    ['a tree', 0, 0x01],
    ['a list', 2, 0x00],
  ])('%s that is nested without end is a protocol error', (_, index, byte) => {
    const hostile = new Uint8Array(5_000_000).fill(byte);
    expect(() => decode(codecAt(index), hostile, 'a test')).toThrow(
      expect.objectContaining({ code: 'protocol', message: expect.stringContaining('nested too deeply') }),
    );
  });

  test('one that can have no value at all fails to read, not to compose', () => {
    expect(() => read(codecAt(3), '')).toThrow('nested too deeply');
    expect(() => read(codecAt(4), '01000000')).toThrow('nested too deeply');
    expect(() => read(codecAt(4), 'ffffffff')).toThrow(ProtocolError);
  });

  test('one that is merely deep is read', () => {
    const depth = 500;
    const bytes = new Uint8Array(2 * depth);
    bytes[bytes.length - 1] = 1;
    expect(hexOf(codecAt(2), decode(codecAt(2), bytes, 'a test'))).toBe(toHex(bytes));
  });
});

describe('values of another type are a TypeError that names the place', () => {
  const row = product({ id: u8, position: product({ x: { tag: 'F32' } }) });

  test.each<[string, AlgebraicType, unknown, string]>([
    ['a string for a number', u8, '7', 'expected a number, got "7"'],
    ['a bigint for a number', u8, 7n, 'expected a number, got 7n'],
    ['a number for a bigint', i64, 7, 'expected a bigint, got 7'],
    ['undefined', u8, undefined, 'expected a number, got undefined'],
    ['null', string, null, 'expected a string, got null'],
    ['a number for a boolean', { tag: 'Bool' }, 1, 'expected a boolean, got 1'],
    ['an array for bytes', arrayType(u8), [1, 2], 'expected a Uint8Array, got Array'],
    ['bytes for an array', arrayType(u16), new Uint8Array(2), 'expected an array, got Uint8Array'],
    ['a text for an array', arrayType(string), 'ab', 'expected an array, got "ab"'],
    ['a bigint for a timestamp', timestamp, 7n, 'expected Timestamp, got 7n'],
    ['a date for a timestamp', timestamp, new Date(0), 'expected Timestamp, got Date'],
    ['a duration for a timestamp', timestamp, new TimeDuration(0n), 'expected Timestamp, got TimeDuration'],
    ['a text for an identity', product({ __identity__: u256 }), 'c200', 'expected Identity, got "c200"'],
    ['a connection id', product({ __connection_id__: u128 }), {}, 'expected ConnectionId, got Object'],
    ['a duration', duration, 5, 'expected TimeDuration, got 5'],
    ['a UUID', product({ __uuid__: u128 }), Object.create(null), 'expected Uuid, got an object'],
    ['a schedule', sum({ Interval: duration, Time: timestamp }), { tag: 'Time', value: 5n }, 'expected ScheduleAt'],
    ['a result', sum({ ok: u8, err: u8 }), { tag: 'ok', value: 1 }, 'expected {ok} or {err}, got Object'],
    ['a bare value for a nested option', optionType(optionType(u8)), 7, 'expected {some} or undefined, got 7'],
    ['a function', unitType, () => 1, 'expected an object, got a function'],
    ['an unknown variant', sum({ a: u8, b: u8 }), { tag: 'c' }, 'expected one of the variants a, b, got "c"'],
    ['a sum without tag', sum({ a: u8 }), {}, 'expected one of the variants a, got undefined'],
    ['no object for a sum', sum({ a: u8 }), 'a', 'expected an object with tag, got "a"'],
    ['no object for a product', row, 7, 'expected an object with id, got 7'],
    ['a missing column', row, { position: { x: 1 } }, 'id: expected a number, got undefined'],
    ['a wrong part of a column', row, { id: 1, position: { x: '1' } }, 'position: x: expected a number, got "1"'],
  ])('%s', (_, type, value, message) => {
    const write = (): unknown => encode(codecOf(type), value);
    expect(write).toThrow(TypeError);
    expect(write).toThrow(message);
  });

  test('and numbers out of range are a RangeError that does', () => {
    expect(() => encode(codecOf(row), { id: 256, position: { x: 1 } })).toThrow(
      new RangeError('id: 256 is not a value of u8'),
    );
  });
});
