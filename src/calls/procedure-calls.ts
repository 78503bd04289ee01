import { decode } from '../bsatn/codec.ts';
import { ProcedureError } from '../errors.ts';
import { checkedMillis } from '../millis.ts';
import { checkCallNames } from '../option-names.ts';
import { type ProcedureResult } from '../wire/server-message.ts';
import { rejection } from './arguments.ts';
import { type ProcedureDefinition } from './definition.ts';
import { type AwaitedCall, type HeldCalls, PendingCall } from './pending-call.ts';
import { type CallOptions, PendingCalls } from './pending-calls.ts';
import { type CallsHost } from './reducer-calls.ts';

/** The procedure calls of a client. */
export class ProcedureCalls implements HeldCalls {
  /** The calls whose answers are outstanding. */
  readonly pending: PendingCalls<AwaitedCall<Uint8Array>>;
  readonly #host: CallsHost;

  constructor(host: CallsHost) {
    this.#host = host;
    this.pending = new PendingCalls(host.clock);
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
    checkCallNames(definition.action, options, ['timeoutMs', 'signal']);
    const { signal, timeoutMs = this.#host.callTimeoutMs } = options;
    checkedMillis('timeoutMs', timeoutMs);
    signal?.throwIfAborted();
    const requestId = this.#host.ids.nextRequestId();
    const call = new PendingCall<Args, Uint8Array>(definition, args, requestId);
    this.#host.sendCall(call, this);
    const value = await this.pending.wait(call, call.answer(), timeoutMs, signal);
    return decode(definition.returned, value, `result of procedure ${definition.name}`);
  }

  forget(requestId: number): void {
    this.pending.take(requestId);
  }

  /** An answer came. */
  onResult({ requestId, status }: ProcedureResult): void {
    const call = this.pending.take(requestId);
    if (call === undefined) return;
    if (status.tag === 'Returned') return call.resolve(status.value);
    call.reject(new ProcedureError(call.name, status.message));
    this.#host.onInternalError(status.message);
  }

  /** The connection broke. */
  failAll(cause: Error): void {
    this.pending.failAll(cause);
  }
}

/** Makes the procedure calls of a client. */
export function createProcedureCalls(host: CallsHost): ProcedureCalls {
  return new ProcedureCalls(host);
}
