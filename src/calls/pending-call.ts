import { type PreparedBytes } from '../bsatn/prepared-bytes.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';
import { type OutboundCall } from '../wire/outbound-call.ts';
import { OutgoingFrame } from '../wire/outgoing-frame.ts';
import { encodeArguments, writeArguments } from './arguments.ts';
import { type Deadline } from './deadlines.ts';
import { type FunctionDefinition } from './definition.ts';

/** A call, to whoever sends it, now or later. */
export interface SendableCall extends OutboundCall {
  /** Nobody waits for it any more: it need not be sent. */
  readonly isAbandoned: boolean;
  /** It is sent later: the arguments are encoded now, whatever becomes of their object meanwhile. Throws what encoding them throws. */
  hold(): void;
  /** It was written into `frame`. */
  sentIn(frame: OutgoingFrame | undefined): void;
  /** It will not be sent: whoever waits is told why. */
  reject(reason: unknown): void;
}

/** A call, to whoever waits for its answer. */
export interface AwaitedCall<Answer> {
  readonly name: string;
  /** What making it is called in errors. */
  readonly action: string;
  readonly requestId: number;
  /** When it is late; undefined where it may take for ever. */
  deadline: Deadline | undefined;
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
}

/** The calls of one kind, to whoever may have to keep one back before it is sent. */
export interface HeldCalls {
  /** It will not be sent. */
  forget(requestId: number): void;
}

const nothing = new Uint8Array(0);

/**
 * A call whose answer is outstanding. One object with methods: a closure for each thing that can become of it made half of what a call costs. One class for
 * reducers and procedures: V8 does not inline the constructor of one that extends another, which takes a tenth of it.
 *
 * ```text
 * frame  … | tag, request id, flags, name, length | arguments | …
 *                                                 start       end      where they are found again, should anybody listen to the answer
 * ```
 */
export class PendingCall<Args, Answer, Attached = undefined> implements SendableCall, AwaitedCall<Answer> {
  // `declare`: else each is first made undefined, by a function of its own.
  declare readonly requestId: number;
  /** As the caller gave them. */
  declare readonly args: Args;
  /** What its caller wants back with the answer. */
  declare readonly attached: Attached | undefined;
  declare deadline: Deadline | undefined;
  readonly #definition: FunctionDefinition<Args>;
  /** Settles the promise of whoever waits; undefined where nobody does. */
  #settle: ((answer: Answer | Promise<never>) => void) | undefined;
  #frame: OutgoingFrame | undefined;
  #start = 0;
  #end = 0;

  constructor(definition: FunctionDefinition<Args>, args: Args, requestId: number, attached?: Attached) {
    this.requestId = requestId;
    this.args = args;
    this.attached = attached;
    this.deadline = undefined;
    this.#definition = definition;
  }

  get tag(): 'Call' {
    return 'Call';
  }

  /** The name of the function on the wire. */
  get name(): string {
    return this.#definition.name;
  }

  get action(): string {
    return this.#definition.action;
  }

  get head(): PreparedBytes {
    return this.#definition.head;
  }

  get isAbandoned(): boolean {
    return this.#settle === undefined;
  }

  /** The arguments as they were sent: a copy. */
  get argsBytes(): Uint8Array {
    return this.#frame?.slice(this.#start, this.#end) ?? nothing;
  }

  /** The answer, or why there is none. To be asked for once. */
  answer(): Promise<Answer> {
    // Without `reject`, which V8 makes only where somebody keeps it; so a rejection takes two microtasks more.
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  hold(): void {
    const bytes = encodeArguments(this.#definition, this.args);
    this.#end = bytes.length;
    this.#frame = new OutgoingFrame(bytes);
  }

  writeArguments(writer: BsatnWriter): void {
    if (this.#frame !== undefined) return writer.raw(this.argsBytes);
    this.#start = writer.length;
    writeArguments(writer, this.#definition, this.args);
    this.#end = writer.length;
  }

  sentIn(frame: OutgoingFrame | undefined): void {
    this.#frame = frame;
  }

  resolve(answer: Answer): void {
    this.#finish()?.(answer);
  }

  reject(reason: unknown): void {
    this.#finish()?.(Promise.reject(reason));
  }

  #finish(): ((answer: Answer | Promise<never>) => void) | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    this.deadline?.leave();
    this.deadline = undefined;
    return settle;
  }
}
