import { constants } from 'node:buffer';
import { type IncomingMessage } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type RawData, WebSocket } from 'ws';
import { hasCode, messageOf } from '../errors.ts';
import { type Environment } from './environment.ts';
import { type Inflate, inflatedTooLong, notInflatable } from './inflate.ts';
import { type Socket, type SocketConnector, type SocketHandlers, type SocketRequest } from './socket.ts';

export { systemClock } from './system-clock.ts';

/** How much of a refusal's body is read for the error message, in bytes. */
const maxRefusalBytes = 2048;

/** How long a peer may take to answer a close frame, in milliseconds. */
const closeGraceMs = 2000;

/** Opens sockets with `ws`, which can send headers and sees the status of a refused upgrade. */
export const socketConnector: SocketConnector = {
  sendsHeaders: true,
  connect: (request, handlers) => connect(request, handlers),
};

function connect(request: SocketRequest, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(request.url, [...request.subprotocols], {
    headers: request.token === undefined ? {} : { authorization: `Bearer ${request.token}` },
    perMessageDeflate: false,
    ...boundsOf(request.maxFrameBytes),
  });
  socket.binaryType = 'nodebuffer';
  let isOpen = false;
  let isOver = false;
  let grace: NodeJS.Timeout | undefined;
  const once = (report: () => void): void => {
    if (isOver) return;
    isOver = true;
    report();
  };
  socket.on('open', () => {
    isOpen = true;
    if (!isOver) handlers.onOpen(socket.protocol);
  });
  socket.on('message', (data, isBinary) => {
    if (!isOver) handlers.onFrame(isBinary ? bytesOf(data) : undefined);
  });
  socket.on('ping', () => {
    if (!isOver) handlers.onAlive();
  });
  socket.on('unexpected-response', (upgrade, response) => {
    void textOf(response).then((text) => {
      upgrade.destroy();
      const status = response.statusCode;
      const message = text === '' ? `HTTP status ${status ?? 0}` : text;
      return once(() => handlers.onFailure({ message, status, cause: undefined }));
    });
  });
  socket.on('error', (cause) => {
    if (!isOpen) return once(() => handlers.onFailure({ message: failureOf(cause), status: undefined, cause }));
    // Any other error of an open socket is followed by its close, which says more.
    const code = closeCodeOf(cause);
    if (code !== undefined) once(() => handlers.onClose(code, cause.message));
  });
  socket.on('close', (code, reason) => {
    clearTimeout(grace);
    once(() => handlers.onClose(code, reason.toString('utf8')));
  });
  return {
    send: (frame) => socket.send(frame),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close: (code, reason) => {
      isOver = true;
      if (socket.readyState !== WebSocket.OPEN) return socket.terminate();
      socket.close(code, reason);
      grace = setTimeout(() => socket.terminate(), closeGraceMs).unref();
    },
  };
}

/**
 * What `ws` has to bound, which it keeps as signed 32 bits. A server cuts its messages into frames of 4096 bytes, so that the parts that `ws` allows by itself would
 * end a message of 64 MiB.
 */
function boundsOf(maxFrameBytes: number): { maxPayload: number; maxFragments: number; maxBufferedChunks: number } {
  const maxPayload = Math.min(maxFrameBytes, 2 ** 31 - 1);
  const parts = Math.max(Math.ceil(maxPayload / 1024), 16 * 1024);
  return { maxPayload, maxFragments: parts, maxBufferedChunks: parts };
}

/** The beginning of a refusal's body; what came of it where it breaks off. */
async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response) {
      if (!Buffer.isBuffer(part)) continue;
      parts.push(part);
      size += part.length;
      if (size >= maxRefusalBytes) break;
    }
  } catch {
    // A refusal without its text is one all the same.
  }
  return Buffer.concat(parts).toString('utf8', 0, maxRefusalBytes);
}

/** What went wrong, where a host has several addresses with each of them, and what to look at. */
function failureOf(error: Error): string {
  const advice = adviceOf('code' in error ? error.code : undefined);
  const messages = 'errors' in error && Array.isArray(error.errors) ? error.errors.map(messageOf) : [error.message];
  return `${messages.join('; ').trimEnd()}${advice}`;
}

function adviceOf(code: unknown): string {
  switch (code) {
    case 'ECONNREFUSED':
      return ': is a server running there?';
    case 'EPROTO':
    // So Deno calls it.
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return ': does the server speak TLS (ssl: false if not)?';
    case 'ENOTFOUND':
      return ': is the host spelt right?';
    default:
      return '';
  }
}

/** The close code of an error that says that the server broke the WebSocket protocol. */
function closeCodeOf(error: Error): number | undefined {
  if (!('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('WS_ERR_')) return undefined;
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || error.code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS')
    return 1009;
  return error.code === 'WS_ERR_INVALID_UTF8' ? 1007 : 1002;
}

/** The bytes as such: a `Buffer` would hand out views where others copy. */
function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return bytesOf(Buffer.concat(data));
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Inflates with `node:zlib`, at once, so that messages keep their order without a queue. */
export const inflate: Inflate = (algorithm, bytes, maxBytes) => {
  const decompress = algorithm === 'gzip' ? gunzipSync : brotliDecompressSync;
  try {
    return bytesOf(decompress(bytes, { maxOutputLength: Math.min(maxBytes, constants.MAX_LENGTH) }));
  } catch (cause) {
    const isTooLong = hasCode(cause, 'ERR_BUFFER_TOO_LARGE');
    throw isTooLong ? inflatedTooLong(algorithm, maxBytes) : notInflatable(algorithm, cause);
  }
};

/** Node knows neither of networks nor of pages. */
export const environment: Environment = {
  isOnline: () => true,
  watch: () => () => undefined,
};

/** HTTP requests. */
export const fetchHttp: typeof fetch = (input, init) => fetch(input, init);
