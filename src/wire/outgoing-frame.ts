import { type BsatnWriter } from '../bsatn/writer.ts';

/** A frame from its first message on. Parts of what was written into it can be read before it is sent and afterwards. */
export class OutgoingFrame {
  #source: BsatnWriter | Uint8Array;

  /** It is being written from the beginning of a writer, or complete. */
  constructor(source: BsatnWriter | Uint8Array) {
    this.#source = source;
  }

  /** It is complete: these are its bytes, and the writer may be used again. */
  complete(bytes: Uint8Array): void {
    this.#source = bytes;
  }

  /** A copy of the bytes from `start` to before `end`. */
  slice(start: number, end: number): Uint8Array {
    return this.#source.slice(start, end);
  }
}
