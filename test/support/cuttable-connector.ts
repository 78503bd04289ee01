import { socketConnector } from '../../src/platform/node.ts';
import { type Socket, type SocketConnector, type SocketHandlers } from '../../src/platform/socket.ts';

/** The platform's sockets, with a way to break them. */
export interface CuttableConnector extends SocketConnector {
  /** Breaks the open sockets, as a network does: both ends learn of it, neither was asked. */
  cut(): void;
}

/** Makes a {@link CuttableConnector}. */
export function cuttableConnector(): CuttableConnector {
  const open = new Map<Socket, SocketHandlers>();
  return {
    sendsHeaders: socketConnector.sendsHeaders,
    connect: (request, handlers) => {
      const socket = socketConnector.connect(request, handlers);
      open.set(socket, handlers);
      return socket;
    },
    cut: () => {
      for (const [socket, handlers] of open) {
        open.delete(socket);
        socket.close(1000, '');
        handlers.onClose(1006, '');
      }
    },
  };
}
