import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Uuid } from '../../src/bsatn/special/uuid.ts';
import { checkedKeyOf, compareKeys, joinKeys, type MapKey, mapKeyOf } from '../../src/store/key.ts';
import { propertyOptions } from '../support/property.ts';

describe('the key of a value', () => {
  test.each([
    [5, 5],
    [5n, 5n],
    ['a', 'a'],
    [true, true],
    [new Identity(5n), 5n],
    [new ConnectionId(5n), 5n],
    [new Uuid(5n), 5n],
    [new Timestamp(-5n), -5n],
    [new TimeDuration(-5n), -5n],
    [{ tag: 'Red' }, 'Red'],
  ])('of %s is the value itself or what is inside', (value, key) => {
    expect(mapKeyOf(value)).toBe(key);
    expect(checkedKeyOf(value, value, 'table thing')).toBe(key);
  });

  test.each([undefined, null, () => 1, Symbol('a'), {}, { tag: 1 }, { value: 1 }, [1]])(
    'of %s is refused when nobody has checked it',
    (value) => {
      for (const sample of [1, 1n, 'a', true, new Identity(5n), new Timestamp(5n), { tag: 'Red' }, undefined]) {
        expect(() => checkedKeyOf(value, sample, 'table thing')).toThrow(/^table thing cannot have the key /);
      }
    },
  );
});

describe('joined keys', () => {
  test('are equal only when all columns are', () => {
    const texts = ['', ',', '1', '1,', ',1', '1:', '1:1', '1,1', '0:,', ':', '2:1,', 'a'];
    const joined = texts.flatMap((first) =>
      texts.flatMap((second) => [1, 11].map((n) => joinKeys([first, second, n]))),
    );
    expect(new Set(joined).size).toBe(texts.length * texts.length * 2);
    expect(joinKeys([1, 11n, true])).not.toBe(joinKeys([11, 1n, true]));
    expect(joinKeys(['a', -0])).toBe(joinKeys(['a', 0]));
  });

  test('of one column are the column, so that a look-up builds no string', () => {
    expect(joinKeys([5])).toBe(5);
    expect(joinKeys([5n])).toBe(5n);
    expect(joinKeys(['a'])).toBe('a');
  });
});

const sorted = (keys: readonly MapKey[]): readonly MapKey[] => [...keys].sort(compareKeys);

describe('the order of keys', () => {
  test('of strings is that of their UTF-8', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\u{d7ff}', '\u{e000}', '\u{ffff}', '\u{10000}', '\u{10ffff}'),
    });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
      propertyOptions(300),
    );
  });

  test('of numbers, bigints and booleans is that of their values', () => {
    expect(sorted([3, -1, Infinity, 2.5, -Infinity])).toEqual([-Infinity, -1, 2.5, 3, Infinity]);
    expect(sorted([3n, -1n, 2n ** 200n, 2n])).toEqual([-1n, 2n, 3n, 2n ** 200n]);
    expect(sorted([true, false, true])).toEqual([false, true, true]);
    expect(compareKeys(0, -0)).toBe(0);
  });

  test('puts NaN after everything, equal to itself', () => {
    expect([Number.NaN, Infinity, 0].sort(compareKeys)).toEqual([0, Infinity, Number.NaN]);
    expect(compareKeys(Number.NaN, Number.NaN)).toBe(0);
  });
});
