import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { type ClientMessage, readClientMessage, writeClientMessage } from '../../src/wire/client-message.ts';
import { readServerMessage, type ServerMessage, writeServerMessage } from '../../src/wire/server-message.ts';

/** Both directions of what a client says: the product reads in one place and writes in another. */
export const clientMessageCodec: Codec<ClientMessage> = {
  read: readClientMessage,
  write: writeClientMessage,
  minSize: 9,
};

/** Both directions of what a server says. */
export const serverMessageCodec: Codec<ServerMessage> = {
  read: readServerMessage,
  write: writeServerMessage,
  minSize: 5,
};

/** The bytes of one client message: a whole v2 frame, or a part of a v3 frame. */
export function encodeClientMessage(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return encode(clientMessageCodec, message);
}
