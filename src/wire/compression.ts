import { ProtocolError } from '../errors.ts';

/** How a server may compress; the first byte of each of its payloads says how it did. */
export type Compression = 'none' | 'gzip' | 'brotli';

/** The value of the query parameter `compression` of the upgrade request. */
export const compressionParameters: Readonly<Record<Compression, 'None' | 'Gzip' | 'Brotli'>> = {
  none: 'None',
  gzip: 'Gzip',
  brotli: 'Brotli',
};

/** The compression, if it is one. Throws a `TypeError` that names the ones there are. */
export function checkedCompression(compression: Compression): Compression {
  if (Object.hasOwn(compressionParameters, compression)) return compression;
  throw new TypeError(`compression is ${JSON.stringify(compression)}; it takes 'gzip', 'brotli' or 'none'`);
}

/** The first byte of a server payload. */
export const compressionTags: Readonly<Record<Compression, number>> = { none: 0, brotli: 1, gzip: 2 };

/** Servers compress payloads that are longer than this, in bytes without the tag. */
export const compressionThreshold = 1024;

/** The compression that the first byte of `payload` names. Throws a {@link ProtocolError} for another byte, and for an empty payload. */
export function compressionOf(payload: Uint8Array): Compression {
  switch (payload[0]) {
    case 0:
      return 'none';
    case 1:
      return 'brotli';
    case 2:
      return 'gzip';
    default:
      throw new ProtocolError(
        `reading a frame of the server: it begins with ${payload[0]?.toString(16) ?? 'nothing'}, which is no compression`,
      );
  }
}
