import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { decode, encode } from '../../../src/bsatn/codec.ts';
import { TimeDuration } from '../../../src/bsatn/special/time-duration.ts';
import { Timestamp, timestampCodec } from '../../../src/bsatn/special/timestamp.ts';
import { propertyOptions } from '../../support/property.ts';

const most = 2n ** 63n - 1n;
const least = -(2n ** 63n);
/** The last microsecond that a `Date` can hold; the first one is its negative. */
const lastOfDate = 8_640_000_000_000_000_000n;
const withinDate = fc.bigInt({ min: -lastOfDate, max: lastOfDate });
const anyMicros = fc.bigInt({ min: least, max: most });

describe('a timestamp', () => {
  test('is a signed 64-bit count of microseconds', () => {
    expect(toHex(encode(timestampCodec, new Timestamp(1_700_000_000_000_000n)))).toBe('00401e18240a0600');
    expect([new Timestamp(most).micros, new Timestamp(least).micros]).toEqual([most, least]);
    expect(() => new Timestamp(most + 1n)).toThrow(RangeError);
    expect(() => new Timestamp(least - 1n)).toThrow(RangeError);
    expect(Timestamp.epoch.micros).toBe(0n);
  });

  test('is read as it was written', () => {
    const roundTrip = fc.property(anyMicros, (micros) => {
      expect(decode(timestampCodec, encode(timestampCodec, new Timestamp(micros)), 'a test').micros).toBe(micros);
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test.each<[string, bigint]>([
    ['1970-01-01T00:00:00.000000Z', 0n],
    ['1970-01-01T00:00:00.000001Z', 1n],
    ['1969-12-31T23:59:59.999999Z', -1n],
    ['1969-12-31T23:59:59.000000Z', -1_000_000n],
    ['2025-02-10T15:45:30.123456Z', 1_739_202_330_123_456n],
    ['2024-02-29T00:00:00.000000Z', 1_709_164_800_000_000n],
    ['0000-01-01T00:00:00.000000Z', -62_167_219_200_000_000n],
    ['-000001-12-31T23:59:59.999999Z', -62_167_219_200_000_001n],
    ['9999-12-31T23:59:59.999999Z', 253_402_300_799_999_999n],
    ['+010000-01-01T00:00:00.000000Z', 253_402_300_800_000_000n],
    ['+275760-09-13T00:00:00.000000Z', lastOfDate],
    ['-271821-04-20T00:00:00.000000Z', -lastOfDate],
  ])('%s is %i microseconds, and back', (text, micros) => {
    expect(new Timestamp(micros).toISOString()).toBe(text);
    expect(Timestamp.fromISOString(text).micros).toBe(micros);
    expect([String(new Timestamp(micros)), JSON.stringify(new Timestamp(micros))]).toEqual([text, `"${text}"`]);
  });

  test('keeps every microsecond on the way through its text', () => {
    const roundTrip = fc.property(withinDate, (micros) => {
      const timestamp = new Timestamp(micros);
      expect(Timestamp.fromISOString(timestamp.toISOString()).micros).toBe(micros);
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test.each<[string, bigint]>([
    ['1970-01-01T01:00:00+01:00', 0n],
    ['1970-01-01T00:00:00-00:30', 1_800_000_000n],
    ['1970-01-01T00:00:00+23:59', -86_340_000_000n],
    ['1970-01-01T00:00:00.5Z', 500_000n],
    ['1970-01-01T00:00:00.000250Z', 250n],
    ['1969-12-31T23:59:59.5Z', -500_000n],
    ['1969-12-31T22:59:59.9-01:00', -100_000n],
  ])('is read from %s', (text, micros) => {
    expect(Timestamp.fromISOString(text).micros).toBe(micros);
  });

  test.each([
    '',
    'now',
    '2025-02-10',
    '2025-02-10T15:45:30',
    '2025-02-10T15:45Z',
    '2025-02-10 15:45:30Z',
    '2025-02-10T15:45:30.Z',
    '2025-02-10T15:45:30.1234567Z',
    '2025-02-10T15:45:30+0100',
    '2025-02-10T15:45:30+24:00',
    '2025-02-10T15:45:30+01:60',
    '2025-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:00:60Z',
    '12345-01-01T00:00:00Z',
    '-000000-01-01T00:00:00Z',
    '+275760-09-13T00:00:01Z',
    ' 2025-02-10T15:45:30Z',
    '2025-02-10T15:45:30Z\n',
  ])('is not read from %j', (text) => {
    expect(() => Timestamp.fromISOString(text)).toThrow(SyntaxError);
  });
});

describe('a Date', () => {
  test('becomes a timestamp exactly, and back down to the millisecond', () => {
    expect(Timestamp.fromDate(new Date(-1)).micros).toBe(-1000n);
    expect(new Timestamp(1999n).toDate().getTime()).toBe(1);
    expect(new Timestamp(-1n).toDate().getTime()).toBe(-1);
    expect(new Timestamp(-1000n).toDate().getTime()).toBe(-1);
    expect(new Timestamp(-1001n).toDate().getTime()).toBe(-2);
    const roundTrip = fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(Timestamp.fromDate(date).toDate()).toEqual(date);
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test('that is invalid is refused', () => {
    expect(() => Timestamp.fromDate(new Date(Number.NaN))).toThrow(RangeError);
  });

  test('cannot hold the first and last years, which the text says in microseconds', () => {
    expect(new Timestamp(lastOfDate).toDate().getTime()).toBe(8.64e15);
    expect(new Timestamp(-lastOfDate).toDate().getTime()).toBe(-8.64e15);
    for (const micros of [lastOfDate + 1_000_000n, -lastOfDate - 1_000_000n, most, least]) {
      const timestamp = new Timestamp(micros);
      expect(() => timestamp.toDate()).toThrow('beyond the range of Date');
      expect(() => timestamp.toISOString()).toThrow('beyond the range of Date');
      expect([String(timestamp), JSON.stringify(timestamp)]).toEqual([`${micros}us`, `"${micros}us"`]);
    }
  });

  test('of now is not far from now', () => {
    const before = Date.now();
    const now = Timestamp.now().toMillis();
    expect([now >= before, now <= Date.now()]).toEqual([true, true]);
  });
});

describe('calculations', () => {
  test('milliseconds have the microseconds as fraction', () => {
    expect([1_500n, -1_500n, 1n, -1n, 0n].map((micros) => new Timestamp(micros).toMillis())).toEqual([
      1.5, -1.5, 0.001, -0.001, 0,
    ]);
    expect(new Timestamp(1_739_202_330_123_456n).toMillis()).toBe(1_739_202_330_123.456);
  });

  test('plus and since are each other’s reverse', () => {
    const reverse = fc.property(
      fc.bigInt({ min: least / 2n, max: most / 2n }),
      fc.bigInt({ min: least / 2n, max: most / 2n }),
      (a, b) => {
        const [from, to] = [new Timestamp(a), new Timestamp(b)];
        expect(to.since(from).micros).toBe(b - a);
        expect(from.plus(to.since(from)).equals(to)).toBe(true);
      },
    );
    fc.assert(reverse, propertyOptions(100));
  });

  test('that leave 64 bits are refused', () => {
    expect(() => new Timestamp(most).plus(new TimeDuration(1n))).toThrow(RangeError);
    expect(() => new Timestamp(most).since(new Timestamp(-1n))).toThrow(RangeError);
  });

  test('equal timestamps are the same microsecond', () => {
    expect([0n, 1n].map((micros) => new Timestamp(0n).equals(new Timestamp(micros)))).toEqual([true, false]);
  });
});
