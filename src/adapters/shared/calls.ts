import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core';

/** A reducer, a procedure, or any function that calls one. */
export type Callable<Args extends readonly unknown[], Result> = (...args: Args) => Promise<Result>;

/** How the calls of a component stand. */
export interface CallState<Result> {
  /** Whether a call is on its way. */
  readonly isPending: boolean;
  /** Whether a call waits in the offline queue for a connection. */
  readonly isQueued: boolean;
  /** What the last call failed with; the next one clears it. */
  readonly error: Error | undefined;
  /** What the last call that succeeded came to. */
  readonly result: Result | undefined;
}

/** A reducer, or whatever else was given to `useCall`, with how its calls stand. */
export interface Call<Args extends readonly unknown[], Result> extends CallState<Result> {
  /** Makes a call. The promise need not be handled: what it rejects with is `error`. */
  readonly call: Callable<Args, Result>;
}

/** A {@link Call} whose state is read when its properties are. */
export function liveCall<Args extends readonly unknown[], Result>(
  state: () => CallState<Result>,
  call: Callable<Args, Result>,
): Call<Args, Result> {
  return {
    call,
    get isPending() {
      return state().isPending;
    },
    get isQueued() {
      return state().isQueued;
    },
    get error() {
      return state().error;
    },
    get result() {
      return state().result;
    },
  };
}

const idle = { isPending: false, isQueued: false, error: undefined, result: undefined };

/** The calls that a component makes, and how they stand. Of several at a time the last one says what came of it. */
export class Calls<Result> {
  readonly #state: Signal<CallState<Result>> = signal(idle);
  #pending = 0;
  #queued = 0;
  #last = 0;

  get state(): ReadonlySignal<CallState<Result>> {
    return this.#state;
  }

  /** Makes calls of `callable`. What one rejects with shows as `error` too, so that nobody has to handle it. */
  of<Args extends readonly unknown[]>(callable: Callable<Args, Result>): Callable<Args, Result> {
    return (...args) => {
      const number = ++this.#last;
      this.#pending++;
      this.#show({ error: undefined });
      const promise = new Promise<Result>((resolve) => resolve(callable(...args)));
      void this.#follow(number, promise);
      return promise;
    };
  }

  async #follow(number: number, promise: Promise<Result>): Promise<void> {
    const outcome = await outcomeOf(promise);
    this.#pending--;
    const isQueued = isWaiting(outcome.result);
    if (isQueued) this.#queued++;
    this.#show(number === this.#last ? outcome : {});
    if (!isWaiting(outcome.result)) return;
    const final = await outcomeOf(outcome.result.settled);
    this.#queued--;
    this.#show(number === this.#last ? final : {});
  }

  #show(change: Partial<CallState<Result>>): void {
    this.#state.value = {
      ...this.#state.peek(),
      isPending: this.#pending > 0,
      isQueued: this.#queued > 0,
      ...change,
    };
  }
}

async function outcomeOf<Result>(
  promise: Promise<Result>,
): Promise<Pick<CallState<Result>, 'error'> & Partial<Pick<CallState<Result>, 'result'>>> {
  try {
    return { error: undefined, result: await promise };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error), { cause: error }) };
  }
}

/** Whether a call was put into the offline queue: its outcome comes later. */
function isWaiting<Result>(result: Result): result is Result & { readonly settled: Promise<Result> } {
  if (typeof result !== 'object' || result === null || !('isPending' in result) || !('settled' in result)) return false;
  return result.isPending === true && result.settled instanceof Promise;
}
