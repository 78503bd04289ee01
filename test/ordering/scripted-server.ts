import { type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { encode } from '../../src/bsatn/codec.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { readClientMessage } from '../../src/wire/client-message.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { subprotocols } from '../../src/wire/version.ts';
import { initialConnection } from '../support/fake-connector.ts';
import { counterRow } from './numbered-updates.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

/** Serves WebSockets at `http`: answers the first Subscribe with the row that counts from 0, and sends `frames` behind it. */
export function serveFrames(http: Server, frames: readonly Uint8Array[]): void {
  const server = new WebSocketServer({ server: http, handleProtocols: () => subprotocols.v3 });
  server.on('connection', (socket) => {
    say(socket, initialConnection());
    socket.on('message', (data: Buffer) => {
      const message = readClientMessage(new BsatnReader(data, 'a frame of the client'));
      if (message.tag !== 'Subscribe') return;
      const { requestId, querySetId } = message;
      const tables = [{ table: 'setting', rows: counterRow(0) }];
      say(socket, { tag: 'SubscribeApplied', requestId, querySetId, tables });
      for (const frame of frames) socket.send(frame);
    });
  });
}

function say(socket: WebSocket, message: ServerMessage): void {
  socket.send(Uint8Array.of(0, ...encode(serverMessageCodec, message)));
}
