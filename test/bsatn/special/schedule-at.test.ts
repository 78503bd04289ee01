import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/bsatn/bytes.ts';
import { decode, encode } from '../../../src/bsatn/codec.ts';
import { ScheduleAt, scheduleAtCodec } from '../../../src/bsatn/special/schedule-at.ts';
import { TimeDuration } from '../../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { ProtocolError } from '../../../src/errors.ts';

describe('a schedule', () => {
  test.each<[string, ScheduleAt, string]>([
    ['an interval', ScheduleAt.interval(TimeDuration.fromMillis(10)), '001027000000000000'],
    ['a time', ScheduleAt.time(new Timestamp(-1n)), '01ffffffffffffffff'],
  ])('is %s', (_, schedule, hex) => {
    expect(toHex(encode(scheduleAtCodec, schedule))).toBe(hex);
    expect(decode(scheduleAtCodec, fromHex(hex), 'a test')).toStrictEqual(schedule);
    expect(scheduleAtCodec.minSize).toBe(hex.length / 2);
  });

  test('says which of both it is', () => {
    expect(ScheduleAt.interval(new TimeDuration(5n))).toEqual({ tag: 'Interval', value: new TimeDuration(5n) });
    expect(ScheduleAt.time(new Timestamp(5n))).toEqual({ tag: 'Time', value: new Timestamp(5n) });
  });

  test('has no third form', () => {
    expect(() => decode(scheduleAtCodec, fromHex('020000000000000000'), 'a test')).toThrow(
      new ProtocolError('reading ScheduleAt at offset 0 of a test: unknown tag 0x2'),
    );
  });
});
