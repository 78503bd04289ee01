const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The unpadded base64url text of `bytes`. */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/**
 * The bytes of an unpadded base64url text. Stricter than Node's own decoder, which skips what it does not know, and with the error
 * texts of a server: a character outside the alphabet, a length that leaves six bits over, a last character with bits to spare.
 */
export function fromBase64Url(text: string): { readonly bytes: Uint8Array } | { readonly problem: string } {
  for (let offset = 0; offset < text.length; offset++) {
    if (!alphabet.includes(text.charAt(offset))) {
      return { problem: `Invalid symbol ${text.charCodeAt(offset)}, offset ${offset}.` };
    }
  }
  const left = text.length % 4;
  if (left === 1) return { problem: `Invalid input length: ${text.length}` };
  const last = text.length - 1;
  const spareBits = left === 2 ? 0b1111 : left === 3 ? 0b11 : 0;
  if ((alphabet.indexOf(text.charAt(last)) & spareBits) !== 0) {
    return { problem: `Invalid last symbol ${text.charCodeAt(last)}, offset ${last}.` };
  }
  return { bytes: new Uint8Array(Buffer.from(text, 'base64url')) };
}
