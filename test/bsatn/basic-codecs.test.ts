import { describe, expect, test } from 'vitest';
import * as basic from '../../src/bsatn/basic-codecs.ts';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { type Codec, decode, encode } from '../../src/bsatn/codec.ts';
import { ProtocolError } from '../../src/errors.ts';

/** A codec with a value and its bytes, hidden behind functions so that codecs of different types fit one list. */
interface Case {
  readonly value: unknown;
  readonly hex: string;
  readonly minSize: number;
  readonly write: () => Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
}

function caseOf<T>(codec: Codec<T>, value: T, hex: string): Case {
  return {
    value,
    hex: hex.replaceAll(' ', ''),
    minSize: codec.minSize,
    write: () => encode(codec, value),
    read: (bytes) => decode(codec, bytes, 'a test'),
  };
}

const nestedNullable = basic.nestedNullableOf(basic.nullableOf(basic.u8Codec));
const nested = basic.nestedOptionOf(basic.optionOf(basic.u8Codec));
const result: Codec<basic.Result<number, string>> = basic.resultOf(basic.u8Codec, basic.stringCodec);
const longerOk: Codec<basic.Result<string, number>> = basic.resultOf(basic.stringCodec, basic.u8Codec);

describe('the codec of', () => {
  test.each<[string, Case, minSize: number]>([
    ['Bool', caseOf(basic.boolCodec, true, '01'), 1],
    ['U8', caseOf(basic.u8Codec, 255, 'ff'), 1],
    ['I8', caseOf(basic.i8Codec, -1, 'ff'), 1],
    ['U16', caseOf(basic.u16Codec, 1, '0100'), 2],
    ['I16', caseOf(basic.i16Codec, -2, 'feff'), 2],
    ['U32', caseOf(basic.u32Codec, 4_294_967_295, 'ffffffff'), 4],
    ['I32', caseOf(basic.i32Codec, -1, 'ffffffff'), 4],
    ['U64', caseOf(basic.u64Codec, 2n ** 64n - 1n, 'ff'.repeat(8)), 8],
    ['I64', caseOf(basic.i64Codec, -2n, 'feffffffffffffff'), 8],
    ['U128', caseOf(basic.u128Codec, 2n ** 64n + 5n, '0500000000000000 0100000000000000'), 16],
    ['I128', caseOf(basic.i128Codec, -1n, 'ff'.repeat(16)), 16],
    ['U256', caseOf(basic.u256Codec, 2n ** 256n - 1n, 'ff'.repeat(32)), 32],
    ['I256', caseOf(basic.i256Codec, -1n, 'ff'.repeat(32)), 32],
    ['F32', caseOf(basic.f32Codec, 1.5, '0000c03f'), 4],
    ['F64', caseOf(basic.f64Codec, 1, '000000000000f03f'), 8],
    ['String', caseOf(basic.stringCodec, 'héy', '04000000 68c3a979'), 4],
    ['an empty String', caseOf(basic.stringCodec, '', '00000000'), 4],
    ['Array<U8>', caseOf(basic.bytesCodec, Uint8Array.of(0xde, 0xad), '02000000 dead'), 4],
    ['Array<U16>', caseOf(basic.arrayOf(basic.u16Codec), [1, 2], '02000000 0100 0200'), 4],
    ['an empty Array', caseOf(basic.arrayOf(basic.stringCodec), [], '00000000'), 4],
    ['the unit', caseOf(basic.unitCodec, {}, ''), 0],
    ['an Array of units', caseOf(basic.arrayOf(basic.unitCodec), [{}, {}, {}], '03000000'), 4],
    ['some', caseOf(basic.optionOf(basic.u32Codec), 7, '00 07000000'), 1],
    ['none', caseOf(basic.optionOf(basic.u32Codec), undefined, '01'), 1],
    ['none of a nested option', caseOf(nested, undefined, '01'), 1],
    ['some(none)', caseOf(nested, { some: undefined }, '00 01'), 1],
    ['some(some)', caseOf(nested, { some: 5 }, '00 00 05'), 1],
    ['some that may be null', caseOf(basic.nullableOf(basic.u32Codec), 7, '00 07000000'), 1],
    ['none as null', caseOf(basic.nullableOf(basic.u32Codec), null, '01'), 1],
    ['none of a nested option as null', caseOf(nestedNullable, null, '01'), 1],
    ['some(none) as null', caseOf(nestedNullable, { some: null }, '00 01'), 1],
    ['ok', caseOf(result, { ok: 7 }, '00 07'), 2],
    ['err', caseOf(result, { err: 'no' }, '01 02000000 6e6f'), 2],
    ['ok of a longer type', caseOf(longerOk, { ok: '' }, '00 00000000'), 2],
  ])('%s reads and writes its bytes', (_, { value, hex, minSize, write, read }, least) => {
    expect(toHex(write())).toBe(hex);
    expect(read(fromHex(hex))).toStrictEqual(value);
    expect(minSize).toBe(least);
  });
});

const arrayReader =
  <T>(element: Codec<T>) =>
  (bytes: Uint8Array): unknown =>
    decode(basic.arrayOf(element), bytes, 'a test');

describe('arrays from the wire', () => {
  test.each([
    ['numbers', arrayReader(basic.u32Codec), 'ffffffff00000000'],
    ['strings', arrayReader(basic.stringCodec), 'ffffff7f00000000'],
    ['options', arrayReader(basic.optionOf(basic.u32Codec)), '0a00000001'],
    ['units', arrayReader(basic.unitCodec), 'ffffffff'],
    ['arrays', arrayReader(basic.arrayOf(basic.u8Codec)), 'ffffffff00000000'],
  ])('of %s are refused by their count, before an element is read', (_, read, hex) => {
    expect(() => read(fromHex(hex))).toThrow(
      /^reading array at offset 0 of a test: a count of \d+, where at most \d+ elements fit$/,
    );
  });

  test('of units cannot multiply by nesting', () => {
    const many = 2 ** 19;
    const bytes = encode(basic.arrayOf(basic.u32Codec), [many, many, many]);
    const codec = basic.arrayOf(basic.arrayOf(basic.unitCodec));
    expect(() => decode(codec, bytes, 'a test')).toThrow(ProtocolError);
  });
});
