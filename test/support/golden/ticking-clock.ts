import { type Clock, ManualClock, type Timer } from '../../../src/embedded/clock.ts';

/** A clock that stands still but for a microsecond each time it is looked at, so that no two calls have the same time. */
export class TickingClock implements Clock {
  readonly #clock = new ManualClock();
  #looks = 0n;

  nowMicros(): bigint {
    this.#looks++;
    return this.#clock.nowMicros() + this.#looks;
  }

  setTimer(atMicros: bigint, fire: () => void): Timer {
    return this.#clock.setTimer(atMicros, fire);
  }

  sleepUntil(atMicros: bigint): void {
    this.#clock.sleepUntil(atMicros);
  }

  advance(millis: number): void {
    this.#clock.advance(millis);
  }
}
