import { type ReadonlySignal, signal } from '@preact/signals-core';
import { deferred } from '../deferred.ts';

/**
 * Whether the first batch of a table is here, as the promise behind `table.subscribed`.
 *
 * ```text
 * pending ──markSubscribed──► fulfilled, for good
 *    │  ▲
 *    │  └──────restart──────┐
 *    └────markFailed────► rejected
 * ```
 */
export class TableSubscription {
  #pending = deferred<void>();
  #isRejected = false;
  readonly #isFulfilled = signal(false);

  /** Fulfilled by the first query set that fills the table. Nobody has to handle its rejection. */
  get promise(): Promise<void> {
    return this.#pending.promise;
  }

  /** Whether the promise is fulfilled, as a signal. */
  get isFulfilled(): ReadonlySignal<boolean> {
    return this.#isFulfilled;
  }

  /** A query set that names the table was applied. Throws what an effect of somebody else throws. */
  markSubscribed(): void {
    this.restart();
    this.#pending.resolve();
    this.#isFulfilled.value = true;
  }

  /** The query set that was to fill the table failed. Changes nothing once another one was applied. */
  markFailed(error: unknown): void {
    if (this.#isFulfilled.peek()) return;
    this.#isRejected = true;
    this.#pending.reject(error);
  }

  /** A new query set names the table: after a failure there is a new promise to wait for. */
  restart(): void {
    if (!this.#isRejected) return;
    this.#isRejected = false;
    this.#pending = deferred();
  }
}
