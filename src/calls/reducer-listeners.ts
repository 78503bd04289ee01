import { decode } from '../bsatn/codec.ts';
import { type ListenerOptions, Listeners, type Unsubscribe } from '../listeners.ts';
import { type ReducerDefinition } from './definition.ts';

/** An own call that got an answer. */
interface AnsweredCall<Context> {
  readonly context: Context;
  readonly argsBytes: Uint8Array;
}

/** Who wants to hear of this client's own calls, by reducer. */
export class ReducerListeners<Context> {
  readonly #onError: (error: unknown) => void;
  readonly #byReducer = new Map<string, Listeners<AnsweredCall<Context>>>();

  /** `onError` takes what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Calls `listener` after every own call of the reducer that got an answer. */
  add<Args>(
    definition: ReducerDefinition<Args>,
    listener: (context: Context, args: Args) => void,
    options?: ListenerOptions,
  ): Unsubscribe {
    const listeners = this.#byReducer.get(definition.name) ?? new Listeners(this.#onError);
    this.#byReducer.set(definition.name, listeners);
    // Each listener gets arguments of its own, so that none can change what the next one sees.
    return listeners.add(({ context, argsBytes }) => {
      listener(context, decode(definition.args, argsBytes, `arguments of reducer ${definition.name}`));
    }, options);
  }

  /** Whether anybody listens to `reducer`. */
  has(reducer: string): boolean {
    return this.#byReducer.get(reducer)?.isEmpty === false;
  }

  /** Tells the listeners of `reducer`. */
  notify(reducer: string, context: Context, argsBytes: Uint8Array): void {
    this.#byReducer.get(reducer)?.notify({ context, argsBytes });
  }
}
