import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparisonOf } from '../../../src/embedded/sql/compare.ts';
import { propertyOptions } from '../../support/property.ts';

test('strings are ordered by their UTF-8', () => {
  const compare = comparisonOf('string');
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (left, right) => {
      expect(Math.sign(compare(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    propertyOptions(300),
  );
  expect(compare('\uffff', '\u{1f600}')).toBeLessThan(0);
  expect(compare('\u{1f600}', '\ue000')).toBeGreaterThan(0);
  expect(compare('a', 'ab')).toBeLessThan(0);
});

test('NaN equals itself and comes after infinity; the zeros are equal', () => {
  const compare = comparisonOf('F64');
  expect(compare(Number.NaN, Number.NaN)).toBe(0);
  expect(compare(Number.NaN, Number.POSITIVE_INFINITY)).toBeGreaterThan(0);
  expect(compare(Number.NEGATIVE_INFINITY, Number.NaN)).toBeLessThan(0);
  expect(compare(-0, 0)).toBe(0);
  expect(compare(-1.5, 2)).toBeLessThan(0);
});

test('bytes, numbers and booleans are ordered as they are', () => {
  expect(comparisonOf('bytes')('\u00ff', '\u007f\u007f')).toBeGreaterThan(0);
  expect(comparisonOf('identity')(2n ** 255n, 3n)).toBeGreaterThan(0);
  expect(comparisonOf('I32')(-1, 0)).toBeLessThan(0);
  expect(comparisonOf('bool')(false, true)).toBeLessThan(0);
  expect(comparisonOf('U64')(7n, 7n)).toBe(0);
});
