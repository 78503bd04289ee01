import { WebSocket } from 'ws';
import { type EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { type Open } from './transcript.ts';

/** What a connection of a replay tells. */
interface ReplayHandlers {
  onFrame(frame: Uint8Array): void;
  onClose(code: number, reason: string): void;
}

/** A connection of a replay. */
export interface ReplayConnection {
  send(frame: Uint8Array): void;
  sendText(text: string): void;
  /** Resolves when all that the server had to say until now has been told. */
  settle(): Promise<void>;
  close(): void;
}

/** The server under test. */
export type ReplayedServer = Pick<EmbeddedServer, 'host' | 'url' | 'database' | 'ownerToken'> &
  Partial<Pick<EmbeddedServer, 'connectInMemory'>>;

/** Connects to the server under test; resolves when the connection is open. */
export type ReplayConnect = (server: ReplayedServer, open: Open, handlers: ReplayHandlers) => Promise<ReplayConnection>;

const urlOf = (server: ReplayedServer, { compression }: Open): string =>
  `ws://${server.host}/v1/database/${server.database}/subscribe?compression=${compression}`;

/** Everything that microtasks have to do is done when a macrotask comes. */
const settleMemory = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Without a network. */
export const memoryConnect: ReplayConnect = async (server, open, handlers) => {
  const request = { url: urlOf(server, open), subprotocols: [open.subprotocol], token: undefined };
  return new Promise((resolve, reject) => {
    if (server.connectInMemory === undefined) throw new TypeError('a server elsewhere has sockets only');
    const socket = server.connectInMemory(request, {
      onOpen: () => resolve({ ...socket, settle: settleMemory, close: () => socket.close(1000, '') }),
      onFrame: (frame) => handlers.onFrame(frame),
      onClose: (code, reason) => handlers.onClose(code, reason),
      onFailure: ({ message, status }) => reject(new Error(`refused with ${status}: ${message}`)),
    });
  });
};

/** Over WebSockets. A pong follows all frames that were sent before it. */
export const socketConnect: ReplayConnect = async (server, open, handlers) => {
  const socket = new WebSocket(urlOf(server, open), [open.subprotocol], { perMessageDeflate: false });
  const isClosed = new Promise<void>((resolve) => {
    socket.on('close', (code, reason) => {
      handlers.onClose(code, reason.toString());
      resolve();
    });
  });
  socket.on('message', (data: Buffer) => handlers.onFrame(data));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    send: (frame) => socket.send(frame),
    sendText: (text) => socket.send(text),
    settle: async () => {
      const hasPong = new Promise<void>((resolve) => {
        socket.once('pong', () => resolve());
      });
      if (socket.readyState === WebSocket.OPEN) socket.ping();
      await Promise.race([hasPong, isClosed]);
    },
    close: () => socket.terminate(),
  };
};
