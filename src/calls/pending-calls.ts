import { ConnectionError, TimeoutError } from '../errors.ts';
import { type Deadline, Deadlines, type SetTimer } from './deadlines.ts';
import { RequestMap } from './request-map.ts';

/** How long a call may take, and who may end the waiting. */
export interface CallOptions {
  /** In milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  /** Ends the waiting: the promise rejects with `signal.reason`. What was sent is carried out all the same. */
  readonly signal?: AbortSignal;
}

/** The calls of one kind, to whoever may have to keep one back before it is sent. */
export interface HeldCalls {
  /** Whether anybody still waits for the answer: a call that was aborted before it was sent need not be sent. */
  isWanted(requestId: number): boolean;
  /** It will not be sent. */
  forget(requestId: number): void;
}

const ignore = (): void => undefined;

/** A call whose answer is outstanding. One object with methods: a closure for each thing that can become of it made half of what a call costs. */
export class PendingCall<Answer> {
  readonly answer: Promise<Answer>;
  /** When it is late; undefined where it may take for ever. */
  deadline: Deadline | undefined;
  /** Stops listening for an abort, where there is a signal. */
  stopListening: (() => void) | undefined;
  /** Nobody waits for it any more. */
  isAbandoned = false;
  #resolve: (answer: Answer) => void = ignore;
  #reject: (error: unknown) => void = ignore;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(answer: Answer): void {
    this.#end();
    this.#resolve(answer);
  }

  reject(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  /** Nobody waits for the answer any more, which is to come all the same. */
  abandon(reason: unknown): void {
    this.isAbandoned = true;
    this.reject(reason);
  }

  #end(): void {
    this.deadline?.leave();
    this.deadline = undefined;
    this.stopListening?.();
    this.stopListening = undefined;
  }
}

/** The calls of one kind that are on their way, by request id. */
export class PendingCalls<Call extends PendingCall<Answer>, Answer> {
  readonly #calls = new RequestMap<Call>();
  readonly #deadlines: Deadlines;
  readonly #nameOf: (call: Call) => string;

  /** `nameOf` tells what a call is in an error, such as `reducer say`. */
  constructor(setTimer: SetTimer, nameOf: (call: Call) => string) {
    this.#nameOf = nameOf;
    this.#deadlines = new Deadlines(setTimer, (requestId, deadline) => this.#onLate(requestId, deadline));
  }

  /** How many answers are outstanding. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Waits for the answer to `requestId`. The call stays known after a time-out or an abort, because its rows still come with the answer.
   * Its promise rejects with a {@link TimeoutError}, with the reason of an abort, or with what `failAll` is given.
   */
  wait(requestId: number, call: Call, timeoutMs: number, signal: AbortSignal | undefined): void {
    this.#calls.set(requestId, call);
    call.deadline = this.#deadlines.of(requestId, timeoutMs);
    if (signal === undefined) return;
    const onAbort = (): void => call.abandon(signal.reason);
    signal.addEventListener('abort', onAbort);
    call.stopListening = () => signal.removeEventListener('abort', onAbort);
  }

  /** Whether anybody waits for the call of this id. */
  isWanted(requestId: number): boolean {
    return this.#calls.get(requestId)?.isAbandoned === false;
  }

  /** The call of this id, which is then no longer known. */
  take(requestId: number): Call | undefined {
    return this.#calls.take(requestId);
  }

  /** The connection broke: nobody knows whether the calls were carried out. Returns them in their order. */
  failAll(cause: Error): readonly Call[] {
    const calls = this.#calls.takeAll();
    for (const call of calls) {
      const message = `${this.#nameOf(call)}: the connection broke before the answer came; it may or may not have been carried out`;
      call.reject(new ConnectionError(message, { cause }));
    }
    return calls;
  }

  /** The call may have ended, and its id be that of another one by now. */
  #onLate(requestId: number, deadline: Deadline): void {
    const call = this.#calls.get(requestId);
    if (call?.deadline !== deadline) return;
    call.abandon(new TimeoutError(`${this.#nameOf(call)}: no answer within ${deadline.timeoutMs} ms`));
  }
}
