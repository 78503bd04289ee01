import { type ClientMessage } from '../../wire/client-message.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of a client that are no message. The message is what a server gives as reason when it closes the connection. */
export class ClientFrameError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ClientFrameError';
  }
}

/**
 * Reads the messages of a client's frame one by one, because those before a broken one count.
 *
 * The reader of `src/wire` reads the same bytes for a client, whose errors say where and what to do; these say what a server says.
 */
export class ClientFrameReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // A `Buffer` of Node would share its memory with what `slice` makes of it.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether all bytes have been read. */
  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The next message. Throws a {@link ClientFrameError}. */
  message(): ClientMessage {
    const tag = this.#u8();
    switch (tag) {
      case 0:
        return { tag: 'Subscribe', requestId: this.#u32(), querySetId: this.#u32(), queries: this.#strings() };
      case 1: {
        const [requestId, querySetId] = [this.#u32(), this.#u32()];
        return { tag: 'Unsubscribe', requestId, querySetId, sendDroppedRows: this.#unsubscribeFlags() };
      }
      case 2:
        return { tag: 'OneOffQuery', requestId: this.#u32(), query: this.#string() };
      case 3: {
        const requestId = this.#callStart('call reducer');
        return { tag: 'CallReducer', requestId, reducer: this.#string(), args: this.#byteArray() };
      }
      case 4: {
        const requestId = this.#callStart('call procedure');
        return { tag: 'CallProcedure', requestId, procedure: this.#string(), args: this.#byteArray() };
      }
      default:
        return unknownTag(tag, 'ClientMessage');
    }
  }

  #callStart(call: string): number {
    const requestId = this.#u32();
    const flags = this.#u8();
    if (flags !== 0) throw new ClientFrameError(`invalid ${call} flag ${flags}`);
    return requestId;
  }

  #unsubscribeFlags(): boolean {
    const tag = this.#u8();
    return tag > 1 ? unknownTag(tag, 'UnsubscribeFlags') : tag === 1;
  }

  #strings(): string[] {
    const count = this.#u32();
    const texts: string[] = [];
    for (let index = 0; index < count; index++) texts.push(this.#string());
    return texts;
  }

  #string(): string {
    const bytes = this.#borrowed();
    try {
      return utf8.decode(bytes);
    } catch {
      throw new ClientFrameError('invalid utf8');
    }
  }

  #byteArray(): Uint8Array {
    return this.#borrowed().slice();
  }

  /** The bytes of the frame itself. */
  #borrowed(): Uint8Array {
    const length = this.#u32();
    const start = this.#advance('[u8]', length);
    return this.#bytes.subarray(start, start + length);
  }

  #u8(): number {
    return this.#view.getUint8(this.#advance('u8', 1));
  }

  #u32(): number {
    return this.#view.getUint32(this.#advance('u32', 4), true);
  }

  #advance(type: string, size: number): number {
    const start = this.#offset;
    const given = this.#bytes.length - start;
    if (size > given) throw new ClientFrameError(`data too short for ${type}: Expected ${size}, given ${given}`);
    this.#offset = start + size;
    return start;
  }
}

function unknownTag(tag: number, type: string): never {
  throw new ClientFrameError(`unknown tag 0x${tag.toString(16)} for sum type ${type}`);
}
