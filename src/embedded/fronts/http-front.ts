import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Duplex } from 'node:stream';
import { setTimeout } from 'node:timers';
import { isBytes } from '../../bsatn/bytes.ts';
import { messageOf } from '../../errors.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type Host } from '../host.ts';
import { databaseRoutes, refusedRoutes } from './database-routes.ts';
import { isSubscribePath, shakeHands } from './handshake.ts';
import { type HttpAnswer, parseTarget, textAnswer, withHeaders } from './http-message.ts';
import { identityRoutes } from './identity-routes.ts';
import { createRouter, everyOrigin, type Router } from './router.ts';
import { WebSocketFront } from './web-socket-front.ts';

/** The longest body of a request, in bytes. */
const maxBodyBytes = 2 * 1024 * 1024;

/** How long requests may take to end when the server closes, in milliseconds. */
const graceMs = 250;

/** The routes of a host. What asks for a WebSocket without an upgrade is told how to. */
export function routerOf(host: Host): Router {
  const router = createRouter(host, identityRoutes, [...databaseRoutes, ...refusedRoutes]);
  return async (request) => {
    const handshake =
      isSubscribePath(request.segments) && request.method !== 'OPTIONS' ? shakeHands(request, host) : undefined;
    if (handshake !== undefined && 'refusal' in handshake) return withHeaders(handshake.refusal, everyOrigin);
    return router(request);
  };
}

/** Serves a host over HTTP and WebSockets, and after a restart the one that takes its place. */
export class HttpFront {
  readonly #server: Server;
  readonly #webSockets: WebSocketFront;
  #host: Host;
  #router: Router;

  /** `networkClock`: what pings of WebSockets go by; that of the system by default. */
  constructor(host: Host, networkClock: Clock = systemClock({ unref: true })) {
    this.#host = host;
    this.#router = routerOf(host);
    this.#webSockets = new WebSocketFront(host, networkClock);
    this.#server = createServer((request, response) => {
      void answer(this.#router, this.#host, request, response);
    });
    this.#server.on('upgrade', (request, socket, head) => {
      if (request.headers.upgrade?.toLowerCase() === 'websocket') this.#webSockets.upgrade(request, socket, head);
      else this.#overlookUpgrade(request, socket, head);
    });
  }

  /** Some clients offer HTTP/2 with what they ask first. Like a server, this one goes on as if they had not: the request is read anew, without the offer. */
  #overlookUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
    this.#server.emit('connection', socket);
  }

  /** Serves another host from now on, at the same port. The sockets of the one before are its own affair. */
  serve(host: Host): void {
    this.#host = host;
    this.#router = routerOf(host);
    this.#webSockets.serve(host);
  }

  /** Begins to listen; the result is the port. Rejects when that is not possible, such as for a port that is taken. */
  async listen(port: number, address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, () => {
        this.#server.off('error', reject);
        const bound = this.#server.address();
        if (typeof bound === 'object' && bound !== null) resolve(bound.port);
        else reject(new Error(`listening at ${address}: the system gave no port`));
      });
    });
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    this.#webSockets.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      setTimeout(() => this.#server.closeAllConnections(), graceMs).unref();
    });
  }
}

/** The request line and the headers as they came, but for what offers an upgrade. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (const [index, name] of rawHeaders.entries()) {
    if (index % 2 === 0 && name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** While a server starts anew it still has its port. */
const closed = textAnswer(503, 'the database is closed');

/** Never rejects. Who breaks off a request gets no answer. */
async function answer(router: Router, host: Host, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let result: HttpAnswer;
  try {
    const body = await readBody(incoming);
    const request = {
      ...parseTarget(incoming.url ?? '/'),
      method: incoming.method ?? 'GET',
      headers: incoming.headers,
    };
    if (body === undefined) result = textAnswer(413, 'Failed to buffer the request body: length limit exceeded');
    else result = host.isClosed ? closed : await router({ ...request, body });
  } catch (error) {
    if (incoming.destroyed && !incoming.complete) return;
    if (!host.isClosed) host.logError(error);
    result = host.isClosed ? closed : textAnswer(500, messageOf(error));
  }
  const { connection } = result.headers;
  response.writeHead(result.status, {
    ...result.headers,
    // To Node an answer that names something for the connection goes on with it, whatever was asked for.
    ...(connection !== undefined && !response.shouldKeepAlive && { connection: `${connection}, close` }),
    'content-length': String(Buffer.byteLength(result.body)),
  });
  response.end(result.body);
}

/** `undefined`: the body is too long. It is read to its end all the same: who still sends does not read the answer. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of incoming) {
    if (!isBytes(part)) throw new TypeError('the body of a request came as text');
    size += part.length;
    if (size <= maxBodyBytes) parts.push(part);
  }
  return size > maxBodyBytes ? undefined : Buffer.concat(parts);
}
