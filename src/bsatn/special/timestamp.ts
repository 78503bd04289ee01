import { type Codec } from '../codec.ts';
import { Printed } from './printed.ts';
import { TimeDuration } from './time-duration.ts';

const microsPerMilli = 1000n;
/** How far a `Date` reaches, in microseconds before and after the epoch. */
const dateRange = 8_640_000_000_000_000_000n;
/** Date and time, fraction of the second, offset; whether the first is one shows when it is printed again. */
const isoForm = /^(.+?)(?:\.(\d{1,6}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A point in time: whole microseconds since 1970-01-01T00:00:00Z, before it negative. */
export class Timestamp extends Printed {
  /** Microseconds since the Unix epoch. */
  readonly micros: bigint;

  /** Throws a `RangeError` when `micros` does not fit a signed 64-bit number. */
  constructor(micros: bigint) {
    super();
    if (BigInt.asIntN(64, micros) !== micros)
      throw new RangeError(`a timestamp has 64 bits of microseconds: ${micros}`);
    this.micros = micros;
  }

  /** The Unix epoch. */
  static readonly epoch: Timestamp = /*@__PURE__*/ new Timestamp(0n);

  /** The present, to the millisecond. */
  static now(): Timestamp {
    return Timestamp.fromDate(new Date());
  }

  /** Exact: a `Date` counts whole milliseconds. Throws a `RangeError` for an invalid date. */
  static fromDate(date: Date): Timestamp {
    return new Timestamp(BigInt(date.getTime()) * microsPerMilli);
  }

  /**
   * From RFC 3339 with an offset, such as `2025-02-10T15:45:30.123456Z`; up to six digits of a second. Years outside 0 to 9999 have a
   * sign and six digits, as `Date` writes them. Throws a `SyntaxError` for anything else, days that a month has not included.
   */
  static fromISOString(text: string): Timestamp {
    const [, local = '', fraction = '', offset = ''] = isoForm.exec(text) ?? [];
    const millis = Date.parse(`${local}Z`);
    // `Date.parse` takes February 30th for March 2nd, and 24:00 for the next day.
    if (Number.isNaN(millis) || new Date(millis).toISOString() !== `${local}.000Z`) {
      throw new SyntaxError(`not a time in RFC 3339 form with an offset: ${JSON.stringify(text.slice(0, 100))}`);
    }
    // The offset by itself: together with the time it could lie beyond what a `Date` can hold.
    const inUtc = BigInt(millis + Date.parse(`1970-01-01T00:00:00${offset}`));
    return new Timestamp(inUtc * microsPerMilli + BigInt(fraction.padEnd(6, '0')));
  }

  /** As a `Date`, rounded down to the millisecond. Throws a `RangeError` beyond what a `Date` can hold. */
  toDate(): Date {
    const millis = this.micros / microsPerMilli;
    // A division of `bigint` rounds towards zero.
    const date = new Date(Number(this.micros < millis * microsPerMilli ? millis - 1n : millis));
    if (Number.isNaN(date.getTime())) throw new RangeError(`${this.micros} microseconds are beyond the range of Date`);
    return date;
  }

  /** RFC 3339 in UTC with six digits of a second: exact. Throws a `RangeError` beyond what a `Date` can hold. */
  toISOString(): string {
    const date = this.toDate();
    const rest = this.micros - BigInt(date.getTime()) * microsPerMilli;
    return date.toISOString().replace('Z', `${rest.toString().padStart(3, '0')}Z`);
  }

  /** Milliseconds since the Unix epoch with the microseconds as fraction; the nearest number up to the year 2255. */
  toMillis(): number {
    return Number(this.micros) / 1000;
  }

  /** The time from `earlier` to this; negative when `earlier` is later. Throws a `RangeError` when the difference does not fit. */
  since(earlier: Timestamp): TimeDuration {
    return new TimeDuration(this.micros - earlier.micros);
  }

  /** This moved by `duration`. Throws a `RangeError` when the sum does not fit. */
  plus(duration: TimeDuration): Timestamp {
    return new Timestamp(this.micros + duration.micros);
  }

  /** Whether both are the same microsecond. */
  equals(other: Timestamp): boolean {
    return this.micros === other.micros;
  }

  /** As {@link toISOString}; beyond what a `Date` can hold the microseconds, such as `9223372036854775807us`. Never throws. */
  override toString(): string {
    const isInRange = this.micros >= -dateRange && this.micros <= dateRange;
    return isInRange ? this.toISOString() : `${this.micros}us`;
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString();
  }
}

/** Product `{__timestamp_micros_since_unix_epoch__: I64}`. */
export const timestampCodec: Codec<Timestamp> = {
  read: (reader) => new Timestamp(reader.i64()),
  write: (writer, timestamp) => writer.i64(timestamp.micros),
  minSize: 8,
  fixedSize: 8,
};
