import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { type Call, type Callable, type CallState } from './vocabulary.ts';

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

  /** Makes a call. What it rejects with shows as `error` too, so that nobody has to handle it. */
  run(call: () => Promise<Result>): Promise<Result> {
    const number = ++this.#last;
    this.#pending++;
    this.#show({ error: undefined });
    const promise = new Promise<Result>((resolve) => resolve(call()));
    void this.#follow(number, promise);
    return promise;
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
