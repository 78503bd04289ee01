import { type Clock } from '../../src/platform/clock.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  /** What timers go by, which nobody can set. */
  #elapsed = 0;
  #offset: number;
  readonly #timers = new Set<Timer>();

  /** `now`: milliseconds since the Unix epoch. */
  constructor(now = 1_000_000) {
    this.#offset = now;
  }

  /** How many timers have neither fired nor been cancelled. */
  get openTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#offset + this.#elapsed;
  }

  setTimer(millis: number, callback: () => void): () => void {
    // As in JavaScript, where no timer fires in the millisecond that it was made in.
    const timer = { due: this.#elapsed + Math.max(1, millis), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass, and fires what is due on the way: in the order of its time, and of its making where that is the same. */
  advance(millis: number): void {
    const end = this.#elapsed + millis;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#elapsed = timer.due;
      timer.callback();
    }
    this.#elapsed = end;
  }

  /** Sets the time without letting any pass, as a user or a time server does. */
  jump(millis: number): void {
    this.#offset += millis;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
