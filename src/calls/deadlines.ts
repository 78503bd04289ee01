/** Where timers are from. */
export interface Timers {
  /** Calls back after so many milliseconds; returns what cancels it. */
  setTimer(millis: number, callback: () => void): () => void;
}

/**
 * When calls are late. Calls that are made in one turn, before its microtasks run, and may take equally long, share a timer: one of its own is a good part
 * of what a call costs. So the time of each runs from the first of them on; asking a clock with every call, which a turn that blocks for so long would take,
 * costs more than it is worth: no answer is read before such a turn has ended.
 */
export class Deadlines {
  readonly #timers: Timers;
  readonly #onLate: (deadline: Deadline) => void;
  /** The deadline that calls of this turn share. */
  #current: Deadline | undefined;
  readonly #endTurn = (): void => {
    this.#current = undefined;
  };

  /** `onLate` is told of each deadline that has passed with calls that have not ended. */
  constructor(timers: Timers, onLate: (deadline: Deadline) => void) {
    this.#timers = timers;
    this.#onLate = onLate;
  }

  /** When the call is late, in milliseconds from now; undefined for `Infinity`. */
  of(timeoutMs: number): Deadline | undefined {
    const current = this.#current;
    return current?.timeoutMs === timeoutMs && current.join() ? current : this.#begin(timeoutMs);
  }

  #begin(timeoutMs: number): Deadline | undefined {
    if (timeoutMs === Infinity) return undefined;
    if (this.#current === undefined) queueMicrotask(this.#endTurn);
    const deadline = new Deadline(timeoutMs, this.#timers, this.#onLate);
    this.#current = deadline;
    return deadline;
  }
}

/** When some calls are late. */
export class Deadline {
  /** How long they may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly #cancelTimer: () => void;
  #waiting = 1;

  /** Begins with one call. */
  constructor(timeoutMs: number, timers: Timers, onLate: (deadline: Deadline) => void) {
    this.timeoutMs = timeoutMs;
    this.#cancelTimer = timers.setTimer(timeoutMs, () => onLate(this));
  }

  /** Another call shares it; not where all of its calls have ended. */
  join(): boolean {
    if (this.#waiting === 0) return false;
    this.#waiting++;
    return true;
  }

  /** One of its calls has ended. */
  leave(): void {
    if (--this.#waiting === 0) this.#cancelTimer();
  }
}
