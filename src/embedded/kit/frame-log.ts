import { type Clock } from '../clock.ts';
import { type ClientTransport, type SessionInput } from '../session/transport.ts';
import { clientFrame, type FrameFacts, type RecordedFrame, serverFrame } from './recorded-frame.ts';

/** How many frames are kept at least. */
const capacity = 10_000;

/** A connection whose frames are to be kept. */
export type Recorded = Pick<FrameFacts, 'identity' | 'connectionId' | 'version' | 'module'>;

/** The frames that passed between clients and the server, the oldest first. */
export class FrameLog {
  readonly frames: RecordedFrame[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A transport that keeps what the server sends. */
  transport(connection: Recorded, inner: ClientTransport): ClientTransport {
    return {
      send: (frames) => {
        for (const { bytes } of frames) this.#add(serverFrame(this.#facts(connection, bytes)));
        inner.send(frames);
      },
      close: (code, reason) => inner.close(code, reason),
      drop: () => inner.drop(),
    };
  }

  /** An input that keeps what the client sends. */
  input(connection: Recorded, inner: SessionInput): SessionInput {
    return {
      receive: (frame) => {
        this.#add(clientFrame(this.#facts(connection, Uint8Array.from(frame))));
        inner.receive(frame);
      },
      receiveText: () => inner.receiveText(),
      end: () => inner.end(),
    };
  }

  #facts(connection: Recorded, bytes: Uint8Array): FrameFacts {
    return { ...connection, bytes, timestamp: this.#clock.nowMicros() };
  }

  #add(frame: RecordedFrame): void {
    this.frames.push(frame);
    // Cutting rarely and much keeps adding cheap.
    if (this.frames.length >= capacity * 2) this.frames.splice(0, capacity);
  }
}
