import { type BsatnReader } from '../bsatn/reader.ts';

/** Bytes of rows that were checked and that nobody has read yet, one behind the other. What refers to it keeps it. */
export class RowSegment {
  readonly reader: BsatnReader;
  /** How many bytes are in use. */
  used: number;

  constructor(reader: BsatnReader, used: number) {
    this.reader = reader;
    this.used = used;
  }

  /** Takes a row over, and returns where it begins; `undefined` when there is no room. */
  add(data: Uint8Array, start: number, end: number): number | undefined {
    const { bytes } = this.reader;
    const at = this.used;
    const size = end - start;
    if (size > bytes.length - at) return undefined;
    this.used = at + size;
    // For a few bytes a loop is quicker than making the view that `set` needs.
    if (size > 128) bytes.set(data.subarray(start, end), at);
    else for (let index = 0; index < size; index++) bytes[at + index] = data[start + index] ?? 0;
    return at;
  }
}
