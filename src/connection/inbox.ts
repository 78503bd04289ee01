import { ProtocolError } from '../errors.ts';
import { type Inflate } from '../platform/inflate.ts';
import { compressionOf } from '../wire/compression.ts';
import { takeServerMessages } from '../wire/frame.ts';
import { type ServerMessage } from '../wire/server-message.ts';
import { type ProtocolVersion } from '../wire/version.ts';

/** What an inbox works with. */
export interface InboxOptions {
  readonly version: ProtocolVersion;
  readonly inflate: Inflate;
  /** The longest frame, and how much may wait for the inflate of an earlier one, in bytes. */
  readonly maxInboundFrameBytes: number;
  /** The longest payload after inflating, in bytes. */
  readonly maxInflatedBytes: number;
  readonly maxRowsPerMessage: number;
  readonly onMessage: (message: ServerMessage) => void;
  /** The frames cannot be read; nothing more is delivered. */
  readonly onViolation: (error: unknown) => void;
}

/** Turns the frames of one socket into messages, strictly in order, also when one has to wait for its inflate. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isReading = false;
  #isClosed = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Takes one frame. */
  push(frame: Uint8Array): void {
    if (this.#isClosed) return;
    const { maxInboundFrameBytes } = this.#options;
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    // Where nothing waits for an inflate, it is this frame alone.
    if (this.#waitingBytes > maxInboundFrameBytes)
      this.#fail(tooMuch(`frames of ${this.#waitingBytes} bytes`, 'maxInboundFrameBytes', maxInboundFrameBytes));
    else this.#readWaiting();
  }

  /** Delivers nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }

  #readWaiting(): void {
    while (!this.#isReading) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#waitingBytes -= frame.length;
      this.#isReading = true;
      const inflated = this.#read(frame);
      if (inflated !== undefined) return void this.#deliverLater(inflated);
      this.#isReading = false;
    }
  }

  async #deliverLater(body: Promise<Uint8Array>): Promise<void> {
    try {
      this.#deliver(await body, 0);
    } catch (error) {
      this.#fail(error);
    }
    this.#isReading = false;
    this.#readWaiting();
  }

  /** Delivers a frame, or returns the promise of what is in it. */
  #read(frame: Uint8Array): Promise<Uint8Array> | undefined {
    try {
      const compression = compressionOf(frame);
      // Without a view of the bytes behind the compression: it would be a good part of what a short frame takes.
      const isPlain = compression === 'none';
      const body = isPlain
        ? frame
        : this.#options.inflate(compression, frame.subarray(1), this.#options.maxInflatedBytes);
      if (body instanceof Promise) return body;
      this.#deliver(body, isPlain ? 1 : 0);
      return undefined;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Throws where the messages, which begin at `from`, cannot be read. */
  #deliver(body: Uint8Array, from: number): void {
    takeServerMessages(body, this.#options.version, this.#take, from);
  }

  /** Hands one message on; `false` when nothing more is to be delivered. */
  readonly #take = (message: ServerMessage, rows: number): boolean => {
    const { maxRowsPerMessage, onMessage } = this.#options;
    if (this.#isClosed) return false;
    if (rows > maxRowsPerMessage)
      throw tooMuch(`a ${message.tag} with ${rows} rows`, 'maxRowsPerMessage', maxRowsPerMessage);
    onMessage(message);
    return true;
  };

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onViolation(error);
  }
}

function tooMuch(what: string, limit: string, bound: number): ProtocolError {
  return new ProtocolError(`the server sent ${what}, more than ${bound}; raise limits.${limit} if that is meant`);
}
