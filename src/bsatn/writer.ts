import { type PreparedBytes } from './prepared-bytes.ts';

const utf8 = new TextEncoder();
const initialCapacity = 64;

/** Up to this many UTF-16 units a loop over ASCII is faster than a `TextEncoder`. */
const shortString = 16;

/** Up to so many bytes a loop copies faster than what is made for more. */
const fewBytes = 32;

const mask64 = (1n << 64n) - 1n;

/**
 * Writes BSATN into one growing buffer.
 *
 * A number outside the range of its type throws a `RangeError`: a silent wrap would send another value than the caller meant. Where JavaScript would make a
 * boolean, a float or a string of something else, there is a `TypeError`.
 * A lone surrogate in a string becomes U+FFFD, as `TextEncoder` has it.
 */
export class BsatnWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** `capacity`: how many bytes to make room for at first. */
  constructor(capacity: number = initialCapacity) {
    this.#bytes = new Uint8Array(Math.max(capacity, initialCapacity));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes there is room for, before more has to be made. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Forgets what was written, so that the room can be used again. */
  clear(): void {
    this.#length = 0;
  }

  /** Forgets what was written behind the first `length` bytes. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.slice(0, this.#length);
  }

  /** A copy of what was written from `start` to before `end`. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes;
    const length = end - start;
    if (length > fewBytes) return bytes.slice(start, end);
    const copy = new Uint8Array(length);
    for (let index = 0; index < length; index++) copy[index] = bytes[start + index] ?? 0;
    return copy;
  }

  /** Takes the next `size` bytes and returns where they begin; buffer and view may be other objects afterwards. */
  #reserve(size: number): number {
    const offset = this.#length;
    const needed = offset + size;
    // Elsewhere, so that this is small enough to become part of whoever writes: a fifteenth of what a reducer call costs.
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length = needed;
    return offset;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Puts another u32 in the place of one that was written at `offset`. */
  setU32(offset: number, value: number): void {
    if (value >>> 0 !== value) outOfRange('u32', value);
    this.#view.setUint32(offset, value, true);
  }

  /** One byte, 0 or 1. */
  bool(value: boolean): void {
    if (typeof value !== 'boolean') wrongType('bool', value);
    const offset = this.#reserve(1);
    this.#view.setUint8(offset, value ? 1 : 0);
  }

  /** Writes the tag of an option; `true` when the value has to follow. */
  optionTag<T>(value: T | undefined | null): value is T {
    const isSome = value !== undefined && value !== null;
    this.u8(isSome ? 0 : 1);
    return isSome;
  }

  /** Writes how many items follow. */
  count(items: readonly unknown[]): void {
    // A text has a length too, and could be written letter by letter.
    if (typeof items === 'string') wrongType('array', items);
    this.u32(items.length);
  }

  /** Throws for a value that is of no variant of its type: the compiler cannot stop those who do without it. `known` lists the variants. */
  unknownVariant(type: string, value: string | { readonly tag: string }, known: string): never {
    const tag = typeof value === 'string' ? value : value.tag;
    throw new TypeError(`${tag} is no variant of ${type}, which has ${known}`);
  }

  /** 8 bits, unsigned. */
  u8(value: number): void {
    if ((value & 0xff) !== value) outOfRange('u8', value);
    const offset = this.#reserve(1);
    this.#view.setUint8(offset, value);
  }

  /** 8 bits, signed. */
  i8(value: number): void {
    if ((value << 24) >> 24 !== value) outOfRange('i8', value);
    const offset = this.#reserve(1);
    this.#view.setInt8(offset, value);
  }

  /** 16 bits, unsigned. */
  u16(value: number): void {
    if ((value & 0xffff) !== value) outOfRange('u16', value);
    const offset = this.#reserve(2);
    this.#view.setUint16(offset, value, true);
  }

  /** 16 bits, signed. */
  i16(value: number): void {
    if ((value << 16) >> 16 !== value) outOfRange('i16', value);
    const offset = this.#reserve(2);
    this.#view.setInt16(offset, value, true);
  }

  /** 32 bits, unsigned. */
  u32(value: number): void {
    if (value >>> 0 !== value) outOfRange('u32', value);
    const offset = this.#reserve(4);
    this.#view.setUint32(offset, value, true);
  }

  /** 32 bits, signed. */
  i32(value: number): void {
    if ((value | 0) !== value) outOfRange('i32', value);
    const offset = this.#reserve(4);
    this.#view.setInt32(offset, value, true);
  }

  /** 64 bits, unsigned. A `bigint`. */
  u64(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) outOfRange('u64', value);
    const offset = this.#reserve(8);
    this.#view.setBigUint64(offset, value, true);
  }

  /** 64 bits, signed. A `bigint`. */
  i64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) outOfRange('i64', value);
    const offset = this.#reserve(8);
    this.#view.setBigInt64(offset, value, true);
  }

  /** 128 bits, unsigned. A `bigint`. */
  u128(value: bigint): void {
    if (BigInt.asUintN(128, value) !== value) outOfRange('u128', value);
    this.#words(value, 2);
  }

  /** 128 bits, signed. A `bigint`. */
  i128(value: bigint): void {
    if (BigInt.asIntN(128, value) !== value) outOfRange('i128', value);
    this.#words(value, 2);
  }

  /** 256 bits, unsigned. A `bigint`. */
  u256(value: bigint): void {
    if (BigInt.asUintN(256, value) !== value) outOfRange('u256', value);
    this.#words(value, 4);
  }

  /** 256 bits, signed. A `bigint`. */
  i256(value: bigint): void {
    if (BigInt.asIntN(256, value) !== value) outOfRange('i256', value);
    this.#words(value, 4);
  }

  #words(value: bigint, count: number): void {
    const offset = this.#reserve(count * 8);
    let rest = value;
    for (let word = 0; word < count; word++) {
      this.#view.setBigUint64(offset + word * 8, rest & mask64, true);
      rest >>= 64n;
    }
  }

  /** Rounds to the nearest f32; beyond its range that is an infinity. */
  f32(value: number): void {
    if (typeof value !== 'number') wrongType('f32', value);
    const offset = this.#reserve(4);
    this.#view.setFloat32(offset, value, true);
  }

  /** 64 bits of IEEE 754. */
  f64(value: number): void {
    if (typeof value !== 'number') wrongType('f64', value);
    const offset = this.#reserve(8);
    this.#view.setFloat64(offset, value, true);
  }

  /** A u32 length in bytes and UTF-8. */
  string(value: string): void {
    if (typeof value !== 'string') wrongType('string', value);
    const start = this.#length;
    if (value.length <= shortString && this.#shortAscii(value)) return;
    this.#length = start;
    // UTF-8 needs at most three bytes per UTF-16 unit.
    const offset = this.#reserve(4 + value.length * 3);
    const { written } = utf8.encodeInto(value, this.#bytes.subarray(offset + 4));
    this.#view.setUint32(offset, written, true);
    this.#length = offset + 4 + written;
  }

  #shortAscii(value: string): boolean {
    const start = this.#reserve(4 + value.length) + 4;
    this.#view.setUint32(start - 4, value.length, true);
    const bytes = this.#bytes;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit >= 0x80) return false;
      bytes[start + index] = unit;
    }
    return true;
  }

  /** A u32 length and the bytes: an `Array<U8>`. */
  byteArray(value: Uint8Array): void {
    // Not `instanceof`: bytes of another realm are bytes. Of anything else with a length, what is written would be another value.
    const kind = value?.[Symbol.toStringTag];
    if (kind !== 'Uint8Array') wrongType('byte array', value);
    this.u32(value.length);
    this.raw(value);
  }

  /** The bytes alone, as `raw` writes them, from {@link preparedBytes}. */
  prepared({ words, length }: PreparedBytes): void {
    const size = words.length * 4;
    const offset = this.#reserve(size);
    const view = this.#view;
    for (let word = 0; word < words.length; word++) view.setInt32(offset + word * 4, words[word] ?? 0, true);
    this.#length = offset + length;
  }

  /** The bytes alone, without a length. */
  raw(value: Uint8Array): void {
    const { length } = value;
    const offset = this.#reserve(length);
    const bytes = this.#bytes;
    if (length > fewBytes) bytes.set(value, offset);
    else for (let index = 0; index < length; index++) bytes[offset + index] = value[index] ?? 0;
  }
}

/** JavaScript would write something else in its place, such as `true` for the text `false`. */
function wrongType(type: string, value: unknown): never {
  throw new TypeError(`${value === undefined ? 'undefined' : `a ${typeof value}`} is not a value of ${type}`);
}

/** The checks of ranges refuse everything that is no number too. */
function outOfRange(type: string, value: unknown): never {
  if (typeof value !== 'number' && typeof value !== 'bigint') wrongType(type, value);
  throw new RangeError(`${String(value)} is not a value of ${type}`);
}
