/** A timer that has not fired yet. */
export interface Timer {
  cancel(): void;
}

/** Where the embedded server takes its time from. Times are microseconds since the Unix epoch. */
export interface Clock {
  nowMicros(): bigint;
  /** Calls `fire` once, when the clock shows `atMicros`, or soon if it is later already; never from within this call. */
  setTimer(atMicros: bigint, fire: () => void): Timer;
  /** Returns when the clock shows `atMicros` or later. */
  sleepUntil(atMicros: bigint): void;
}

/** The longest delay of `setTimeout`, in milliseconds. */
const longestDelay = 2 ** 31 - 1;

const systemNow = (): bigint => BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000));

/** Milliseconds until a time, rounded up so that nothing happens early, and at most as many as a timer can take. */
function millisUntil(atMicros: bigint): number {
  return Math.min(Math.max(Number((atMicros - systemNow() + 999n) / 1000n), 0), longestDelay);
}

/**
 * The clock of the system. `sleepUntil` blocks the thread. With `unref` a timer that is waiting does not keep the process alive.
 */
export function systemClock(options: { readonly unref?: boolean } = {}): Clock {
  return {
    nowMicros: systemNow,
    setTimer: (atMicros, fire) => {
      let timeout: NodeJS.Timeout;
      const wait = (): void => {
        timeout = setTimeout(() => (systemNow() < atMicros ? wait() : fire()), millisUntil(atMicros));
        if (options.unref === true) timeout.unref();
      };
      wait();
      return { cancel: () => clearTimeout(timeout) };
    },
    sleepUntil: (atMicros) => {
      const cell = new Int32Array(new SharedArrayBuffer(4));
      while (systemNow() < atMicros) Atomics.wait(cell, 0, 0, millisUntil(atMicros));
    },
  };
}

interface ManualTimer {
  readonly at: bigint;
  readonly fire: () => void;
}

/** A clock for tests: it stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: bigint;
  readonly #timers = new Set<ManualTimer>();

  /** `startMicros`: what it shows at first; 2024-01-01T00:00:00Z by default. */
  constructor(startMicros: bigint = 1_704_067_200_000_000n) {
    this.#now = startMicros;
  }

  nowMicros(): bigint {
    return this.#now;
  }

  setTimer(atMicros: bigint, fire: () => void): Timer {
    const timer = { at: atMicros, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves on and fires the timers that come due, in order of their times; each sees the clock show its time. */
  advance(millis: number): void {
    this.sleepUntil(this.#now + BigInt(Math.round(millis * 1000)));
  }

  /** As `advance`, up to a point in time. */
  sleepUntil(atMicros: bigint): void {
    for (let timer = this.#next(atMicros); timer !== undefined; timer = this.#next(atMicros)) {
      this.#timers.delete(timer);
      if (timer.at > this.#now) this.#now = timer.at;
      timer.fire();
    }
    if (atMicros > this.#now) this.#now = atMicros;
  }

  /** How many timers are waiting. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** The earliest timer due by `atMicros`; of several the one that was set first. */
  #next(atMicros: bigint): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= atMicros && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  }
}
