const strict = /*@__PURE__*/ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8; a leading U+FEFF is kept. Throws a `TypeError` where the bytes are none. */
export function decodeUtf8(bytes: Uint8Array): string {
  return strict.decode(bytes);
}

/** Decodes what should be UTF-8; a leading U+FEFF is kept, and what is none becomes U+FFFD. */
export function decodeUtf8Lossy(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
