import { BsatnWriter } from '../../bsatn/writer.ts';
import { type ServerMessage, writeServerMessage } from '../../wire/server-message.ts';
import { type ServerFrame } from './transport.ts';

/** A server message in BSATN. */
export interface EncodedMessage {
  readonly bytes: Uint8Array;
  /** Tells shared messages from each other. */
  readonly number: number;
  /** The frames that begin with a message that is for several connections; `undefined` for one that is for one only. */
  readonly frames: Map<string, ServerFrame> | undefined;
}

/** Up to so many bytes of room are kept for the next message. */
const keptCapacity = 64 * 1024;

/** The room that messages are written in: for each a writer of its own, with its view, was a tenth of what a short call took. */
let writer = new BsatnWriter();
let lastNumber = 0;

/** Encodes a message for one connection or, shared, for several. */
export function encodeMessage(message: ServerMessage, isShared = false): EncodedMessage {
  writer.clear();
  writeServerMessage(writer, message);
  const bytes = writer.finish();
  if (writer.capacity > keptCapacity) writer = new BsatnWriter();
  return { bytes, number: ++lastNumber, frames: isShared ? new Map() : undefined };
}
