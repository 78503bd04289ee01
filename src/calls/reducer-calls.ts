import { stringCodec } from '../bsatn/basic-codecs.ts';
import { decode } from '../bsatn/codec.ts';
import { decodeUtf8Lossy } from '../bsatn/utf-8.ts';
import { ReducerError } from '../errors.ts';
import { type RequestIds } from '../ids.ts';
import { checkedMillis } from '../millis.ts';
import { type ReducerResult } from '../wire/server-message.ts';
import { rejection } from './arguments.ts';
import { type Timers } from './deadlines.ts';
import { type ReducerDefinition } from './definition.ts';
import { type AwaitedCall, type HeldCalls, PendingCall, type SendableCall } from './pending-call.ts';
import { type CallOptions, PendingCalls } from './pending-calls.ts';
import { committedResult, type TransactionResult } from './result.ts';

/** A reducer call that is on its way. `Attached` is what its caller wants back with the answer. */
export interface ReducerCall<Attached = undefined> {
  /** Of the reducer, on the wire. */
  readonly name: string;
  /** The arguments as the caller gave them. */
  readonly args: unknown;
  readonly argsBytes: Uint8Array;
  readonly attached: Attached | undefined;
  /** The id of the call in the offline queue, where it is in there. */
  readonly mutationId?: string;
  resolve(result: TransactionResult): void;
  reject(error: unknown): void;
}

/** How the server answered a call: its result, or the error that its promise rejects with. */
export type ReducerAnswer = TransactionResult | ReducerError;

/** Who makes calls. */
export interface CallsHost {
  readonly ids: RequestIds;
  readonly clock: Timers;
  /** In milliseconds, where a call does not say otherwise. */
  readonly callTimeoutMs: number;
  /** Sends now or, while rows are being reconciled, right afterwards. Throws a `ConnectionError` without a connection. */
  sendCall(call: SendableCall, calls: HeldCalls): void;
  /** The server could not run a call, or would not; `message` is its own text. */
  onInternalError(message: string): void;
}

/** Who is told of the calls that are under way. */
export interface ReducerCallHooks<Attached> {
  /** A call that something is attached to was handed over to be sent; `call` has not returned yet. */
  readonly onMade: (call: ReducerCall<Attached>) => void;
  /** A call will never be sent: nobody waited for it any more. */
  readonly onForgotten: (call: ReducerCall<Attached>) => void;
}

/** The reducer calls of a client. */
export class ReducerCalls<Attached> implements HeldCalls {
  /** The calls whose answers are outstanding. */
  readonly pending: PendingCalls<ReducerCall<Attached> & AwaitedCall<TransactionResult>>;
  readonly #host: CallsHost;
  readonly #hooks: ReducerCallHooks<Attached>;

  constructor(host: CallsHost, hooks: ReducerCallHooks<Attached>) {
    this.#host = host;
    this.#hooks = hooks;
    this.pending = new PendingCalls(host.clock);
  }

  /** Calls a reducer; rejects with a {@link ReducerError}, a `ConnectionError`, a `TimeoutError` or the reason of an abort. */
  call<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    options?: CallOptions,
    attached?: Attached,
  ): Promise<TransactionResult> {
    // Not `async`: a second promise around that of the answer is a good part of what a call costs.
    try {
      const timeoutMs = checkedMillis('timeoutMs', options?.timeoutMs ?? this.#host.callTimeoutMs);
      options?.signal?.throwIfAborted();
      const requestId = this.#host.ids.nextRequestId();
      const call = new PendingCall<Args, TransactionResult, Attached>(definition, args, requestId, attached);
      this.#host.sendCall(call, this);
      const answer = this.pending.wait(call, call.answer(), timeoutMs, options?.signal);
      if (attached !== undefined) this.#hooks.onMade(call);
      return answer;
    } catch (error) {
      return rejection(error);
    }
  }

  forget(requestId: number): void {
    const call = this.take(requestId);
    if (call !== undefined) this.#hooks.onForgotten(call);
  }

  /** The call that a result answers. */
  take(requestId: number): ReducerCall<Attached> | undefined {
    return this.pending.take(requestId);
  }

  /** The connection broke. Returns the calls that were under way, in their order. */
  failAll(cause: Error): readonly ReducerCall<Attached>[] {
    return this.pending.failAll(cause);
  }
}

/** Shared: making typed arrays keeps the garbage collector busy. */
const nothing = new Uint8Array(0);

/** What the answer means for the caller. `OkEmpty` is `Ok` with nothing in it. */
export function answerOf(
  call: Pick<ReducerCall, 'name' | 'mutationId'>,
  { requestId, timestamp, outcome }: ReducerResult,
): ReducerAnswer {
  switch (outcome.tag) {
    case 'Ok':
    case 'OkEmpty': {
      const returnValue = outcome.tag === 'Ok' ? outcome.returnValue : nothing;
      return committedResult({ requestId, timestamp, returnValue, mutationId: call.mutationId });
    }
    case 'Err':
      return new ReducerError(call.name, 'failed', errorText(outcome.error), outcome.error);
    case 'InternalError': {
      const bytes = new TextEncoder().encode(outcome.message);
      return new ReducerError(call.name, 'internalError', outcome.message, bytes);
    }
  }
}

/** The BSATN string in the bytes; the bytes as lossy UTF-8 where they are none. */
function errorText(bytes: Uint8Array): string {
  try {
    return decode(stringCodec, bytes, 'error of a reducer');
  } catch {
    return decodeUtf8Lossy(bytes);
  }
}
