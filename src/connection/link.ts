import { ConnectionError, ProtocolError } from '../errors.ts';
import { type Clock } from '../platform/clock.ts';
import { type Inflate } from '../platform/inflate.ts';
import { type Socket, type SocketConnector, type SocketFailure } from '../platform/socket.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { type InitialConnection, type ServerMessage } from '../wire/server-message.ts';
import { type ProtocolVersion, subprotocols, versionOfSubprotocol } from '../wire/version.ts';
import { Inbox, type InboxOptions } from './inbox.ts';
import { Liveness, type LivenessOptions } from './liveness.ts';
import { Outbox, type OutboundBatching } from './outbox.ts';

/** Why a link ended without being asked to. */
export type LinkEnd =
  | { readonly kind: 'lost'; readonly error: ConnectionError }
  /** The server refused the token. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The server sent what cannot be read. */
  | { readonly kind: 'violated'; readonly error: unknown };

/** What a link works with. */
export interface LinkOptions {
  readonly connector: SocketConnector;
  readonly inflate: Inflate;
  readonly clock: Clock;
  readonly url: string;
  /** Goes into a header, where the connector sends headers. */
  readonly token: string | undefined;
  readonly batching: OutboundBatching;
  readonly maxOutboundFrameBytes: number;
  readonly inbound: Pick<InboxOptions, 'maxFrameBytes' | 'maxInflatedBytes' | 'maxRowsPerMessage'>;
  readonly liveness: Pick<LivenessOptions, 'idleMs' | 'timeoutMs' | 'snapshotGraceMs' | 'isSnapshotPending'>;
  /** What to send when the server has been silent for long. */
  readonly probeMessage: () => ClientMessage;
  readonly onOpen: (initial: InitialConnection, version: ProtocolVersion) => void;
  readonly onMessage: (message: ServerMessage) => void;
  /** The server was asked for a sign of life; with how long it took, in milliseconds, it gave one. */
  readonly onProbe: (roundTripMs: number | undefined) => void;
  /** Called once, and nothing after it. */
  readonly onEnd: (end: LinkEnd) => void;
}

/** Close codes with which either end says that the other one broke the protocol: to connect again would only repeat it. */
const violationCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009]);

/**
 * One socket from its upgrade to its end: negotiation, frames in both directions, signs of life.
 *
 * ```text
 * upgrade ──► negotiated ──InitialConnection──► open: messages … ──► end
 * ```
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #socket: Socket;
  #frames: { readonly inbox: Inbox; readonly outbox: Outbox } | undefined;
  #liveness: Liveness | undefined;
  #isOver = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { connector, url, token, inbound } = options;
    const request = {
      url,
      subprotocols: [subprotocols.v3, subprotocols.v2],
      token,
      maxFrameBytes: inbound.maxFrameBytes,
    };
    this.#socket = connector.connect(request, {
      onOpen: (subprotocol) => this.#whileAlive(() => this.#negotiate(subprotocol)),
      onFrame: (frame) => this.#whileAlive(() => this.#receive(frame)),
      onAlive: () => this.#whileAlive(() => this.#liveness?.heard()),
      onClose: (code, reason) => this.#end(endOf(code, reason)),
      onFailure: (failure) => this.#end(endOfFailure(failure, url, token)),
    });
  }

  /** How many bytes wait for the network. */
  get bufferedBytes(): number {
    return this.#frames?.outbox.bufferedBytes ?? 0;
  }

  /** Sends a message. Only after `onOpen`. */
  send(message: ClientMessage): void {
    this.#frames?.outbox.send(message);
  }

  /** Whether the server answers within `timeoutMs`. */
  probe(timeoutMs: number | undefined): Promise<boolean> {
    if (this.#isOver || this.#liveness === undefined) return Promise.resolve(false);
    return this.#liveness.probe(timeoutMs);
  }

  /** Asks the server for a sign of life now; without one the link ends. */
  suspect(): void {
    this.#whileAlive(() => this.#liveness?.suspect());
  }

  /** Closes the socket; nothing is reported any more. `reason`, a word or two, goes to the server. */
  close(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#liveness?.close();
    this.#frames?.inbox.close();
    this.#frames?.outbox.close();
    this.#socket.close(1000, reason);
  }

  #whileAlive(run: () => void): void {
    if (!this.#isOver) run();
  }

  #end(end: LinkEnd): void {
    if (this.#isOver) return;
    this.close(end.kind);
    this.#options.onEnd(end);
  }

  /** A server that names no subprotocol speaks v2. */
  #negotiate(subprotocol: string): void {
    const version = subprotocol === '' ? 'v2' : versionOfSubprotocol(subprotocol);
    if (version === undefined) {
      return this.#end({
        kind: 'violated',
        error: new ProtocolError(`the server picked the subprotocol ${subprotocol}`),
      });
    }
    const { clock, inflate, batching, inbound, maxOutboundFrameBytes } = this.#options;
    const inbox = new Inbox({
      ...inbound,
      version,
      inflate,
      onMessage: (message) => this.#deliver(message, version),
      onViolation: (error) => this.#end({ kind: 'violated', error }),
    });
    const outbox = new Outbox({ version, socket: this.#socket, clock, batching, maxFrameBytes: maxOutboundFrameBytes });
    this.#frames = { inbox, outbox };
  }

  #receive(frame: Uint8Array | undefined): void {
    this.#liveness?.heard();
    if (frame === undefined) {
      return this.#end({ kind: 'violated', error: new ProtocolError('the server sent a text frame') });
    }
    this.#frames?.inbox.push(frame);
  }

  #deliver(message: ServerMessage, version: ProtocolVersion): void {
    if (this.#liveness !== undefined) return this.#options.onMessage(message);
    if (message.tag !== 'InitialConnection') {
      throw new ProtocolError(`the first message of the server is ${message.tag}, not InitialConnection`);
    }
    const { clock, liveness, probeMessage, onProbe } = this.#options;
    this.#liveness = new Liveness({
      clock,
      ...liveness,
      ask: () => this.send(probeMessage()),
      onAsked: () => onProbe(undefined),
      onAnswered: onProbe,
      onDead: (silentMs) => {
        const error = new ConnectionError(`the server has been silent for ${silentMs} ms and does not answer`);
        this.#end({ kind: 'lost', error });
      },
    });
    this.#options.onOpen(message, version);
  }
}

function endOf(code: number, reason: string): LinkEnd {
  if (code === 1006) return { kind: 'lost', error: new ConnectionError('the connection broke') };
  const why = reason === '' ? `code ${code}` : `${reason} (code ${code})`;
  if (violationCodes.has(code))
    return { kind: 'violated', error: new ProtocolError(`the connection was closed: ${why}`) };
  return { kind: 'lost', error: new ConnectionError(`the server closed the connection: ${why}`) };
}

/** Platforms may quote what they were given, and there is a token in it: in the header, or in the parameters of the URL. */
function endOfFailure({ message, status, cause }: SocketFailure, url: string, token: string | undefined): LinkEnd {
  const withoutParameters = message.replaceAll(url, url.split('?', 1)[0] ?? '');
  const text = token === undefined ? withoutParameters : withoutParameters.replaceAll(token, '<token>');
  if (status === 401) return { kind: 'refused', message: text };
  const answer = status === undefined ? '' : ` (HTTP status ${status})`;
  return {
    kind: 'lost',
    error: new ConnectionError(`connecting to ${url.split('?', 1)[0]}: ${text}${answer}`, { cause }),
  };
}
