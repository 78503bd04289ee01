import { type PendingTimer, TimerQueue } from './timer-queue.ts';

/** A timer that has not fired yet. */
export interface Timer {
  /** The timer will not fire. */
  cancel(): void;
}

/** Where the embedded server takes its time from. Times are microseconds since the Unix epoch. */
export interface Clock {
  /** The time, in microseconds since the Unix epoch. */
  nowMicros(): bigint;
  /** Calls `fire` once, when the clock shows `atMicros`, or soon if it is later already; never from within this call. */
  setTimer(atMicros: bigint, fire: () => void): Timer;
  /** Puts the clock forward by `millis` milliseconds and fires the timers that come due, in order of their times; each sees the clock show its time. */
  advance(millis: number): void;
}

/** The longest delay of `setTimeout`, in milliseconds. */
const longestDelay = 2 ** 31 - 1;

/** How far the time of the system may be ahead before a clock follows it, in milliseconds. */
const toleratedLead = 1000;

/** Milliseconds since the Unix epoch, in steps of much less than one. Unlike the time of the system it does not jump; on some systems it stands still while the machine sleeps. */
const steadyNow = (): number => performance.timeOrigin + performance.now();

/** The clock of the system. With `unref` a timer that is waiting does not keep the process alive. */
export function systemClock(options: { readonly unref?: boolean } = {}): Clock {
  return new SystemClock(options.unref ?? false);
}

interface ClockTimer extends PendingTimer {
  readonly fire: () => void;
}

interface SystemTimer extends ClockTimer {
  timeout: NodeJS.Timeout | undefined;
}

class SystemClock implements Clock {
  readonly #unref: boolean;
  readonly #timers = new TimerQueue<SystemTimer>();
  /** How far ahead of the system this clock was put, in microseconds. */
  #ahead = 0n;
  /** How far the time of the system went ahead of the steady one, in milliseconds. */
  #lead = 0;

  constructor(unref: boolean) {
    this.#unref = unref;
  }

  /** Never goes back. */
  nowMicros(): bigint {
    let steady = steadyNow() + this.#lead;
    const missing = Date.now() - steady;
    if (missing > toleratedLead) {
      this.#lead += missing;
      steady += missing;
      this.#waitAnew();
    }
    return BigInt(Math.floor(steady * 1000)) + this.#ahead;
  }

  setTimer(atMicros: bigint, fire: () => void): Timer {
    const timer: SystemTimer = { at: atMicros, fire, timeout: undefined };
    this.#timers.add(timer);
    this.#wait(timer);
    return { cancel: () => this.#forget(timer) };
  }

  advance(millis: number): void {
    const end = this.nowMicros() + BigInt(Math.round(millis * 1000));
    for (let timer = this.#timers.take(end); timer !== undefined; timer = this.#timers.take(end)) {
      clearTimeout(timer.timeout);
      this.#showAtLeast(timer.at);
      timer.fire();
    }
    this.#showAtLeast(end);
    this.#waitAnew();
  }

  /** The time made a jump. */
  #waitAnew(): void {
    for (const timer of this.#timers) this.#wait(timer);
  }

  #showAtLeast(micros: bigint): void {
    const missing = micros - this.nowMicros();
    if (missing > 0n) this.#ahead += missing;
  }

  #wait(timer: SystemTimer): void {
    // Whoever looks at the clock may have all timers wait anew.
    const millis = this.#millisUntil(timer.at);
    clearTimeout(timer.timeout);
    timer.timeout = setTimeout(() => {
      if (this.nowMicros() < timer.at) {
        this.#wait(timer);
        return;
      }
      this.#forget(timer);
      timer.fire();
    }, millis);
    // In the window that a test runner makes of a page, a timer is a number.
    if (this.#unref && typeof timer.timeout === 'object') timer.timeout.unref();
  }

  #forget(timer: SystemTimer): void {
    this.#timers.delete(timer);
    clearTimeout(timer.timeout);
  }

  /** Rounded up so that nothing happens early, and at most as many as a timer can take. */
  #millisUntil(atMicros: bigint): number {
    return Math.min(Math.max(Number((atMicros - this.nowMicros() + 999n) / 1000n), 0), longestDelay);
  }
}

/** A clock for tests: it stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: bigint;
  readonly #timers = new TimerQueue<ClockTimer>();

  /** `startMicros`: what it shows at first; 2024-01-01T00:00:00Z by default. */
  constructor(startMicros: bigint = 1_704_067_200_000_000n) {
    this.#now = startMicros;
  }

  /** The time that it was set to, in microseconds since the Unix epoch. */
  nowMicros(): bigint {
    return this.#now;
  }

  setTimer(atMicros: bigint, fire: () => void): Timer {
    const timer = { at: atMicros, fire };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  advance(millis: number): void {
    this.sleepUntil(this.#now + BigInt(Math.round(millis * 1000)));
  }

  /** As `advance`, up to a point in time. */
  sleepUntil(atMicros: bigint): void {
    for (let timer = this.#timers.take(atMicros); timer !== undefined; timer = this.#timers.take(atMicros)) {
      if (timer.at > this.#now) this.#now = timer.at;
      timer.fire();
    }
    if (atMicros > this.#now) this.#now = atMicros;
  }

  /** How many timers are waiting. */
  get pendingTimers(): number {
    return this.#timers.size;
  }
}
