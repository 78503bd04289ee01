import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bsatn/bytes.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';

function written(write: (writer: BsatnWriter) => void): string {
  const writer = new BsatnWriter();
  write(writer);
  return toHex(writer.finish());
}

describe('BsatnWriter', () => {
  test.each<[string, (writer: BsatnWriter) => void, string]>([
    ['bool true', (w) => w.bool(true), '01'],
    ['bool false', (w) => w.bool(false), '00'],
    ['u8 255', (w) => w.u8(255), 'ff'],
    ['i8 -128', (w) => w.i8(-128), '80'],
    ['u16 1', (w) => w.u16(1), '0100'],
    ['i16 -2', (w) => w.i16(-2), 'feff'],
    ['u32 1', (w) => w.u32(1), '01000000'],
    ['u32 -0', (w) => w.u32(-0), '00000000'],
    ['i32 -1', (w) => w.i32(-1), 'ffffffff'],
    ['u64 2^64-1', (w) => w.u64(2n ** 64n - 1n), 'ffffffffffffffff'],
    ['i64 -2^63', (w) => w.i64(-(2n ** 63n)), '0000000000000080'],
    ['u128 2^64+5', (w) => w.u128(2n ** 64n + 5n), '05000000000000000100000000000000'],
    ['i128 -1', (w) => w.i128(-1n), 'ff'.repeat(16)],
    ['u256', (w) => w.u256((0xc2n << 248n) + 1n), `01${'00'.repeat(30)}c2`],
    ['i256 -2^255', (w) => w.i256(-(2n ** 255n)), `${'00'.repeat(31)}80`],
    ['f32 1.5', (w) => w.f32(1.5), '0000c03f'],
    ['f32 -0', (w) => w.f32(-0), '00000080'],
    ['f32 beyond its range', (w) => w.f32(1e300), '0000807f'],
    ['f64 pi', (w) => w.f64(Math.PI), '182d4454fb210940'],
    ['a string', (w) => w.string('héy'), '0400000068c3a979'],
    ['an empty string', (w) => w.string(''), '00000000'],
    ['bytes', (w) => w.byteArray(Uint8Array.of(0xde, 0xad)), '02000000dead'],
    ['raw bytes', (w) => w.raw(Uint8Array.of(0xde, 0xad)), 'dead'],
    ['a byte order mark', (w) => w.string('\u{feff}'), '03000000efbbbf'],
    ['an astral character', (w) => w.string('\u{1f680}'), '04000000f09f9a80'],
    ['a lone high surrogate', (w) => w.string('a\ud83d'), '0400000061efbfbd'],
    ['a lone low surrogate', (w) => w.string('\ude80a'), '04000000efbfbd61'],
    ['surrogates in the wrong order', (w) => w.string('\ude80\ud83d'), '06000000efbfbdefbfbd'],
  ])('writes %s', (_, write, hex) => {
    expect(written(write)).toBe(hex);
  });

  test.each([0, 1, 15, 16, 17, 23, 24, 25, 63, 64, 65, 100_000])('writes strings of %i ASCII characters', (length) => {
    const text = 'x'.repeat(length);
    const hex = written((writer) => {
      writer.u8(7);
      writer.string(text);
      writer.u8(8);
    });
    const bytes = Buffer.from(hex, 'hex');
    expect([
      bytes[0],
      bytes.readUInt32LE(1),
      bytes.toString('ascii', 5, 5 + length),
      bytes[5 + length],
      bytes.length,
    ]).toEqual([7, length, text, 8, 6 + length]);
  });

  test.each([1, 8, 15, 16, 17, 24, 25, 40])(
    'writes strings with another alphabet after %i ASCII characters',
    (length) => {
      const text = `${'x'.repeat(length)}é漢🚀`;
      const reader = new BsatnReader(
        Buffer.from(
          written((writer) => writer.string(text)),
          'hex',
        ),
        'a test',
      );
      expect(reader.string()).toBe(text);
      expect(reader.remaining).toBe(0);
    },
  );

  test.each([21, 100, 10_000])('makes room for strings of %i characters of three bytes', (length) => {
    const text = '漢'.repeat(length);
    const expected = Buffer.from(text);
    const hex = written((writer) => writer.string(text));
    expect(hex.slice(8)).toBe(expected.toString('hex'));
    expect(Buffer.from(hex, 'hex').readUInt32LE(0)).toBe(3 * length);
  });

  test('refuses numbers outside their type', () => {
    const writer = new BsatnWriter();
    const refused: readonly (() => void)[] = [
      ...[-1, 256, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map((value) => () => writer.u8(value)),
      ...[-129, 128, 0.5, Number.NaN].map((value) => () => writer.i8(value)),
      ...[-1, 65_536, 1.5, Number.NaN].map((value) => () => writer.u16(value)),
      ...[-32_769, 32_768, 1.5].map((value) => () => writer.i16(value)),
      ...[-1, 2 ** 32, 0.1, Number.NaN, Number.NEGATIVE_INFINITY].map((value) => () => writer.u32(value)),
      ...[-(2 ** 31) - 1, 2 ** 31, 0.1, Number.NaN].map((value) => () => writer.i32(value)),
      ...[-1n, 2n ** 64n].map((value) => () => writer.u64(value)),
      ...[-(2n ** 63n) - 1n, 2n ** 63n].map((value) => () => writer.i64(value)),
      ...[-1n, 2n ** 128n].map((value) => () => writer.u128(value)),
      ...[-(2n ** 127n) - 1n, 2n ** 127n].map((value) => () => writer.i128(value)),
      ...[-1n, 2n ** 256n].map((value) => () => writer.u256(value)),
      ...[-(2n ** 255n) - 1n, 2n ** 255n].map((value) => () => writer.i256(value)),
    ];
    for (const write of refused) expect(write).toThrow(RangeError);
    expect(writer.length).toBe(0);
    expect(() => writer.u8(256)).toThrow('256 is not a value of u8');
    expect(() => writer.i64(2n ** 63n)).toThrow('9223372036854775808 is not a value of i64');
  });

  test('writes the tag of an option and says whether a value follows', () => {
    const writer = new BsatnWriter();
    expect([undefined, null, 0, false, ''].map((value) => writer.optionTag(value))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(toHex(writer.finish())).toBe('0101000000');
  });

  test('makes no boolean, float, string, list or bytes of something else', () => {
    // What a caller without a compiler has.
    const other = JSON.parse('{"text":"1","number":5}');
    const writer = new BsatnWriter();
    expect(() => writer.bool(other.text)).toThrow('a string is not a value of bool');
    expect(() => writer.f32(other.text)).toThrow('a string is not a value of f32');
    expect(() => writer.f64(other.missing)).toThrow('undefined is not a value of f64');
    expect(() => writer.string(other.number)).toThrow('a number is not a value of string');
    expect(() => writer.count(other.text)).toThrow('a string is not a value of array');
    expect(() => writer.byteArray(other.text)).toThrow('a string is not a value of byte array');
    expect(() => writer.byteArray(other.missing)).toThrow('undefined is not a value of byte array');
    expect(writer.length).toBe(0);
  });

  test('takes the bytes of another realm, and of Node', () => {
    const writer = new BsatnWriter();
    const other: unknown = runInNewContext('Uint8Array.of(7)');
    writer.byteArray(other as Uint8Array);
    writer.byteArray(Buffer.of(8));
    expect(toHex(writer.finish())).toBe('01000000070100000008');
    expect(other).not.toBeInstanceOf(Uint8Array);
  });

  test('grows as needed and keeps what was written', () => {
    const writer = new BsatnWriter(1);
    for (let index = 0; index < 10_000; index++) writer.u32(index);
    const bytes = writer.finish();
    const view = new DataView(bytes.buffer);
    expect([writer.length, bytes.length]).toEqual([40_000, 40_000]);
    expect(Array.from({ length: 10_000 }, (_, index) => view.getUint32(index * 4, true))).toEqual(
      Array.from({ length: 10_000 }, (_, index) => index),
    );
  });

  test('finish gives a copy that later writes leave alone', () => {
    const writer = new BsatnWriter();
    writer.u8(1);
    const first = writer.finish();
    writer.u8(2);
    expect([toHex(first), toHex(writer.finish())]).toEqual(['01', '0102']);
    expect(first.buffer.byteLength).toBe(1);
  });
});
