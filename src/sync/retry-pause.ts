import { type Clock } from '../platform/clock.ts';

const firstMs = 5000;
const longestMs = 60_000;

/** The pause after which something that failed is tried again: 5 s, twice as long after each further failure, 60 s at most. */
export class RetryPause {
  readonly #clock: Clock;
  #failures = 0;
  #current: { readonly until: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When it ends, in milliseconds since the Unix epoch; undefined where there is none. */
  get until(): number | undefined {
    return this.#current?.until;
  }

  /** Whether the last attempt failed. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Something failed: `retry` is called at the end of the pause. */
  begin(retry: () => void): void {
    this.cut();
    const delayMs = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#current = undefined;
      retry();
    });
    this.#current = { until: this.#clock.now() + delayMs, cancel };
  }

  /** Ends the pause now, and calls nobody. */
  cut(): void {
    this.#current?.cancel();
    this.#current = undefined;
  }

  /** Ends the pause, and forgets the failures. */
  reset(): void {
    this.cut();
    this.#failures = 0;
  }
}
