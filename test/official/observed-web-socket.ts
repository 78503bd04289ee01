import { type RawData, WebSocket } from 'ws';

/** Sees the socket of one connection without taking part in it. */
export interface SocketObserver {
  /** What is to be found as the global `WebSocket`: it is called with `new`. */
  readonly WebSocket: (url: string, protocols: string[]) => WebSocket;
  /** The subprotocols that were offered. */
  offered(): readonly string[];
  /** The subprotocol that the server picked; undefined before. */
  protocol(): string | undefined;
  /** The query of the URL. */
  query(): URLSearchParams;
  /** The first byte of each frame from the server so far: how it is compressed. */
  readonly compressionTags: readonly number[];
}

/** Watches the next socket that is opened. */
export function observeSocket(): SocketObserver {
  const compressionTags: number[] = [];
  let offered: readonly string[] = [];
  let query = new URLSearchParams();
  let socket: WebSocket | undefined;
  return {
    WebSocket: function open(url, protocols) {
      offered = protocols;
      query = new URL(url).searchParams;
      socket = new WebSocket(url, protocols);
      socket.on('message', (data) => compressionTags.push(firstByte(data)));
      return socket;
    },
    offered: () => offered,
    protocol: () => socket?.protocol,
    query: () => query,
    compressionTags,
  };
}

function firstByte(data: RawData): number {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data);
  return bytes[0] ?? -1;
}
