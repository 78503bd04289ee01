import { expect, test } from 'vitest';
import { jsonOf } from '../../src/embedded/json-of.ts';

test('jsonOf prints what JSON.stringify prints, and bigints as numbers', () => {
  const value = [1, 'a"b', null, true, { some: [1.5, {}] }, []];
  expect(jsonOf(value)).toBe(JSON.stringify(value));
  expect(jsonOf([2n ** 64n, { x: -1n }])).toBe('[18446744073709551616,{"x":-1}]');
});

test('jsonOf refuses what JSON does not have', () => {
  expect(() => jsonOf([undefined])).toThrow(new TypeError('JSON has no undefined'));
  expect(() => jsonOf(() => 1)).toThrow(TypeError);
});
