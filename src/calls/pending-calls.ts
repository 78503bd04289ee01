import { ConnectionError, TimeoutError } from '../errors.ts';

/** How long a call may take, and who may end the waiting. */
export interface CallOptions {
  /** In milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  /** Ends the waiting: the promise rejects with `signal.reason`. What was sent is carried out all the same. */
  readonly signal?: AbortSignal;
}

/** A timer, in milliseconds; returns what cancels it. */
export type SetTimer = (millis: number, callback: () => void) => () => void;

/** A call whose answer is outstanding. */
export interface PendingCall<Answer> {
  /** Such as `reducer say`. */
  readonly name: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** A call that may have to wait before it is sent. */
export interface HeldCall {
  /** Whether anybody still waits for the answer: a call that was aborted before it was sent need not be sent. */
  readonly isWanted: () => boolean;
  /** It will not be sent. */
  readonly forget: () => void;
}

/** The calls of one kind that are on their way, by request id. */
export class PendingCalls<Call extends PendingCall<Answer>, Answer> {
  readonly #calls = new Map<number, Call>();
  /** Calls that nobody waits for any more. */
  readonly #abandoned = new Set<number>();
  readonly #setTimer: SetTimer;

  constructor(setTimer: SetTimer) {
    this.#setTimer = setTimer;
  }

  /** How many answers are outstanding. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Waits for the answer to `requestId`. The call stays known after a time-out or an abort, because its rows still come with the answer.
   * `onKnown` is told of it at once. Rejects with a {@link TimeoutError}, with the reason of an abort, or with what `failAll` is given.
   */
  wait(
    requestId: number,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
    make: (ends: Pick<PendingCall<Answer>, 'resolve' | 'reject'>) => Call,
    onKnown: (call: Call) => void = () => undefined,
  ): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const { timeoutMs, signal } = options;
      const abandon = (reason: unknown): void => {
        this.#abandoned.add(requestId);
        end(() => reject(reason));
      };
      const onAbort = (): void => abandon(signal?.reason);
      const cancelTimer = Number.isFinite(timeoutMs)
        ? this.#setTimer(timeoutMs, () => abandon(new TimeoutError(`${call.name}: no answer within ${timeoutMs} ms`)))
        : () => undefined;
      const end = (settle: () => void): void => {
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      signal?.addEventListener('abort', onAbort);
      const call = make({
        resolve: (answer) => end(() => resolve(answer)),
        reject: (error) => end(() => reject(error)),
      });
      this.#calls.set(requestId, call);
      onKnown(call);
    });
  }

  /** What whoever sends the call has to know while it waits to be sent. */
  held(requestId: number): HeldCall {
    return { isWanted: () => !this.#abandoned.has(requestId), forget: () => void this.take(requestId) };
  }

  /** The call of this id, which is then no longer known. */
  take(requestId: number): Call | undefined {
    const call = this.#calls.get(requestId);
    this.#calls.delete(requestId);
    this.#abandoned.delete(requestId);
    return call;
  }

  /** The connection broke: nobody knows whether the calls were carried out. Returns them in their order. */
  failAll(cause: Error): readonly Call[] {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#abandoned.clear();
    for (const call of calls) {
      const message = `${call.name}: the connection broke before the answer came; it may or may not have been carried out`;
      call.reject(new ConnectionError(message, { cause }));
    }
    return calls;
  }
}
