import { type ReadonlySignal, signal } from '@preact/signals-core';

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
  #state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  #pending = newPending();
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
    this.#state = 'fulfilled';
    this.#pending.resolve();
    this.#isFulfilled.value = true;
  }

  /** The query set that was to fill the table failed. Changes nothing once another one was applied. */
  markFailed(error: unknown): void {
    if (this.#state !== 'pending') return;
    this.#state = 'rejected';
    this.#pending.reject(error);
  }

  /** A new query set names the table: after a failure there is a new promise to wait for. */
  restart(): void {
    if (this.#state !== 'rejected') return;
    this.#state = 'pending';
    this.#pending = newPending();
  }
}

interface Pending {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const nothing = (): void => undefined;

function newPending(): Pending {
  let resolve: () => void = nothing;
  let reject: (error: unknown) => void = nothing;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(nothing);
  return { promise, resolve, reject };
}
