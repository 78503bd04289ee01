import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import { setTimeout } from 'node:timers';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { subprotocols } from '../../wire/version.ts';
import { type Clock } from '../clock.ts';
import {
  type ClientTransport,
  closeCodes,
  closeReason,
  maxFrameBytes,
  type SessionInput,
} from '../session/transport.ts';
import { type Caller, callerHeaders } from './credentials.ts';
import { type Agreement, type HandshakeContext, shakeHands } from './handshake.ts';
import { type HttpAnswer, parseTarget, withHeaders } from './http-message.ts';
import { keepAlive } from './keep-alive.ts';
import { outgoingQueue } from './outgoing-queue.ts';
import { ServerWebSocket } from './server-web-socket.ts';

/** What the front needs of the server. */
export interface WebSocketHost extends HandshakeContext {
  /** Begins a session; `undefined` when the module refuses the client, who has then been dropped. */
  openSession(agreement: Agreement, transport: ClientTransport): SessionInput | undefined;
}

/** How long a client may take to answer a close frame, in milliseconds. */
const closeGraceMs = 250;

/** Turns upgrade requests into sessions. */
export class WebSocketFront {
  #host: WebSocketHost;
  readonly #clock: Clock;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    // By itself `ws` drops a client of which it has more than 60 pings to answer, such as one that sent them at once.
    autoPong: false,
    WebSocket: ServerWebSocket,
  });
  readonly #agreements = new WeakMap<IncomingMessage, Agreement>();

  /** `clock`: what pings go by. It is not that of the database: a test that puts that forward wants schedules to fire, not connections to be given up. */
  constructor(host: WebSocketHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
    this.#server.options.handleProtocols = (_, request) => {
      const agreement = this.#agreements.get(request);
      return agreement === undefined ? false : subprotocols[agreement.version];
    };
    this.#server.on('headers', (headers, request) => {
      const agreement = this.#agreements.get(request);
      if (agreement !== undefined) headers.push(...headerLines(agreement.caller));
    });
  }

  /** Serves another host from now on. */
  serve(host: WebSocketHost): void {
    this.#host = host;
  }

  /** Takes over the socket of a request that asks for an upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const outcome = shakeHands(
      { ...parseTarget(request.url ?? '/'), method: request.method ?? 'GET', headers: request.headers },
      this.#host,
    );
    if ('refusal' in outcome) {
      refuse(socket, outcome.refusal);
      return;
    }
    this.#agreements.set(request, outcome.agreement);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      serve(webSocket, outcome.agreement, this.#host, this.#clock);
    });
  }

  /** Ends all connections, as a server does whose database goes away. */
  close(): void {
    for (const webSocket of this.#server.clients) {
      closeSoon(webSocket, closeCodes.goingAway, 'module exited');
    }
    this.#server.close();
  }
}

function serve(webSocket: WebSocket, agreement: Agreement, host: WebSocketHost, clock: Clock): void {
  const session = host.openSession(agreement, transportOf(webSocket));
  // What the protocol of WebSockets itself forbids ends the connection: `ws` closes it, and says so in `close`.
  webSocket.on('error', () => webSocket.terminate());
  if (session === undefined) return;
  const alive = keepAlive(clock, { ping: () => webSocket.ping(), giveUp: () => webSocket.terminate() });
  webSocket.on('message', (data, isBinary) => {
    alive.heard();
    if (isBinary) session.receive(bytesOf(data));
    else session.receiveText();
  });
  const answerPing = pingAnswers(webSocket);
  webSocket.on('ping', (payload) => {
    alive.heard();
    answerPing(payload);
  });
  webSocket.on('pong', () => alive.answered());
  webSocket.on('close', () => {
    alive.stop();
    session.end();
  });
}

/** Answers pings, and while the network has not taken an answer only the newest of those that come, as a real server does: nothing grows with a client that does not read. */
function pingAnswers(webSocket: WebSocket): (payload: Buffer) => void {
  let isSending = false;
  let newest: Buffer | undefined;
  const send = (): void => {
    isSending = newest !== undefined;
    if (newest === undefined) return;
    webSocket.pong(newest, false, send);
    newest = undefined;
  };
  return (payload) => {
    newest = payload;
    if (!isSending) send();
  };
}

function transportOf(webSocket: WebSocket): ClientTransport {
  return {
    send: outgoingQueue({
      // An error comes only with a connection that is gone, and is told by `close` then.
      write: (frame, done) => webSocket.send(frame, done),
      overflow: () => webSocket.terminate(),
    }),
    close: (code, reason) => closeSoon(webSocket, code, closeReason(reason)),
    drop: () => webSocket.terminate(),
  };
}

function closeSoon(webSocket: WebSocket, code: number, reason: string): void {
  webSocket.close(code, reason);
  setTimeout(() => webSocket.terminate(), closeGraceMs).unref();
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return ArrayBuffer.isView(data) ? data : new Uint8Array(data);
}

function headerLines(caller: Caller): string[] {
  return Object.entries(callerHeaders(caller)).map(([name, value]) => `${name}: ${value}`);
}

function refuse(socket: Duplex, refusal: HttpAnswer): void {
  const { status, headers, body } = withHeaders(refusal, {
    'access-control-allow-origin': '*',
    'content-length': String(Buffer.byteLength(refusal.body)),
    connection: 'close',
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines].join('\r\n');
  // The client may be gone before it has read the refusal, or keep its side open for ever.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head}\r\n\r\n${body}`);
}
