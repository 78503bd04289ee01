import { decode } from '../bsatn/codec.ts';
import { ProcedureError } from '../errors.ts';
import { checkedMillis } from '../millis.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { type ProcedureResult } from '../wire/server-message.ts';
import { encodeArguments } from './arguments.ts';
import { type ProcedureDefinition } from './definition.ts';
import { type CallOptions, type PendingCall, PendingCalls } from './pending-calls.ts';
import { type CallsOptions } from './reducer-calls.ts';

/** The procedure calls of a client. */
export class ProcedureCalls {
  readonly #options: CallsOptions;
  readonly #pending: PendingCalls<PendingCall<Uint8Array> & { readonly procedure: string }, Uint8Array>;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#pending = new PendingCalls(options.setTimer);
  }

  /** How many answers are outstanding. */
  get size(): number {
    return this.#pending.size;
  }

  /** Calls a procedure; rejects with a {@link ProcedureError}, a `ConnectionError`, a `TimeoutError` or the reason of an abort. */
  async call<Args, Returned>(
    definition: ProcedureDefinition<Args, Returned>,
    args: Args,
    options: CallOptions = {},
  ): Promise<Returned> {
    const { signal, timeoutMs = this.#options.timeoutMs } = options;
    checkedMillis('timeoutMs', timeoutMs);
    signal?.throwIfAborted();
    const bytes = encodeArguments('procedure', definition, args);
    const requestId = this.#options.nextRequestId();
    const message: ClientMessage = { tag: 'CallProcedure', requestId, procedure: definition.name, args: bytes };
    this.#options.send(message, this.#pending.held(requestId));
    const value = await this.#pending.wait(requestId, { timeoutMs, signal }, (ends) => ({
      ...ends,
      name: `procedure ${definition.name}`,
      procedure: definition.name,
    }));
    return decode(definition.returned, value, `result of procedure ${definition.name}`);
  }

  /** An answer came. */
  onResult({ requestId, status }: ProcedureResult): void {
    const call = this.#pending.take(requestId);
    if (call === undefined) return;
    if (status.tag === 'Returned') call.resolve(status.value);
    else call.reject(new ProcedureError(call.procedure, status.message));
  }

  /** The connection broke. */
  failAll(cause: Error): void {
    this.#pending.failAll(cause);
  }
}
