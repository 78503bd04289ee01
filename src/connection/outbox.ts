import { type Clock } from '../platform/clock.ts';
import { type Socket } from '../platform/socket.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { encodeClientMessage, packFrames } from '../wire/frame.ts';
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
  readonly maxFrameBytes: number;
}

/** Sends the messages of one socket, in order. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** What was given to `send` since the last frames were packed. */
  #messages: Uint8Array<ArrayBuffer>[] = [];
  /** Frames that wait for their turn of the event loop. */
  #frames: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #cancelTurn: (() => void) | undefined;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** How many bytes were given to `send` and have not reached the network. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#options.socket.bufferedBytes;
  }

  /** Encodes and sends `message`, or sends it with others at the end of the microtask. */
  send(message: ClientMessage): void {
    if (this.#isClosed) return;
    const bytes = encodeClientMessage(message);
    if (this.#options.batching === 'disabled') return this.#options.socket.send(bytes);
    this.#messages.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTurn?.();
  }

  /** On v3 a turn of the event loop lies between two frames, so that a burst of sends never starves the reading. */
  #flush(): void {
    if (this.#isClosed) return;
    const { version, maxFrameBytes, socket, clock } = this.#options;
    if (this.#frames.length === 0) {
      this.#frames = packFrames(this.#messages, version, maxFrameBytes);
      this.#messages = [];
    }
    for (const frame of this.#frames.splice(0, version === 'v3' ? 1 : this.#frames.length)) {
      this.#waitingBytes -= frame.length;
      socket.send(frame);
    }
    this.#isScheduled = this.#frames.length > 0 || this.#messages.length > 0;
    if (this.#isScheduled) this.#cancelTurn = clock.setTimer(0, () => this.#flush());
  }
}
