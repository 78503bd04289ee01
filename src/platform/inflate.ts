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

/** What came out of an inflate, in one piece of `size` bytes. */
export function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
