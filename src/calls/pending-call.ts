import { type BsatnWriter } from '../bsatn/writer.ts';
import { type OutboundCall } from '../wire/outbound-call.ts';
import { OutgoingFrame } from '../wire/outgoing-frame.ts';
import { encodeArguments, writeArguments } from './arguments.ts';
import { type Deadline } from './deadlines.ts';
import { type ReducerDefinition } from './definition.ts';

/** A call, to whoever sends it, now or later. */
export interface SendableCall extends OutboundCall {
  /** Nobody waits for it any more: it need not be sent. */
  readonly isAbandoned: boolean;
  /** It is sent later: the arguments are encoded now, whatever becomes of their object meanwhile. Throws what encoding them throws. */
  hold(): void;
  /** It was written into `frame`. */
  sentIn(frame: OutgoingFrame | undefined): void;
}

/** A call, to whoever waits for its answer. */
export interface AwaitedCall<Answer> {
  readonly kind: OutboundCall['kind'];
  readonly name: string;
  readonly requestId: number;
  /** When it is late; undefined where it may take for ever. */
  deadline: Deadline | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
  /** Nobody waits for the answer any more, which is to come all the same. */
  abandon(reason: unknown): void;
}

/** The calls of one kind, to whoever may have to keep one back before it is sent. */
export interface HeldCalls {
  /** It will not be sent. */
  forget(requestId: number): void;
}

const ignore = (): void => undefined;
const nothing = new Uint8Array(0);

/**
 * A call whose answer is outstanding. One object with methods: a closure for each thing that can become of it made half of what a call costs.
 *
 * ```text
 * frame  … | tag, request id, flags, name, length | arguments | …
 *                                                 start       end      where they are found again, should anybody listen to the answer
 * ```
 */
export abstract class PendingCall<Args, Answer> implements SendableCall, AwaitedCall<Answer> {
  abstract readonly kind: OutboundCall['kind'];
  readonly requestId: number;
  /** As the caller gave them. */
  readonly args: Args;
  deadline: Deadline | undefined;
  isAbandoned = false;
  readonly #definition: ReducerDefinition<Args>;
  #resolve: (answer: Answer) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #frame: OutgoingFrame | undefined;
  #start = 0;
  #end = 0;

  constructor(definition: ReducerDefinition<Args>, args: Args, requestId: number) {
    this.requestId = requestId;
    this.args = args;
    this.#definition = definition;
  }

  get tag(): 'Call' {
    return 'Call';
  }

  /** The name of the function on the wire. */
  get name(): string {
    return this.#definition.name;
  }

  /** The arguments as they were sent: a copy. */
  get argsBytes(): Uint8Array {
    return this.#frame?.slice(this.#start, this.#end) ?? nothing;
  }

  /** The answer, or why there is none. To be asked for once. */
  answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  hold(): void {
    const bytes = encodeArguments(this.kind, this.#definition, this.args);
    this.#end = bytes.length;
    this.#frame = new OutgoingFrame(bytes);
  }

  writeArguments(writer: BsatnWriter): void {
    if (this.#frame !== undefined) return writer.raw(this.argsBytes);
    this.#start = writer.length;
    writeArguments(writer, this.kind, this.#definition, this.args);
    this.#end = writer.length;
  }

  sentIn(frame: OutgoingFrame | undefined): void {
    this.#frame = frame;
  }

  resolve(answer: Answer): void {
    this.#finish();
    this.#resolve(answer);
  }

  reject(error: unknown): void {
    this.#finish();
    this.#reject(error);
  }

  abandon(reason: unknown): void {
    this.isAbandoned = true;
    this.reject(reason);
  }

  #finish(): void {
    this.deadline?.leave();
    this.deadline = undefined;
  }
}
