/** What waits for a time. */
export interface PendingTimer {
  /** Microseconds since the Unix epoch. */
  readonly at: bigint;
}

interface Entry<Timer extends PendingTimer> {
  readonly timer: Timer;
  /** Of several of the same time the one that was added first is the first. */
  readonly order: number;
}

/** Timers by their times, the earliest first. */
export class TimerQueue<Timer extends PendingTimer> {
  readonly #entries: Entry<Timer>[] = [];
  readonly #orders = new Map<Timer, number>();
  #lastOrder = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** All of them, in the order of their times; must not be changed meanwhile. */
  *[Symbol.iterator](): Generator<Timer> {
    for (const { timer } of this.#entries) yield timer;
  }

  add(timer: Timer): void {
    const entry = { timer, order: ++this.#lastOrder };
    this.#orders.set(timer, entry.order);
    this.#entries.splice(this.#placeOf(timer, entry.order), 0, entry);
  }

  /** Takes a timer out, if it is there. */
  delete(timer: Timer): void {
    const order = this.#orders.get(timer);
    if (order === undefined) return;
    this.#orders.delete(timer);
    this.#entries.splice(this.#placeOf(timer, order), 1);
  }

  /** Takes the earliest timer out that is due by `end`. */
  take(end: bigint): Timer | undefined {
    const timer = this.#entries[0]?.timer;
    if (timer === undefined || timer.at > end) return undefined;
    this.#entries.shift();
    this.#orders.delete(timer);
    return timer;
  }

  /** Where a timer stands, or would. */
  #placeOf({ at }: Timer, order: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && (entry.timer.at < at || (entry.timer.at === at && entry.order < order)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
