const hexDigits: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** Lower-case hex of `bytes`, two digits a byte, in memory order. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexDigits[byte];
  return text;
}

/** The bytes of a hex text without prefix. Throws a `SyntaxError` on an odd length or another character. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new SyntaxError(`not a hex text of whole bytes: ${JSON.stringify(text.slice(0, 80))}`);
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

/** Whether a value is a `Uint8Array`: of this realm or, as what Node hands to a test runner with globals of its own, of another. */
export function isBytes(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true;
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** Whether both hold the same bytes. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

const chunkLength = 4096;

/** A string with one character per byte: the way to use bytes as the key of a `Map`. */
export function bytesToKey(bytes: Uint8Array): string {
  if (bytes.length <= chunkLength) return Reflect.apply(String.fromCharCode, undefined, bytes);
  let key = '';
  for (let start = 0; start < bytes.length; start += chunkLength) {
    key += bytesToKey(bytes.subarray(start, start + chunkLength));
  }
  return key;
}
