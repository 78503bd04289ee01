import { type Codec } from '../codec.ts';
import { Printed } from './printed.ts';

/** A span of time in whole microseconds; it may be negative. */
export class TimeDuration extends Printed {
  /** Microseconds. */
  readonly micros: bigint;

  /** Throws a `RangeError` when `micros` does not fit a signed 64-bit number. */
  constructor(micros: bigint) {
    super();
    if (BigInt.asIntN(64, micros) !== micros) throw new RangeError(`a duration has 64 bits of microseconds: ${micros}`);
    this.micros = micros;
  }

  /** From milliseconds, to the nearest microsecond. Throws a `RangeError` for NaN and infinities. */
  static fromMillis(millis: number): TimeDuration {
    return new TimeDuration(BigInt(Math.round(millis * 1000)));
  }

  /** Milliseconds with the microseconds as fraction. */
  toMillis(): number {
    return Number(this.micros) / 1000;
  }

  /** Whether both are equally long. */
  equals(other: TimeDuration): boolean {
    return this.micros === other.micros;
  }

  /** Seconds with six digits, such as `-0.010000s`. */
  override toString(): string {
    const magnitude = (this.micros < 0n ? -this.micros : this.micros).toString().padStart(7, '0');
    return `${this.micros < 0n ? '-' : ''}${magnitude.slice(0, -6)}.${magnitude.slice(-6)}s`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }
}

/** Product `{__time_duration_micros__: I64}`. */
export const timeDurationCodec: Codec<TimeDuration> = {
  read: (reader) => new TimeDuration(reader.i64()),
  write: (writer, duration) => writer.i64(duration.micros),
  minSize: 8,
  fixedSize: 8,
};
