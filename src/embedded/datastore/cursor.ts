/** Bytes that are no value of their type. The message is the text that a server gives, such as `data too short for u32: Expected 4, given 2`. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}

/** A position in bytes. */
export class Cursor {
  readonly bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  /** Moves past `size` bytes and returns where they begin. Throws a {@link DecodeError} that calls them `type`. */
  take(size: number, type: string): number {
    const start = this.offset;
    const given = this.bytes.length - start;
    if (size > given) throw new DecodeError(`data too short for ${type}: Expected ${size}, given ${given}`);
    this.offset = start + size;
    return start;
  }

  u8(): number {
    return this.bytes[this.take(1, 'u8')] ?? 0;
  }

  u32(): number {
    const { bytes } = this;
    const start = this.take(4, 'u32');
    const low = (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8) | ((bytes[start + 2] ?? 0) << 16);
    return (low | ((bytes[start + 3] ?? 0) << 24)) >>> 0;
  }
}
