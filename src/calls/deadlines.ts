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
  readonly #onLate: (requestId: number, deadline: Deadline) => void;
  /** The deadline that calls of this turn share. */
  #current: Deadline | undefined;
  readonly #endTurn = (): void => {
    this.#current = undefined;
  };

  /** `onLate` is told of every request id from the first to the last of a deadline that has passed: also of calls that have ended, and of others of that turn. */
  constructor(timers: Timers, onLate: (requestId: number, deadline: Deadline) => void) {
    this.#timers = timers;
    this.#onLate = onLate;
  }

  /** When the call is late, in milliseconds from now; undefined for `Infinity`. Request ids count up. */
  of(requestId: number, timeoutMs: number): Deadline | undefined {
    if (timeoutMs === Infinity) return undefined;
    const current = this.#current;
    if (current?.timeoutMs === timeoutMs && current.isWaited) {
      current.add(requestId);
      return current;
    }
    if (current === undefined) queueMicrotask(this.#endTurn);
    const deadline = new Deadline(timeoutMs, requestId, this.#timers, this.#onLate);
    this.#current = deadline;
    return deadline;
  }
}

/** When some calls are late. */
export class Deadline {
  /** How long they may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly #firstRequestId: number;
  #lastRequestId: number;
  readonly #cancelTimer: () => void;
  #waiting = 1;

  /** Begins with one call. */
  constructor(
    timeoutMs: number,
    requestId: number,
    timers: Timers,
    onLate: (requestId: number, deadline: Deadline) => void,
  ) {
    this.timeoutMs = timeoutMs;
    this.#firstRequestId = requestId;
    this.#lastRequestId = requestId;
    this.#cancelTimer = timers.setTimer(timeoutMs, () => {
      for (let id = this.#firstRequestId; id <= this.#lastRequestId; id++) onLate(id, this);
    });
  }

  /** Whether any of its calls has not ended. */
  get isWaited(): boolean {
    return this.#waiting > 0;
  }

  /** Another call shares it. */
  add(requestId: number): void {
    this.#lastRequestId = requestId;
    this.#waiting++;
  }

  /** One of its calls has ended. */
  leave(): void {
    if (--this.#waiting === 0) this.#cancelTimer();
  }
}
