import { describe, expect, test } from 'vitest';
import { ConnectionId, Identity, Timestamp, Uuid } from '../../src/bsatn/index.ts';
import { type ComparableValue, sqlLiteral } from '../../src/subscription/sql-literal.ts';

describe('a literal', () => {
  test.each<readonly [ComparableValue, string]>([
    [true, 'TRUE'],
    [false, 'FALSE'],
    [0, '0'],
    [-0, '0'],
    [-128, '-128'],
    [0.1, '0.1'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [Infinity, '1e999'],
    [-Infinity, '-1e999'],
    [-(2n ** 255n), `-${2n ** 255n}`],
    ['', "''"],
    ["O'Brien''s", "'O''Brien''''s'"],
    ['a\\\n"ü"--', `'a\\\n"ü"--'`],
    [new Uint8Array([0xde, 0xad]), '0xdead'],
    [new Uint8Array(), "''"],
    [new Identity(0xabn), `0x${'ab'.padStart(64, '0')}`],
    [new ConnectionId(1n), `0x${'1'.padStart(32, '0')}`],
    [Uuid.parse('00112233-4455-6677-8899-aabbccddeeff'), "'00112233-4455-6677-8899-aabbccddeeff'"],
    [new Timestamp(1_739_202_330_000_001n), "'2025-02-10T15:45:30.000001Z'"],
    [new Timestamp(-1n), "'1969-12-31T23:59:59.999999Z'"],
  ])('of %s is %s', (value, literal) => {
    expect(sqlLiteral(value)).toBe(literal);
  });

  test.each([
    [NaN],
    [new Timestamp(2n ** 63n - 1n)],
    [new Timestamp(-(2n ** 63n))],
    [new Timestamp(-62_200_000_000_000_000n)],
  ])('there is none of %s', (value) => {
    expect(() => sqlLiteral(value)).toThrow(RangeError);
  });
});
