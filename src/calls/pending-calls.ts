import { ConnectionError, TimeoutError } from '../errors.ts';
import { type Deadline, Deadlines, type Timers } from './deadlines.ts';
import { type AwaitedCall } from './pending-call.ts';
import { RequestMap } from './request-map.ts';

/** How long a call may take, and who may end the waiting. */
export interface CallOptions {
  /** In milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting: the promise rejects with `signal.reason`. What was sent is carried out all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** The calls of one kind that are on their way, by request id. */
export class PendingCalls<Call extends AwaitedCall<never>> {
  readonly #calls = new RequestMap<Call>();
  readonly #deadlines: Deadlines;

  constructor(timers: Timers) {
    this.#deadlines = new Deadlines(timers, (deadline) => this.#onLate(deadline));
  }

  /** How many answers are outstanding. */
  get size(): number {
    return this.#calls.size;
  }

  /** Whether an answer under this id is outstanding. */
  has(requestId: number): boolean {
    return this.#calls.has(requestId);
  }

  /**
   * Waits for `answer`, that of the call. The call stays known after a time-out or an abort, because its rows still come with the answer.
   * Its promise rejects with a {@link TimeoutError}, with the reason of an abort, or with what `failAll` is given.
   */
  wait<Answer>(
    call: Call,
    answer: Promise<Answer>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    this.#calls.set(call.requestId, call);
    call.deadline = this.#deadlines.of(timeoutMs);
    if (signal !== undefined) abortWith(signal, call, answer);
    return answer;
  }

  /** The call of this id, which is then no longer known. */
  take(requestId: number): Call | undefined {
    return this.#calls.take(requestId);
  }

  /** The connection broke; `outcome` says what that means for a call. Returns the calls in their order. */
  failAll(cause: Error, outcome = 'it may or may not have been carried out'): readonly Call[] {
    const calls = this.#calls.takeAll();
    for (const call of calls) {
      const message = `${call.action}: the connection broke before the answer came; ${outcome}`;
      call.reject(new ConnectionError(message, { cause }));
    }
    return calls;
  }

  #onLate(deadline: Deadline): void {
    for (const call of this.#calls.values()) {
      if (call.deadline !== deadline) continue;
      call.reject(new TimeoutError(`${call.action}: no answer within ${deadline.timeoutMs} ms`));
    }
  }
}

/** An abort ends the waiting, as long as there is any. */
function abortWith(signal: AbortSignal, call: AwaitedCall<never>, answer: Promise<unknown>): void {
  const onAbort = (): void => call.reject(signal.reason);
  const stopListening = (): void => signal.removeEventListener('abort', onAbort);
  signal.addEventListener('abort', onAbort);
  answer.then(stopListening, stopListening);
}
