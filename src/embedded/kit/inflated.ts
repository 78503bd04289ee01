import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { compressionOf } from '../../wire/compression.ts';

/** What a payload of a server holds behind its compression byte. Throws a `ProtocolError` for a byte that names no compression, and what zlib throws for damaged data. */
export function inflated(payload: Uint8Array): Uint8Array {
  const body = payload.subarray(1);
  switch (compressionOf(payload)) {
    case 'none':
      return body;
    case 'gzip':
      return gunzipSync(body);
    case 'brotli':
      return brotliDecompressSync(body);
  }
}
