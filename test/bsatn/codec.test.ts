import { describe, expect, test } from 'vitest';
import { stringCodec, u8Codec } from '../../src/bsatn/basic-codecs.ts';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { type Codec, decode, encode, isStackOverflow, readGuarded } from '../../src/bsatn/codec.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { ProtocolError } from '../../src/errors.ts';

const failing = (error: unknown): Codec<never> => ({
  read: () => {
    throw error;
  },
  write: () => undefined,
  minSize: 0,
});

describe('decode', () => {
  test('reads the whole input', () => {
    expect(decode(u8Codec, Uint8Array.of(7), 'a test')).toBe(7);
  });

  test('refuses bytes that are left over', () => {
    expect(() => decode(u8Codec, Uint8Array.of(7, 8, 9), 'row of table t')).toThrow(
      new ProtocolError('reading row of table t at offset 1 of row of table t: 2 bytes are left after its end'),
    );
  });

  test('names what was being read', () => {
    expect(() => decode(stringCodec, fromHex('0200000061'), 'row of table t')).toThrow(
      'reading string at offset 4 of row of table t: needs 2 bytes, 1 are left',
    );
  });
});

test('encode writes one value', () => {
  expect(toHex(encode(stringCodec, 'hi'))).toBe('020000006869');
});

describe('readGuarded', () => {
  interface Nested {
    readonly inner: Nested;
  }
  const endless: Codec<Nested> = {
    read: (reader) => {
      reader.u8();
      return { inner: endless.read(reader) };
    },
    write: () => undefined,
    minSize: 1,
  };

  test('has nothing to say of what is no error', () => {
    expect(isStackOverflow('Maximum call stack size exceeded')).toBe(false);
  });

  test('makes a protocol error of a stack that is full', () => {
    const reader = new BsatnReader(new Uint8Array(10_000_000), 'a test');
    expect(() => readGuarded(endless, reader, 'a test')).toThrow(
      expect.objectContaining({
        code: 'protocol',
        message: expect.stringMatching(/^reading a test at offset \d+: nested too deeply$/),
        cause: expect.any(RangeError),
      }),
    );
  });

  test.each([
    ['V8 and JavaScriptCore', new RangeError('Maximum call stack size exceeded.'), true],
    ['SpiderMonkey', Object.assign(new Error('too much recursion'), { name: 'InternalError' }), true],
    ['another range error', new RangeError('Invalid array length'), false],
    ['a protocol error about a table of that name', new ProtocolError('reading row of call stack'), false],
  ])('knows a full stack from other errors: %s', (_, error, isFull) => {
    expect(isStackOverflow(error)).toBe(isFull);
    const reader = new BsatnReader(new Uint8Array(0), 'a test');
    expect(() => readGuarded(failing(error), reader, 'a test')).toThrow(isFull ? 'nested too deeply' : error);
  });
});
