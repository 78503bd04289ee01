import { Inflate as GzipInflate } from 'pako';
import { ConnectionError } from '../errors.ts';
import { type Environment } from './environment.ts';
import { type Inflate, inflatedTooLong, notInflatable } from './inflate.ts';
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
  // Not the option `signal` of listeners, which React Native does not know.
  let isOver = false;
  socket.addEventListener('open', () => {
    if (isOver) return;
    isOpen = true;
    handlers.onOpen(socket.protocol);
  });
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (isOver) return;
    handlers.onFrame(event.data instanceof ArrayBuffer ? new Uint8Array(event.data) : undefined);
  });
  socket.addEventListener('close', (event) => {
    if (isOver) return;
    isOver = true;
    if (isOpen) handlers.onClose(event.code, event.reason);
    else handlers.onFailure({ message: notOpened(request.url), status: undefined, cause: undefined });
  });
  return {
    send: (frame) => socket.send(frame),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close: (code, reason) => {
      isOver = true;
      socket.close(code, reason);
    },
  };
}

/** Browsers do not tell why. What can be told is where, and what it usually is; never the query, which may hold a token. */
function notOpened(url: string): string {
  const [address = url] = url.split('?', 1);
  const advice = address.startsWith('wss:')
    ? 'is the server there, does it speak TLS (ssl: false if not), is the name of the database right?'
    : 'is the server there, without TLS (ssl: true if not), is the name of the database right?';
  return `the socket to ${address} could not be opened: ${advice}`;
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
  return concatenate(parts, size);
}

/** How much goes into the brotli decoder at once, and comes out of it, in bytes: it copies both. */
const brotliStepBytes = 256 * 1024;

async function inflateBrotli(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { BrotliDecStream, BrotliStreamResultCode } = await brotliDecoder();
  const stream = new BrotliDecStream();
  const parts: Uint8Array[] = [];
  let size = 0;
  let offset = 0;
  try {
    for (;;) {
      const step = decodeStep(stream, bytes.subarray(offset, offset + brotliStepBytes));
      offset += step.taken;
      size += step.output.length;
      if (size > maxBytes) throw inflatedTooLong('brotli', maxBytes);
      parts.push(step.output);
      if (step.code === BrotliStreamResultCode.ResultSuccess) return concatenate(parts, size);
      const isStuck = step.taken === 0 && step.output.length === 0;
      if (isStuck || (step.code === BrotliStreamResultCode.NeedsMoreInput && offset >= bytes.length)) {
        throw notInflatable('brotli', new Error('they end too early'));
      }
    }
  } finally {
    stream.free();
  }
}

type BrotliDecoder = Awaited<typeof import('brotli-dec-wasm').default>;
type BrotliStream = InstanceType<BrotliDecoder['BrotliDecStream']>;
type BrotliResult = ReturnType<BrotliStream['dec']>;

async function brotliDecoder(): Promise<BrotliDecoder> {
  try {
    return await (
      await import('brotli-dec-wasm')
    ).default;
  } catch (cause) {
    throw new ConnectionError("loading the brotli decoder failed; the option compression: 'gzip' needs none", {
      cause,
    });
  }
}

function decodeStep(
  stream: BrotliStream,
  input: Uint8Array,
): { readonly output: Uint8Array; readonly taken: number; readonly code: BrotliResult['code'] } {
  try {
    const result = stream.dec(input, brotliStepBytes);
    const step = { output: result.buf, taken: result.input_offset, code: result.code };
    result.free();
    return step;
  } catch (cause) {
    throw notInflatable('brotli', cause);
  }
}

function concatenate(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** `online` and `offline` of the window, `visibilitychange` of the document; a worker has only some of them. */
export const environment: Environment = {
  isOnline: () => globalThis.navigator?.onLine ?? true,
  watch: ({ online, offline, visible }) => {
    const listening = new AbortController();
    const listen = { signal: listening.signal };
    globalThis.addEventListener?.('online', online, listen);
    globalThis.addEventListener?.('offline', offline, listen);
    globalThis.document?.addEventListener(
      'visibilitychange',
      () => {
        if (globalThis.document.visibilityState === 'visible') visible();
      },
      listen,
    );
    return () => listening.abort();
  },
};

/** HTTP requests. */
export const fetchHttp: typeof fetch = (input, init) => globalThis.fetch(input, init);
