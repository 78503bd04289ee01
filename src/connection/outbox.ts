import { BsatnWriter } from '../bsatn/writer.ts';
import { type Clock } from '../platform/clock.ts';
import { type Socket } from '../platform/socket.ts';
import { type OutboundMessage, writeOutboundMessage } from '../wire/outbound-call.ts';
import { OutgoingFrame } from '../wire/outgoing-frame.ts';
import { type ProtocolVersion } from '../wire/version.ts';

/** `opportunistic`: what is sent in one microtask shares frames where the protocol allows it. `disabled`: one message a frame, at once. */
export type OutboundBatching = 'opportunistic' | 'disabled';

/** What an outbox works with. */
export interface OutboxOptions {
  readonly version: ProtocolVersion;
  readonly socket: Socket;
  readonly clock: Clock;
  readonly batching: OutboundBatching;
  /** A frame of several messages is never longer, in bytes. */
  readonly maxOutboundFrameBytes: number;
}

/** A buffer that has grown beyond this many bytes is not kept. */
const largestKept = 64 * 1024;

/**
 * Sends the messages of one socket, in order.
 *
 * ```text
 * send ──► writer: the last frame, which still takes messages ──full, or a message on v2──► frames ──a turn of the event loop each──► socket
 * ```
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** Whether messages share frames. */
  readonly #isShared: boolean;
  /** The messages of the last frame; written there one by one, they need no buffers of their own. */
  #writer = new BsatnWriter();
  #frame = new OutgoingFrame(this.#writer);
  /** Frames that wait for their turn of the event loop. */
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];
  #frameBytes = 0;
  #isScheduled = false;
  #cancelTurn: (() => void) | undefined;
  /** A message is half written: another one would end up in the middle of it. */
  #isEncoding = false;
  #isClosed = false;
  readonly #flushLater = (): void => this.#flush();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#isShared = options.version === 'v3' && options.batching === 'opportunistic';
  }

  /** How many bytes were given to `send` and have not reached the network. */
  get bufferedBytes(): number {
    return this.#frameBytes + this.#writer.length + this.#options.socket.bufferedBytes;
  }

  /** Encodes and sends `message`, or sends it with others at the end of the microtask. Returns the frame that it is in. */
  send(message: OutboundMessage): OutgoingFrame | undefined {
    if (this.#isClosed) return undefined;
    const frame = this.#write(message);
    if (!this.#isScheduled) this.#schedule();
    return frame;
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTurn?.();
  }

  #schedule(): void {
    if (this.#options.batching === 'disabled') return this.#sendFrames(Infinity);
    this.#isScheduled = true;
    queueMicrotask(this.#flushLater);
  }

  #write(message: OutboundMessage): OutgoingFrame {
    const start = this.#encode(message);
    const frame = this.#frame;
    if (!this.#isShared) this.#cut();
    else if (start > 0 && this.#writer.length > this.#options.maxOutboundFrameBytes)
      return this.#writeAnew(message, start);
    return frame;
  }

  /** The last frame ends before this message, which begins the next one. */
  #writeAnew(message: OutboundMessage, start: number): OutgoingFrame {
    this.#writer.truncate(start);
    this.#cut();
    this.#encode(message);
    return this.#frame;
  }

  /** Writes a message and returns where it begins. One that cannot be encoded leaves nothing behind. */
  #encode(message: OutboundMessage): number {
    if (this.#isEncoding) refuse(message);
    const start = this.#writer.length;
    this.#isEncoding = true;
    try {
      writeOutboundMessage(this.#writer, message);
    } catch (error) {
      this.#takeBack(start);
      throw error;
    }
    this.#isEncoding = false;
    return start;
  }

  #takeBack(start: number): void {
    this.#writer.truncate(start);
    this.#isEncoding = false;
  }

  /** What was written is a frame. */
  #cut(): void {
    const bytes = this.#writer.finish();
    this.#frame.complete(bytes);
    this.#frames.push(bytes);
    this.#frameBytes += bytes.length;
    if (this.#writer.capacity > largestKept) this.#writer = new BsatnWriter();
    else this.#writer.clear();
    this.#frame = new OutgoingFrame(this.#writer);
  }

  /** On v3 a turn of the event loop lies between two frames, so that a burst of sends never starves the reading. */
  #flush(): void {
    if (this.#isClosed) return;
    if (this.#frames.length === 0) this.#cut();
    this.#sendFrames(this.#options.version === 'v3' ? 1 : Infinity);
    this.#isScheduled = this.#frames.length > 0 || this.#writer.length > 0;
    if (this.#isScheduled) this.#cancelTurn = this.#options.clock.setTimer(0, this.#flushLater);
  }

  #sendFrames(count: number): void {
    for (const frame of this.#frames.splice(0, count)) {
      this.#frameBytes -= frame.length;
      this.#options.socket.send(frame);
    }
  }
}

function refuse(message: OutboundMessage): never {
  const action = message.tag === 'Call' ? message.action : `sending ${message.tag}`;
  throw new Error(`${action} while the arguments of another call are being encoded: do it before or afterwards`);
}
