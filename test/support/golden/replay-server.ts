import { type WebSocket, WebSocketServer } from 'ws';
import { patienceMs } from '../patience.ts';
import { portOf } from '../loopback.ts';

/** One socket of a client under test, at the server's end. */
export interface ReplayPeer {
  /** The next frame that the client sent; rejects when none comes within two seconds. */
  nextFrame(): Promise<Uint8Array>;
  /** How many frames came that nobody has asked for. */
  readonly waitingFrames: number;
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
}

/** A WebSocket server that says only what a test tells it to say. */
export interface ReplayServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The next socket that connects; the subprotocol must be on the client's offer. */
  nextPeer(subprotocol: string): Promise<ReplayPeer>;
  close(): Promise<void>;
}

/** Starts a replay server on a free port of the loopback interface. */
export async function startReplayServer(): Promise<ReplayServer> {
  let subprotocol = '';
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    host: `127.0.0.1:${portOf(server.address())}`,
    nextPeer: (wanted) => {
      subprotocol = wanted;
      return new Promise((resolve) => server.once('connection', (socket) => resolve(peerOf(socket))));
    },
    close: () => {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function peerOf(socket: WebSocket): ReplayPeer {
  const frames: Uint8Array[] = [];
  let wake = (): void => undefined;
  socket.on('message', (data) => {
    if (!Buffer.isBuffer(data)) throw new TypeError('expected one buffer per frame');
    frames.push(new Uint8Array(data));
    wake();
  });
  return {
    nextFrame: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('the client sent no frame')), patienceMs);
        wake = () => {
          const frame = frames.shift();
          if (frame === undefined) return;
          clearTimeout(timer);
          wake = () => undefined;
          resolve(frame);
        };
        wake();
      }),
    get waitingFrames() {
      return frames.length;
    },
    send: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code, reason),
  };
}
