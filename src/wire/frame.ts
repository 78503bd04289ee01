import { readGuarded } from '../bsatn/codec.ts';
import { BsatnReader } from '../bsatn/reader.ts';
import { ProtocolError } from '../errors.ts';
import { readServerMessage, type ServerMessage } from './server-message.ts';
import { type ProtocolVersion } from './version.ts';

const reading = { read: readServerMessage };

/*
 * client -> server    v2  message                    server -> client    v2  compression:u8 message
 *                     v3  message message …                              v3  compression:u8 message message …
 *
 * The compression covers everything behind its byte. A v3 payload ends where its bytes end: no count, no separator.
 */

/**
 * The messages of an inflated server payload, without its compression byte.
 * Throws a {@link ProtocolError} for bytes that are no message, for a v2 payload that goes on after its message, and for a v3 payload without one.
 */
export function readServerPayload(body: Uint8Array, version: ProtocolVersion): ServerMessage[] {
  const messages: ServerMessage[] = [];
  takeServerMessages(body, version, (message) => messages.push(message) > 0);
  return messages;
}

/**
 * Hands the messages of a payload out one by one, each before the next one is read, as long as `take` returns true: of a frame with a thousand of them
 * no two have to be there at a time. They begin at `from`. `take` is told how many rows a message holds as well: their bytes alone bound that badly, since
 * rows may be of one byte, or of none. Throws as {@link readServerPayload} does, when it comes to what is wrong.
 */
export function takeServerMessages(
  body: Uint8Array,
  version: ProtocolVersion,
  take: (message: ServerMessage, rows: number) => boolean,
  from = 0,
): void {
  const reader = new BsatnReader(body, 'ServerMessage');
  reader.offset = from;
  if (version === 'v2') {
    const message = readGuarded(reading, reader, 'ServerMessage');
    reader.finish('ServerMessage');
    take(message, reader.rows);
    return;
  }
  if (reader.remaining === 0) throw new ProtocolError('reading a v3 payload of the server: it holds no message');
  while (reader.remaining > 0) {
    const message = readGuarded(reading, reader, 'ServerMessage');
    const next = reader.offset;
    if (!take(message, reader.rows)) return;
    reader.rows = 0;
    // The rows of the message share this reader.
    reader.offset = next;
  }
}
