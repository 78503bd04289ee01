import { socketConnector } from '../../../src/platform/node.ts';
import { type Socket, type SocketConnector } from '../../../src/platform/socket.ts';
import { patienceMs } from '../patience.ts';

/** The platform's sockets, with a way to wait for what has arrived, and to send past the client. */
export interface CountingConnector extends SocketConnector {
  /** Fulfilled when the client has taken `count` frames in all; rejects after two seconds. */
  taken(count: number): Promise<void>;
  /** Sends a frame that the client did not make. */
  sendRaw(frame: Uint8Array): void;
}

/** Makes a {@link CountingConnector} for one client. */
export function countingConnector(): CountingConnector {
  let frames = 0;
  let socket: Socket | undefined;
  let wake = (): void => undefined;
  return {
    sendsHeaders: socketConnector.sendsHeaders,
    connect: (request, handlers) => {
      socket = socketConnector.connect(request, {
        ...handlers,
        onFrame: (frame) => {
          handlers.onFrame(frame);
          frames++;
          wake();
        },
      });
      return socket;
    },
    taken: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`the client took ${frames} frames, not ${count}`)), patienceMs);
        wake = () => {
          if (frames < count) return;
          clearTimeout(timer);
          resolve();
        };
        wake();
      }),
    sendRaw: (frame) => socket?.send(new Uint8Array(frame)),
  };
}
