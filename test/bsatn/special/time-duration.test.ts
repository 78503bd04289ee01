import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { decode, encode } from '../../../src/bsatn/codec.ts';
import { TimeDuration, timeDurationCodec } from '../../../src/bsatn/special/time-duration.ts';
import { propertyOptions } from '../../support/property.ts';

const most = 2n ** 63n - 1n;
const least = -(2n ** 63n);

describe('a duration', () => {
  test('is a signed 64-bit count of microseconds', () => {
    expect(toHex(encode(timeDurationCodec, new TimeDuration(-1_000_000n)))).toBe('c0bdf0ffffffffff');
    expect([new TimeDuration(most).micros, new TimeDuration(least).micros]).toEqual([most, least]);
    expect(() => new TimeDuration(most + 1n)).toThrow(RangeError);
    expect(() => new TimeDuration(least - 1n)).toThrow(RangeError);
  });

  test('is read as it was written', () => {
    const roundTrip = fc.property(fc.bigInt({ min: least, max: most }), (micros) => {
      expect(decode(timeDurationCodec, encode(timeDurationCodec, new TimeDuration(micros)), 'a test').micros).toBe(
        micros,
      );
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test('is made of milliseconds to the nearest microsecond', () => {
    expect(
      [10, -1000, 0.001, 0.0004, 0.0006, -0.0006, -0].map((millis) => TimeDuration.fromMillis(millis).micros),
    ).toEqual([10_000n, -1_000_000n, 1n, 0n, 1n, -1n, 0n]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e17])('is not made of %f', (millis) => {
    expect(() => TimeDuration.fromMillis(millis)).toThrow(RangeError);
  });

  test('gives its milliseconds with a fraction', () => {
    expect([0n, 1_500n, -1n].map((micros) => new TimeDuration(micros).toMillis())).toEqual([0, 1.5, -0.001]);
  });

  test.each<[bigint, string]>([
    [0n, '0.000000s'],
    [1n, '0.000001s'],
    [-10_000n, '-0.010000s'],
    [999_999n, '0.999999s'],
    [1_000_000n, '1.000000s'],
    [-12_345_678n, '-12.345678s'],
    [most, '9223372036854.775807s'],
    [least, '-9223372036854.775808s'],
  ])('of %i microseconds is written in seconds', (micros, text) => {
    const duration = new TimeDuration(micros);
    expect([String(duration), JSON.stringify(duration)]).toEqual([text, `"${text}"`]);
  });

  test('equals another of the same length', () => {
    expect([5n, -5n].map((micros) => new TimeDuration(5n).equals(new TimeDuration(micros)))).toEqual([true, false]);
  });
});
