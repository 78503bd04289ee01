import { Inflate as GzipInflate } from 'pako';
import { ConnectionError } from '../errors.ts';
import { type Environment } from './environment.ts';
import { type Inflate, inflatedTooLong, joined, notInflatable } from './inflate.ts';
import { type Socket, type SocketConnector, type SocketHandlers, type SocketRequest } from './socket.ts';

export { systemClock } from './system-clock.ts';

/** Opens sockets with the browser's `WebSocket`, which sends no headers and hides why an upgrade was refused. */
export const socketConnector: SocketConnector = {
  sendsHeaders: false,
  connect: (request, handlers) => connect(request, handlers),
};

function connect(request: SocketRequest, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(request.url, [...request.subprotocols]);
  socket.binaryType = 'arraybuffer';
  let isOpen = false;
  socket.addEventListener('open', () => {
    isOpen = true;
    handlers.onOpen(socket.protocol);
  });
  // No Blob, as `binaryType` says; a window that a test runner makes has an `ArrayBuffer` of its own.
  socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
    handlers.onFrame(typeof data === 'string' ? undefined : new Uint8Array(data));
  });
  socket.addEventListener('close', (event) => {
    if (isOpen) handlers.onClose(event.code, event.reason);
    else handlers.onFailure({ message: notOpened(request.url), status: undefined, cause: undefined });
  });
  return {
    send: (frame) => socket.send(frame),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close: (code, reason) => socket.close(code, reason),
  };
}

/** Browsers do not tell why; what can be told is what it usually is. */
function notOpened(url: string): string {
  const isSecure = url.startsWith('wss:');
  const tls = isSecure ? 'with TLS (if not, ssl: false)' : 'without TLS (if not, ssl: true)';
  return `the socket did not open: is the server there, ${tls}, and the name of the database right?`;
}

/** Inflates gzip with `pako`, at once; brotli with a wasm module that is loaded when the first such frame arrives. */
export const inflate: Inflate = (algorithm, bytes, maxBytes) =>
  algorithm === 'gzip' ? inflateGzip(bytes, maxBytes) : inflateBrotli(bytes, maxBytes);

function inflateGzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const inflator = new GzipInflate();
  const parts: Uint8Array[] = [];
  let size = 0;
  inflator.onData = (part: Uint8Array) => {
    size += part.length;
    if (size > maxBytes) throw inflatedTooLong('gzip', maxBytes);
    parts.push(part);
  };
  inflator.push(bytes, true);
  if (inflator.err !== 0) throw notInflatable('gzip', new Error(inflator.msg));
  return joined(parts, size);
}

async function inflateBrotli(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const inflateWith = await brotliDecoder();
  return inflateWith(bytes, maxBytes);
}

async function brotliDecoder(): ReturnType<typeof import('./brotli.ts').loadBrotli> {
  try {
    const { loadBrotli } = await import('./brotli.ts');
    return await loadBrotli();
  } catch (cause) {
    throw new ConnectionError("loading the brotli decoder failed; the option compression: 'gzip' needs none", {
      cause,
    });
  }
}

/** `online` and `offline` of the window, `visibilitychange` of the document; a worker has only some of them. */
export const environment: Environment = {
  isOnline: () => globalThis.navigator?.onLine ?? true,
  watch: ({ online, offline, visible }) => {
    const { document } = globalThis;
    const onVisibility = (): void => {
      if (document.visibilityState === 'visible') visible();
    };
    // Not the option `signal` of listeners: React Native does not know it, and the window of a test runner knows its own only.
    globalThis.addEventListener?.('online', online);
    globalThis.addEventListener?.('offline', offline);
    document?.addEventListener('visibilitychange', onVisibility);
    return () => {
      globalThis.removeEventListener?.('online', online);
      globalThis.removeEventListener?.('offline', offline);
      document?.removeEventListener('visibilitychange', onVisibility);
    };
  },
};

/** HTTP requests. */
export const fetchHttp: typeof fetch = (input, init) => globalThis.fetch(input, init);
