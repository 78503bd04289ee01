import { ProtocolError } from '../errors.ts';
import { decodeUtf8 } from './utf-8.ts';

/** Up to this many bytes `String.fromCharCode` is faster than a `TextDecoder`. */
const shortString = 16;

/** Room for the characters of a short string, by its length. Adding character to character would build a tree of strings instead. */
const shortCodes: readonly number[][] = Array.from({ length: shortString + 1 }, (_, length) =>
  Array.from({ length }, () => 0),
);

/** See `repeatedString`. */
let lastString = '';

/** How many array elements without bytes one reader hands out: no input length bounds them. */
const maxZeroSizeElements = 1 << 20;

/**
 * Reads BSATN from a buffer: little-endian, no padding, lengths and counts as u32.
 *
 * Every method throws a {@link ProtocolError} that names the type, the offset in bytes and what was being read, and leaves the reader unusable.
 */
export class BsatnReader {
  /** The whole input; offsets count from its start. */
  readonly bytes: Uint8Array;
  /** Where the next read begins. */
  offset = 0;
  /** How many rows the lists had that were read since somebody set this to 0: what their bytes alone bound badly. @internal */
  rows = 0;
  readonly #view: DataView;
  readonly #end: number;
  readonly #subject: string;
  #zeroSizeElements = 0;

  /** `subject` says in errors what the bytes are, such as `ServerMessage` or `row of table user`. */
  constructor(bytes: Uint8Array, subject: string) {
    // A Buffer of Node would hand out views where `slice` has to copy.
    const isPlain = Object.getPrototypeOf(bytes) === Uint8Array.prototype;
    this.bytes = isPlain ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
    this.#subject = subject;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.offset;
  }

  /** Moves to a value that was checked before, however much was read since then: what no input length bounds is counted anew. @internal */
  restart(offset: number): void {
    this.offset = offset;
    this.#zeroSizeElements = 0;
  }

  /** Throws a {@link ProtocolError} about the value of type `type` at `offset`. */
  fail(type: string, offset: number, problem: string, cause?: unknown): never {
    throw new ProtocolError(`reading ${type} at offset ${offset} of ${this.#subject}: ${problem}`, { cause });
  }

  /** The tag byte that was just read belongs to no variant of the sum type `type`. */
  unknownTag(type: string): never {
    const offset = this.offset - 1;
    return this.fail(type, offset, `unknown tag 0x${(this.bytes[offset] ?? 0).toString(16)}`);
  }

  /** Throws when bytes are left. */
  finish(type: string): void {
    if (this.offset !== this.#end) this.fail(type, this.offset, `${this.remaining} bytes are left after its end`);
  }

  #advance(type: string, size: number): number {
    const offset = this.offset;
    if (size > this.#end - offset) {
      this.fail(type, offset, `needs ${size} bytes, ${this.#end - offset} are left`);
    }
    this.offset = offset + size;
    return offset;
  }

  /** Moves behind the next `size` bytes. */
  skip(size: number): void {
    this.#advance('bytes', size);
  }

  /** Moves behind a string, and checks it as {@link string} does. */
  skipString(): void {
    const offset = this.offset;
    const length = this.u32();
    const start = this.#advance('string', length);
    if (!isUtf8(this.bytes, start, length)) this.fail('string', offset, 'invalid utf8');
  }

  /** Moves behind an `Array<U8>`. */
  skipByteArray(): void {
    this.#advance('byte array', this.u32());
  }

  /** One byte, 0 or 1; every other one is refused. */
  bool(): boolean {
    return this.#secondOfTwo('bool');
  }

  /** The tag of an option: `true` when a value follows. */
  optionTag(): boolean {
    return !this.#secondOfTwo('option');
  }

  /** The tag of a result: `true` when the ok value follows, `false` when the error does. */
  resultTag(): boolean {
    return !this.#secondOfTwo('result');
  }

  #secondOfTwo(type: string): boolean {
    const tag = this.bytes[this.#advance(type, 1)];
    if (tag === 0) return false;
    if (tag === 1) return true;
    return this.unknownTag(type);
  }

  /** 8 bits, unsigned. */
  u8(): number {
    return this.#view.getUint8(this.#advance('u8', 1));
  }

  /** 8 bits, signed. */
  i8(): number {
    return this.#view.getInt8(this.#advance('i8', 1));
  }

  /** 16 bits, unsigned. */
  u16(): number {
    return this.#view.getUint16(this.#advance('u16', 2), true);
  }

  /** 16 bits, signed. */
  i16(): number {
    return this.#view.getInt16(this.#advance('i16', 2), true);
  }

  /** 32 bits, unsigned. */
  u32(): number {
    return this.#view.getUint32(this.#advance('u32', 4), true);
  }

  /** 32 bits, signed. */
  i32(): number {
    return this.#view.getInt32(this.#advance('i32', 4), true);
  }

  /** 64 bits, unsigned. A `bigint`. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#advance('u64', 8), true);
  }

  /** A u64 as a number, for sizes and offsets: exact up to 2^53. */
  u64AsNumber(): number {
    const offset = this.#advance('u64', 8);
    return this.#view.getUint32(offset + 4, true) * 2 ** 32 + this.#view.getUint32(offset, true);
  }

  /** 64 bits, signed. A `bigint`. */
  i64(): bigint {
    return this.#view.getBigInt64(this.#advance('i64', 8), true);
  }

  /** 128 bits, unsigned. A `bigint`. */
  u128(): bigint {
    return this.#words('u128', 2);
  }

  /** 128 bits, signed. A `bigint`. */
  i128(): bigint {
    return BigInt.asIntN(128, this.#words('i128', 2));
  }

  /** 256 bits, unsigned. A `bigint`. */
  u256(): bigint {
    return this.#words('u256', 4);
  }

  /** 256 bits, signed. A `bigint`. */
  i256(): bigint {
    return BigInt.asIntN(256, this.#words('i256', 4));
  }

  /** So many times 64 bits, the lowest first, unsigned. */
  #words(type: string, count: number): bigint {
    const offset = this.#advance(type, count * 8);
    let value = 0n;
    for (let word = count - 1; word >= 0; word--) {
      value = (value << 64n) | this.#view.getBigUint64(offset + word * 8, true);
    }
    return value;
  }

  /** 32 bits of IEEE 754. */
  f32(): number {
    return this.#view.getFloat32(this.#advance('f32', 4), true);
  }

  /** 64 bits of IEEE 754. */
  f64(): number {
    return this.#view.getFloat64(this.#advance('f64', 8), true);
  }

  /** A u32 length in bytes and strict UTF-8. A leading U+FEFF is kept. */
  string(): string {
    const offset = this.offset;
    const length = this.u32();
    const start = this.#advance('string', length);
    const codes = shortCodes[length];
    if (codes !== undefined && this.#readAscii(start, codes)) return String.fromCharCode(...codes);
    try {
      return decodeUtf8(this.bytes.subarray(start, start + length));
    } catch (cause) {
      return this.fail('string', offset, 'invalid utf8', cause);
    }
  }

  /** A string that is likely the one that was last read by this method, from whatever input: then no new one is made. */
  repeatedString(): string {
    const { offset, bytes } = this;
    const length = this.u32();
    const start = this.offset;
    if (length === lastString.length && length <= this.#end - start) {
      let index = 0;
      while (index < length && bytes[start + index] === lastString.charCodeAt(index)) index++;
      if (index === length) {
        this.offset = start + length;
        return lastString;
      }
    }
    this.offset = offset;
    const text = this.string();
    // Only of ASCII the bytes are the characters.
    if (text.length === length) lastString = text;
    return text;
  }

  /** Fills `codes` from the bytes at `start`; `false` when one of them is not ASCII. */
  #readAscii(start: number, codes: number[]): boolean {
    for (let index = 0; index < codes.length; index++) {
      const byte = this.bytes[start + index] ?? 0x80;
      if (byte >= 0x80) return false;
      codes[index] = byte;
    }
    return true;
  }

  /** The bytes of an `Array<U8>`, copied: the input may be reused afterwards. */
  byteArray(): Uint8Array {
    const length = this.u32();
    const start = this.#advance('byte array', length);
    return this.bytes.slice(start, start + length);
  }

  /** The bytes of an `Array<U8>` as a view of the input, without a copy. */
  byteView(): Uint8Array {
    const length = this.u32();
    const start = this.#advance('byte array', length);
    return this.bytes.subarray(start, start + length);
  }

  /**
   * The count of an array whose elements take at least `minSize` bytes each.
   * A count that the rest of the input cannot hold is refused here, before anything is allocated; where elements take no bytes,
   * one that brings this reader above 2^20 of them in all.
   */
  count(type: string, minSize: number): number {
    const offset = this.offset;
    const count = this.u32();
    const most = minSize === 0 ? maxZeroSizeElements - this.#zeroSizeElements : Math.floor(this.remaining / minSize);
    if (count > most) this.fail(type, offset, `a count of ${count}, where at most ${most} elements fit`);
    if (minSize === 0) this.#zeroSizeElements += count;
    return count;
  }
}

/** Whether the bytes are strict UTF-8. What is ASCII, as most is, costs a nanosecond a byte and makes no string. */
function isUtf8(bytes: Uint8Array, start: number, length: number): boolean {
  const end = start + length;
  for (let offset = start; offset < end; offset++) {
    if ((bytes[offset] ?? 0x80) >= 0x80) return isDecodable(bytes.subarray(offset, end));
  }
  return true;
}

function isDecodable(bytes: Uint8Array): boolean {
  try {
    decodeUtf8(bytes);
    return true;
  } catch {
    return false;
  }
}
