import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { decode, encode } from '../../../src/bsatn/codec.ts';
import { Uuid, uuidCodec } from '../../../src/bsatn/special/uuid.ts';
import { propertyOptions } from '../../support/property.ts';

describe('a UUID', () => {
  test('is the number whose big-endian bytes are its text', () => {
    expect(new Uuid(0x01888d6e_5c00_7000_8000_000000000001n).toString()).toBe('01888d6e-5c00-7000-8000-000000000001');
    expect(new Uuid(1n).toString()).toBe('00000000-0000-0000-0000-000000000001');
    expect(JSON.stringify(Uuid.nil)).toBe('"00000000-0000-0000-0000-000000000000"');
  });

  test('is on the wire the reverse of its text', () => {
    const uuid = Uuid.parse('01888d6e-5c00-7000-8000-000000000001');
    expect(toHex(encode(uuidCodec, uuid))).toBe('01000000000000800070005c6e8d8801');
    expect(decode(uuidCodec, encode(uuidCodec, uuid), 'a test')).toEqual(uuid);
  });

  test('is read from what it is written as, in either case', () => {
    const roundTrip = fc.property(fc.uuid(), (text) => {
      expect(Uuid.parse(text).toString()).toBe(text);
      expect(Uuid.parse(text.toUpperCase()).equals(Uuid.parse(text))).toBe(true);
      expect(Uuid.parse(text).value).toBe(BigInt(`0x${text.replaceAll('-', '')}`));
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test.each([
    '',
    '01888d6e5c0070008000000000000001',
    '{01888d6e-5c00-7000-8000-000000000001}',
    '01888d6e-5c00-7000-8000-00000000000g',
    '01888d6e-5c00-7000-8000-0000000000011',
    '01888d6e-5c0-07000-8000-000000000001',
    '01888d6e-5c00-7000-8000-000000000001\n',
  ])('is not read from %j', (text) => {
    expect(() => Uuid.parse(text)).toThrow(SyntaxError);
  });

  test('that is random has version 4, its variant, and 122 random bits', () => {
    const texts = Array.from({ length: 200 }, () => Uuid.random().toString());
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(texts.filter((text) => !form.test(text))).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
    const seen = texts.map((text) => Uuid.parse(text).value);
    const everSet = seen.reduce((all, value) => all | value, 0n);
    const alwaysSet = seen.reduce((all, value) => all & value, 2n ** 128n - 1n);
    expect(everSet.toString(16)).toBe('ffffffffffff4fffbfffffffffffffff');
    expect(alwaysSet.toString(16)).toBe('40008000000000000000');
  });

  test('has 128 bits', () => {
    expect(() => new Uuid(2n ** 128n)).toThrow(RangeError);
    expect(() => new Uuid(-1n)).toThrow(RangeError);
  });
});
