/** Bytes that are written again and again, as little-endian words of 32 bits: a few of them are written faster than `set` copies that many bytes. */
export interface PreparedBytes {
  /** How many bytes it is, without what fills the last word. */
  readonly length: number;
  /** The bytes, four by four; the last word is filled up with zeros. */
  readonly words: readonly number[];
}

/** Prepares a copy of `bytes`. */
export function preparedBytes(bytes: Uint8Array): PreparedBytes {
  const { length } = bytes;
  const words: number[] = [];
  for (let at = 0; at < length; at += 4) {
    const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4);
    words.push(first | (second << 8) | (third << 16) | (fourth << 24));
  }
  return { length, words };
}
