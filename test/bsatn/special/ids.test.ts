import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { decode, encode } from '../../../src/bsatn/codec.ts';
import { ConnectionId, connectionIdCodec } from '../../../src/bsatn/special/connection-id.ts';
import { Identity, identityCodec } from '../../../src/bsatn/special/identity.ts';
import { propertyOptions } from '../../support/property.ts';

/** What identity and connection id have in common. */
const kinds = [
  {
    name: 'Identity',
    digits: 64,
    of: (value: bigint) => new Identity(value),
    parse: (text: string) => Identity.fromHexString(text),
  },
  {
    name: 'ConnectionId',
    digits: 32,
    of: (value: bigint) => new ConnectionId(value),
    parse: (text: string) => ConnectionId.fromHexString(text),
  },
] as const;

describe.each(kinds)('$name', ({ digits, of, parse }) => {
  const end = 2n ** BigInt(digits * 4);

  test('is written most significant digit first, with all its digits', () => {
    expect(of(0x1an).toHexString()).toBe(`${'0'.repeat(digits - 2)}1a`);
    expect(of(end - 1n).toHexString()).toBe('f'.repeat(digits));
    expect(String(of(1n))).toBe(of(1n).toHexString());
    expect(JSON.stringify(of(1n))).toBe(`"${of(1n).toHexString()}"`);
  });

  test('is read as it was written, in either case, with a prefix or without', () => {
    const roundTrip = fc.property(fc.bigInt({ min: 0n, max: end - 1n }), (value) => {
      const text = of(value).toHexString();
      expect([text, text.toUpperCase(), `0x${text}`].map((form) => parse(form).value)).toEqual([value, value, value]);
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test.each(['', '0x', '1', '0x1', 'g', ' '])('is not read from another text (%j)', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
    expect(() => parse(text.padEnd(digits + 1, '0'))).toThrow(SyntaxError);
    expect(() => parse(`${'0'.repeat(digits - 1)}g`)).toThrow(SyntaxError);
    expect(() => parse(`${'0'.repeat(digits)}\n`)).toThrow(SyntaxError);
  });

  test('has no more bits than it has', () => {
    expect(of(end - 1n).value).toBe(end - 1n);
    expect(() => of(end)).toThrow(RangeError);
    expect(() => of(-1n)).toThrow(RangeError);
  });
});

test('identities are compared by value', () => {
  expect([1n, 2n].map((value) => new Identity(1n).equals(new Identity(value)))).toEqual([true, false]);
  expect([1n, 2n].map((value) => new ConnectionId(1n).equals(new ConnectionId(value)))).toEqual([true, false]);
});

test('an identity is abbreviated to its first and last four digits', () => {
  expect(new Identity((0x2ab4n << 240n) + 0x9f1cn).toAbbreviated()).toBe('2ab4...9f1c');
});

test('on the wire both are the reverse of their text', () => {
  const identity = Identity.fromHexString(`c2${'00'.repeat(30)}01`);
  const connection = ConnectionId.fromHexString('000102030405060708090a0b0c0d0e0f');
  expect(toHex(encode(identityCodec, identity))).toBe(`01${'00'.repeat(30)}c2`);
  expect(toHex(encode(connectionIdCodec, connection))).toBe('0f0e0d0c0b0a09080706050403020100');
  expect(decode(identityCodec, encode(identityCodec, identity), 'a test')).toEqual(identity);
  expect(decode(connectionIdCodec, encode(connectionIdCodec, connection), 'a test')).toEqual(connection);
});
