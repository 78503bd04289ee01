import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bsatn/bytes.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { ProtocolError } from '../../src/errors.ts';

const readerOf = (hex: string): BsatnReader => new BsatnReader(fromHex(hex.replaceAll(' ', '')), 'a test');
const hexOfText = (text: string): string => Buffer.from(text).toString('hex');
const u32 = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('hex');
};

describe('BsatnReader', () => {
  test.each<[string, string, (reader: BsatnReader) => unknown, unknown]>([
    ['bool', '00', (r) => r.bool(), false],
    ['bool', '01', (r) => r.bool(), true],
    ['u8', 'ff', (r) => r.u8(), 255],
    ['i8', '80', (r) => r.i8(), -128],
    ['i8', '7f', (r) => r.i8(), 127],
    ['u16', '0100', (r) => r.u16(), 1],
    ['u16', 'ffff', (r) => r.u16(), 65_535],
    ['i16', 'feff', (r) => r.i16(), -2],
    ['i16', '0080', (r) => r.i16(), -32_768],
    ['u32', '01000000', (r) => r.u32(), 1],
    ['u32', 'ffffffff', (r) => r.u32(), 4_294_967_295],
    ['i32', '00000080', (r) => r.i32(), -2_147_483_648],
    ['u64', 'ffffffffffffffff', (r) => r.u64(), 2n ** 64n - 1n],
    ['i64', '0000000000000080', (r) => r.i64(), -(2n ** 63n)],
    ['i64', 'ffffffffffffff7f', (r) => r.i64(), 2n ** 63n - 1n],
    ['u128', '0500000000000000 0100000000000000', (r) => r.u128(), 2n ** 64n + 5n],
    ['u128', 'ff'.repeat(16), (r) => r.u128(), 2n ** 128n - 1n],
    ['i128', 'ff'.repeat(16), (r) => r.i128(), -1n],
    ['i128', `${'00'.repeat(15)}80`, (r) => r.i128(), -(2n ** 127n)],
    ['u256', `01${'00'.repeat(30)}c2`, (r) => r.u256(), (0xc2n << 248n) + 1n],
    ['u256', 'ff'.repeat(32), (r) => r.u256(), 2n ** 256n - 1n],
    ['i256', `fe${'ff'.repeat(31)}`, (r) => r.i256(), -2n],
    ['i256', `${'00'.repeat(31)}80`, (r) => r.i256(), -(2n ** 255n)],
    ['f32', '0000c03f', (r) => r.f32(), 1.5],
    ['f32', '0000807f', (r) => r.f32(), Number.POSITIVE_INFINITY],
    ['f32', '00000080', (r) => r.f32(), -0],
    ['f64', '182d4454fb210940', (r) => r.f64(), Math.PI],
    ['f64', '000000000000f87f', (r) => r.f64(), Number.NaN],
    ['string', '04000000 68c3a979', (r) => r.string(), 'héy'],
    ['bytes', '02000000 dead', (r) => r.byteArray(), Uint8Array.of(0xde, 0xad)],
    ['a view of bytes', '02000000 dead', (r) => r.byteView(), Uint8Array.of(0xde, 0xad)],
    ['u64 as number', 'ffffffffffff1f00', (r) => r.u64AsNumber(), Number.MAX_SAFE_INTEGER],
    ['u64 as number', '0000000001000000', (r) => r.u64AsNumber(), 2 ** 32],
    ['option', '00', (r) => r.optionTag(), true],
    ['option', '01', (r) => r.optionTag(), false],
    ['result', '00', (r) => r.resultTag(), true],
    ['result', '01', (r) => r.resultTag(), false],
  ])('reads %s from %s', (_, hex, read, expected) => {
    const reader = readerOf(hex);
    expect(read(reader)).toEqual(expected);
    expect(reader.remaining).toBe(0);
  });

  test('reads one value after the other', () => {
    const reader = readerOf('07 0100 02000000 6869');
    expect([reader.u8(), reader.u16(), reader.string(), reader.offset]).toEqual([7, 1, 'hi', 9]);
  });

  test('reads from the middle of a larger buffer', () => {
    const reader = new BsatnReader(fromHex('ff ff 0100 05000000 ff'.replaceAll(' ', '')).subarray(2, 8), 'a test');
    expect([reader.u16(), reader.u32(), reader.remaining]).toEqual([1, 5, 0]);
    expect(() => reader.u8()).toThrow('reading u8 at offset 6 of a test: needs 1 bytes, 0 are left');
  });
});

describe('strings', () => {
  test.each([0, 1, 3, 12, 15, 16, 17, 23, 24, 25, 100, 70_000])('of %i ASCII bytes', (length) => {
    const text = Array.from({ length }, (_, index) => String.fromCharCode(index % 128)).join('');
    expect(readerOf(u32(length) + hexOfText(text)).string()).toBe(text);
  });

  test.each([15, 16, 17, 24, 25])('of %i bytes that end in another alphabet', (length) => {
    const text = `${'a'.repeat(length - 2)}é`;
    expect(readerOf(u32(length) + hexOfText(text)).string()).toBe(text);
  });

  test.each(['\u{feff}', '\u{feff}with a mark', '👩‍🚀', '\u{10ffff}', '\u0000', '漢字', '�'])(
    'of %j keep every character',
    (text) => {
      const hex = hexOfText(text);
      expect(readerOf(u32(hex.length / 2) + hex).string()).toBe(text);
    },
  );

  test('that follow each other do not disturb each other', () => {
    const reader = readerOf(['abc', 'xyz', 'abc'].map((text) => u32(3) + hexOfText(text)).join(''));
    expect([reader.string(), reader.string(), reader.string()]).toEqual(['abc', 'xyz', 'abc']);
  });

  test.each([
    ['a lone continuation byte', '80'],
    ['a byte that never occurs', 'ff'],
    ['a cut sequence', 'c3'],
    ['an overlong form', 'c080'],
    ['a surrogate', 'eda080'],
    ['a code point beyond the last', 'f4908080'],
    ['a bad byte in a long text', `${'61'.repeat(40)}ff`],
  ])('with %s are refused, with type and offset', (_, hex) => {
    const reader = readerOf(`00${u32(hex.length / 2)}${hex}`);
    reader.u8();
    expect(() => reader.string()).toThrow(ProtocolError);
    const again = readerOf(`00${u32(hex.length / 2)}${hex}`);
    again.u8();
    expect(() => again.string()).toThrow('reading string at offset 1 of a test: invalid utf8');
  });
});

describe('what does not follow the format is refused:', () => {
  test.each<[string, string, (reader: BsatnReader) => unknown, string]>([
    ['bool', '02', (r) => r.bool(), 'reading bool at offset 0 of a test: unknown tag 0x2'],
    ['option', '02', (r) => r.optionTag(), 'reading option at offset 0 of a test: unknown tag 0x2'],
    ['result', 'ff', (r) => r.resultTag(), 'reading result at offset 0 of a test: unknown tag 0xff'],
    ['u16', '00', (r) => r.u16(), 'reading u16 at offset 0 of a test: needs 2 bytes, 1 are left'],
    ['f64', '0000', (r) => r.f64(), 'reading f64 at offset 0 of a test: needs 8 bytes, 2 are left'],
    ['u256', '00'.repeat(31), (r) => r.u256(), 'reading u256 at offset 0 of a test: needs 32 bytes, 31 are left'],
    ['string', '0500000061', (r) => r.string(), 'reading string at offset 4 of a test: needs 5 bytes, 1 are left'],
    [
      'bytes',
      'ffffffff61',
      (r) => r.byteArray(),
      'reading byte array at offset 4 of a test: needs 4294967295 bytes, 1 are left',
    ],
    [
      'bytes',
      'ffffffff61',
      (r) => r.byteView(),
      'reading byte array at offset 4 of a test: needs 4294967295 bytes, 1 are left',
    ],
    [
      'string',
      'ffffffff',
      (r) => r.string(),
      'reading string at offset 4 of a test: needs 4294967295 bytes, 0 are left',
    ],
  ])('%s %s', (_, hex, read, message) => {
    expect(() => read(readerOf(hex))).toThrow(new ProtocolError(message));
  });

  test('bytes that are left over', () => {
    const reader = readerOf('0102');
    reader.u8();
    expect(() => reader.finish('u8')).toThrow('reading u8 at offset 1 of a test: 1 bytes are left after its end');
    reader.u8();
    expect(() => reader.finish('u8')).not.toThrow();
  });
});

describe('counts', () => {
  test('are accepted up to what the rest of the input can hold', () => {
    expect(readerOf(`${u32(3)}${'00'.repeat(12)}`).count('array', 4)).toBe(3);
    expect(readerOf(`${u32(3)}${'00'.repeat(15)}`).count('array', 4)).toBe(3);
    expect(() => readerOf(`${u32(4)}${'00'.repeat(15)}`).count('array', 4)).toThrow(
      'reading array at offset 0 of a test: a count of 4, where at most 3 elements fit',
    );
    expect(() => readerOf('ffffffff00').count('rows', 1)).toThrow(
      'a count of 4294967295, where at most 1 elements fit',
    );
  });

  test('of elements without bytes are bounded, over all arrays of one reader', () => {
    const most = 2 ** 20;
    expect(readerOf(u32(most)).count('array', 0)).toBe(most);
    expect(() => readerOf(u32(most + 1)).count('array', 0)).toThrow(ProtocolError);
    const reader = readerOf(u32(most - 1) + u32(1) + u32(0) + u32(1));
    expect([reader.count('array', 0), reader.count('array', 0), reader.count('array', 0)]).toEqual([most - 1, 1, 0]);
    expect(() => reader.count('array', 0)).toThrow(
      'reading array at offset 12 of a test: a count of 1, where at most 0',
    );
  });
});

describe('memory', () => {
  test.each([
    ['a Uint8Array', (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)],
    ['a Buffer', (bytes: Uint8Array): Uint8Array => Buffer.from(bytes)],
  ])('byteArray of %s is a copy, byteView is none', (_, inputOf) => {
    const input = inputOf(fromHex('02000000deadff02000000beef'));
    const reader = new BsatnReader(input, 'a test');
    const copied = reader.byteArray();
    reader.u8();
    const viewed = reader.byteView();
    input.fill(0);
    expect(copied).toEqual(Uint8Array.of(0xde, 0xad));
    expect(copied.buffer.byteLength).toBe(2);
    expect(viewed).toEqual(Uint8Array.of(0, 0));
    expect([copied, viewed].map((bytes) => Object.getPrototypeOf(bytes) === Uint8Array.prototype)).toEqual([
      true,
      true,
    ]);
  });
});
