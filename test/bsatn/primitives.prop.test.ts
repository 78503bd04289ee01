import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';
import { propertyOptions } from '../support/property.ts';

type Write = (writer: BsatnWriter, value: bigint) => void;
type Read = (reader: BsatnReader) => bigint;

/** Every integer type by its width in bits, with numbers widened to bigint. */
const integers: readonly (readonly [name: string, width: number, isSigned: boolean, Write, Read])[] = [
  ['u8', 8, false, (w, v) => w.u8(Number(v)), (r) => BigInt(r.u8())],
  ['i8', 8, true, (w, v) => w.i8(Number(v)), (r) => BigInt(r.i8())],
  ['u16', 16, false, (w, v) => w.u16(Number(v)), (r) => BigInt(r.u16())],
  ['i16', 16, true, (w, v) => w.i16(Number(v)), (r) => BigInt(r.i16())],
  ['u32', 32, false, (w, v) => w.u32(Number(v)), (r) => BigInt(r.u32())],
  ['i32', 32, true, (w, v) => w.i32(Number(v)), (r) => BigInt(r.i32())],
  ['u64', 64, false, (w, v) => w.u64(v), (r) => r.u64()],
  ['i64', 64, true, (w, v) => w.i64(v), (r) => r.i64()],
  ['u128', 128, false, (w, v) => w.u128(v), (r) => r.u128()],
  ['i128', 128, true, (w, v) => w.i128(v), (r) => r.i128()],
  ['u256', 256, false, (w, v) => w.u256(v), (r) => r.u256()],
  ['i256', 256, true, (w, v) => w.i256(v), (r) => r.i256()],
];

/** Any UTF-16, lone surrogates included, around the lengths where the fast paths of reader and writer end. */
const utf16 = fc.oneof(
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
);

describe.each(integers)('%s', (_, width, isSigned, write, read) => {
  const span = 2n ** BigInt(width);
  const least = isSigned ? -span / 2n : 0n;

  test('is its two’s complement, least significant byte first', () => {
    const bytes = fc.property(fc.bigInt({ min: least, max: least + span - 1n }), (value) => {
      const writer = new BsatnWriter();
      write(writer, value);
      const model = Array.from({ length: width / 8 }, (__, index) => Number((value >> BigInt(index * 8)) & 0xffn));
      expect([...writer.finish()]).toEqual(model);
      expect(read(new BsatnReader(Uint8Array.from(model), 'a test'))).toBe(value);
    });
    fc.assert(bytes, propertyOptions(100));
  });

  test('takes no number outside its range', () => {
    const beyond = fc.oneof(
      fc.bigInt({ min: least + span, max: span * 4n }),
      fc.bigInt({ min: -span * 4n, max: least - 1n }),
    );
    const refused = fc.property(beyond, (value) => {
      const writer = new BsatnWriter();
      expect(() => write(writer, value)).toThrow(RangeError);
      expect(writer.length).toBe(0);
    });
    fc.assert(refused, propertyOptions(100));
  });
});

/** The string that the bytes hold, or what is wrong with them. */
function readText(bytes: Uint8Array): string {
  try {
    return new BsatnReader(bytes, 'a test').string();
  } catch (error) {
    return error instanceof Error ? error.message : 'not an error';
  }
}

describe('strings', () => {
  test('are a length in bytes and UTF-8 as Node has it, and read as the same text', () => {
    const bytes = fc.property(utf16, utf16, (first, second) => {
      const writer = new BsatnWriter();
      writer.string(first);
      writer.string(second);
      const model = [first, second].map((text) => Buffer.from(text, 'utf8'));
      const framed = model.flatMap((part) => [Buffer.from(Uint32Array.of(part.length).buffer), part]);
      const written = writer.finish();
      expect(Buffer.concat(framed).equals(written)).toBe(true);
      const reader = new BsatnReader(written, 'a test');
      expect([reader.string(), reader.string()]).toEqual(model.map((part) => part.toString('utf8')));
      expect(reader.remaining).toBe(0);
    });
    fc.assert(bytes, propertyOptions(100));
  });

  test('of any bytes are read exactly where Node finds them to be UTF-8', () => {
    const bytes = fc.property(fc.uint8Array({ maxLength: 30 }), (body) => {
      const writer = new BsatnWriter();
      writer.byteArray(body);
      const text = Buffer.from(body).toString('utf8');
      const isUtf8 = Buffer.from(text).equals(body);
      expect(readText(writer.finish())).toBe(isUtf8 ? text : 'reading string at offset 0 of a test: invalid utf8');
    });
    fc.assert(bytes, propertyOptions(100));
  });
});

test('floats keep their bits', () => {
  const bits = fc.property(fc.float({ noNaN: true }), fc.double({ noNaN: true }), (single, double) => {
    const writer = new BsatnWriter();
    writer.f32(single);
    writer.f64(double);
    const view = Buffer.alloc(12);
    view.writeFloatLE(single, 0);
    view.writeDoubleLE(double, 4);
    expect(Buffer.from(writer.finish()).equals(view)).toBe(true);
    const reader = new BsatnReader(view, 'a test');
    expect([reader.f32(), reader.f64()]).toEqual([single, double]);
  });
  fc.assert(bits, propertyOptions(100));
});
