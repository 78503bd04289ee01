import { decode } from '../bsatn/codec.ts';
import { ProcedureError } from '../errors.ts';
import { checkedMillis } from '../millis.ts';
import { type ProcedureResult } from '../wire/server-message.ts';
import { encodeArguments, rejection } from './arguments.ts';
import { type ProcedureDefinition } from './definition.ts';
import { type CallOptions, type HeldCalls, PendingCall, PendingCalls } from './pending-calls.ts';
import { type CallMessage, type CallsOptions } from './reducer-calls.ts';

/** A procedure call that is on its way. */
class ProcedureCall extends PendingCall<Uint8Array> {
  readonly procedure: string;

  constructor(procedure: string) {
    super();
    this.procedure = procedure;
  }
}

/** The procedure calls of a client. */
export class ProcedureCalls implements HeldCalls {
  readonly #options: CallsOptions;
  readonly #pending: PendingCalls<ProcedureCall, Uint8Array>;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#pending = new PendingCalls(options.setTimer, ({ procedure }) => `procedure ${procedure}`);
  }

  /** How many answers are outstanding. */
  get size(): number {
    return this.#pending.size;
  }

  /** Calls a procedure; rejects with a {@link ProcedureError}, a `ConnectionError`, a `TimeoutError` or the reason of an abort. */
  call<Args, Returned>(
    definition: ProcedureDefinition<Args, Returned>,
    args: Args,
    options: CallOptions = {},
  ): Promise<Returned> {
    return this.#call(definition, args, options).catch(rejection);
  }

  async #call<Args, Returned>(
    definition: ProcedureDefinition<Args, Returned>,
    args: Args,
    options: CallOptions,
  ): Promise<Returned> {
    const { signal, timeoutMs = this.#options.timeoutMs } = options;
    checkedMillis('timeoutMs', timeoutMs);
    signal?.throwIfAborted();
    const bytes = encodeArguments('procedure', definition, args);
    const requestId = this.#options.nextRequestId();
    const message: CallMessage = { tag: 'CallProcedure', requestId, procedure: definition.name, args: bytes };
    this.#options.send(message, this);
    const call = new ProcedureCall(definition.name);
    this.#pending.wait(requestId, call, timeoutMs, signal);
    const value = await call.answer;
    return decode(definition.returned, value, `result of procedure ${definition.name}`);
  }

  isWanted(requestId: number): boolean {
    return this.#pending.isWanted(requestId);
  }

  forget(requestId: number): void {
    this.#pending.take(requestId);
  }

  /** An answer came. */
  onResult({ requestId, status }: ProcedureResult): void {
    const call = this.#pending.take(requestId);
    if (call === undefined) return;
    if (status.tag === 'Returned') return call.resolve(status.value);
    call.reject(new ProcedureError(call.procedure, status.message));
    this.#options.onInternalError(status.message);
  }

  /** The connection broke. */
  failAll(cause: Error): void {
    this.#pending.failAll(cause);
  }
}

/** Makes the procedure calls of a client. */
export function createProcedureCalls(options: CallsOptions): ProcedureCalls {
  return new ProcedureCalls(options);
}
