import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToKey, equalBytes, fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { propertyOptions } from '../support/property.ts';

describe('hex', () => {
  test('has two lower-case digits a byte, in memory order', () => {
    expect(toHex(Uint8Array.of(0, 1, 0x9f, 0xff))).toBe('00019fff');
    expect(toHex(new Uint8Array(0))).toBe('');
    expect(fromHex('00019FfF')).toEqual(Uint8Array.of(0, 1, 0x9f, 0xff));
  });

  test.each(['0', 'abc', '0x00', 'zz', '0 ', 'éé'])('does not take %j', (text) => {
    expect(() => fromHex(text)).toThrow(SyntaxError);
  });

  test('is read back as it was written', () => {
    assert(
      property(uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
      propertyOptions(100),
    );
  });
});

describe('equalBytes', () => {
  test('compares lengths and bytes, not buffers', () => {
    const bytes = Uint8Array.of(9, 1, 2, 9);
    expect(equalBytes(bytes.subarray(1, 3), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});

describe('bytesToKey', () => {
  test('differs exactly where the bytes do', () => {
    const pair = property(uint8Array({ maxLength: 3 }), uint8Array({ maxLength: 3 }), (left, right) => {
      expect(bytesToKey(left) === bytesToKey(right)).toBe(equalBytes(left, right));
    });
    assert(pair, propertyOptions(100));
  });

  test.each([0, 1, 4095, 4096, 4097, 20_000])('has one character per byte for %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
    const key = bytesToKey(bytes);
    expect(key.length).toBe(length);
    expect(Uint8Array.from(key, (character) => character.charCodeAt(0))).toEqual(bytes);
  });
});
