import { ProtocolError } from '../errors.ts';

/** Inflates one server payload. The result is never longer than `maxBytes`: the bound holds while inflating. */
export type Inflate = (
  algorithm: 'gzip' | 'brotli',
  bytes: Uint8Array,
  maxBytes: number,
) => Uint8Array | Promise<Uint8Array>;

/** The payload would be longer than the bound. */
export function inflatedTooLong(algorithm: string, maxBytes: number): ProtocolError {
  return new ProtocolError(
    `inflating a ${algorithm} frame of the server: more than ${maxBytes} bytes; raise limits.maxInflatedBytes if that is meant`,
  );
}

/** The payload is not what its compression byte says. */
export function notInflatable(algorithm: string, cause: unknown): ProtocolError {
  return new ProtocolError(`inflating a ${algorithm} frame of the server: the bytes are damaged`, { cause });
}
