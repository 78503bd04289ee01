import { BsatnWriter } from '../bsatn/writer.ts';
import { type Clock } from '../platform/clock.ts';
import { type Socket } from '../platform/socket.ts';
import { type ClientMessage, writeClientMessage } from '../wire/client-message.ts';
import { capabilities, type ProtocolVersion } from '../wire/version.ts';

/** `opportunistic`: what is sent in one microtask shares frames where the protocol allows it. `disabled`: one message a frame, at once. */
export type OutboundBatching = 'opportunistic' | 'disabled';

/** What an outbox works with. */
export interface OutboxOptions {
  readonly version: ProtocolVersion;
  readonly socket: Socket;
  readonly clock: Clock;
  readonly batching: OutboundBatching;
  /** A frame of several messages is never longer, in bytes. */
  readonly maxFrameBytes: number;
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
  /** Frames that wait for their turn of the event loop. */
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];
  #frameBytes = 0;
  #isScheduled = false;
  #cancelTurn: (() => void) | undefined;
  #isClosed = false;
  readonly #flushLater = (): void => this.#flush();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#isShared = capabilities[options.version].sharesPayloads && options.batching === 'opportunistic';
  }

  /** How many bytes were given to `send` and have not reached the network. */
  get bufferedBytes(): number {
    return this.#frameBytes + this.#writer.length + this.#options.socket.bufferedBytes;
  }

  /** Encodes and sends `message`, or sends it with others at the end of the microtask. */
  send(message: ClientMessage): void {
    if (this.#isClosed) return;
    this.#write(message);
    if (this.#options.batching === 'disabled') return this.#sendFrames(Infinity);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#flushLater);
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTurn?.();
  }

  /** A message that cannot be encoded leaves nothing behind. */
  #write(message: ClientMessage): void {
    const writer = this.#writer;
    const start = writer.length;
    try {
      writeClientMessage(writer, message);
    } catch (error) {
      writer.truncate(start);
      throw error;
    }
    if (!this.#isShared) this.#cut(writer.length);
    else if (start > 0 && writer.length > this.#options.maxFrameBytes) this.#cut(start);
  }

  /** The first `length` bytes that were written are a frame. */
  #cut(length: number): void {
    const frame = this.#writer.cut(length);
    this.#frames.push(frame);
    this.#frameBytes += length;
    if (this.#writer.length === 0 && this.#writer.capacity > largestKept) this.#writer = new BsatnWriter();
  }

  /** On v3 a turn of the event loop lies between two frames, so that a burst of sends never starves the reading. */
  #flush(): void {
    if (this.#isClosed) return;
    if (this.#frames.length === 0) this.#cut(this.#writer.length);
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
