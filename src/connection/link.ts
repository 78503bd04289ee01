import { ConnectionError, ProtocolError } from '../errors.ts';
import { signOfLifeId } from '../ids.ts';
import { type Socket, type SocketConnector, type SocketFailure } from '../platform/socket.ts';
import { type InitialConnection, type ServerMessage } from '../wire/server-message.ts';
import { type ProtocolVersion, subprotocols, versionOfSubprotocol } from '../wire/version.ts';
import { Inbox, type InboxOptions } from './inbox.ts';
import { Liveness, type LivenessHandlers, type LivenessHost, type LivenessOptions } from './liveness.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

/**
 * How a link ends without being asked to: it broke, or could not be made; the server is there and lets nobody in, since it has no such database for
 * instance; it refused the token; it sent what cannot be read.
 */
export type LinkEnd = 'lost' | 'barred' | 'refused' | 'violated';

/** What a link works with. */
export interface LinkOptions
  extends
    LivenessOptions,
    Omit<InboxOptions, 'version' | 'onMessage' | 'onViolation'>,
    Omit<OutboxOptions, 'version' | 'socket'> {
  readonly connector: SocketConnector;
  readonly host: LinkHost;
}

/** Whose link it is. */
export interface LinkHost extends LivenessHost {
  /** The server says something. */
  onMessage(message: ServerMessage): void;
}

/** What the first message of the server begins. */
export interface Conversation {
  readonly initial: InitialConnection;
  readonly version: ProtocolVersion;
  /** Takes what is to be sent. */
  readonly outbox: Outbox;
}

/** Who is told what becomes of a link. */
export interface LinkHandlers extends Pick<LivenessHandlers, 'onProbe'> {
  readonly onOpen: (conversation: Conversation) => void;
  /** Called once, and nothing after it. */
  readonly onEnd: (end: LinkEnd, error: unknown) => void;
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
  readonly #handlers: LinkHandlers;
  readonly #socket: Socket;
  #frames: { readonly inbox: Inbox; readonly outbox: Outbox } | undefined;
  #liveness: Liveness | undefined;
  #isOver = false;

  /** `token` goes into a header, where the connector sends headers. */
  constructor(options: LinkOptions, url: string, token: string | undefined, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const request = {
      url,
      subprotocols: [subprotocols.v3, subprotocols.v2],
      token,
      maxFrameBytes: options.maxInboundFrameBytes,
    };
    this.#socket = options.connector.connect(request, {
      onOpen: (subprotocol) => this.#whileAlive(() => this.#negotiate(subprotocol)),
      onFrame: (frame) => this.#whileAlive(() => this.#receive(frame)),
      onAlive: () => this.#whileAlive(() => this.#liveness?.heard()),
      onClose: (code, reason) => this.#onClose(code, reason),
      onFailure: (failure) => this.#end(endOf(failure), errorOf(failure, url, token)),
    });
  }

  /** Whether the server answers within `timeoutMs`; undefined before it has introduced itself, and after the end. */
  probe(timeoutMs: number): Promise<boolean> | undefined {
    return this.#isOver ? undefined : this.#liveness?.probe(timeoutMs);
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

  #end(end: LinkEnd, error: unknown): void {
    if (this.#isOver) return;
    this.close(end);
    this.#handlers.onEnd(end, error);
  }

  #onClose(code: number, reason: string): void {
    if (code === 1006) return this.#end('lost', new ConnectionError('the connection broke'));
    const why = reason === '' ? `code ${code}` : `${reason} (code ${code})`;
    if (violationCodes.has(code)) this.#violate(new ProtocolError(`the connection was closed: ${why}`));
    else this.#end('lost', new ConnectionError(`the server closed the connection: ${why}`));
  }

  /** A server that names no subprotocol speaks v2. */
  #negotiate(subprotocol: string): void {
    const version = subprotocol === '' ? 'v2' : versionOfSubprotocol(subprotocol);
    if (version === undefined) {
      return this.#violate(new ProtocolError(`the server picked the subprotocol ${subprotocol}`));
    }
    const outbox = new Outbox({ ...this.#options, version, socket: this.#socket });
    const inbox = new Inbox({
      ...this.#options,
      version,
      onMessage: (message) => this.#deliver(message, version, outbox),
      onViolation: (error) => this.#violate(error),
    });
    this.#frames = { inbox, outbox };
  }

  #receive(frame: Uint8Array | undefined): void {
    this.#liveness?.heard();
    if (frame === undefined) this.#violate(new ProtocolError('the server sent a text frame'));
    else this.#frames?.inbox.push(frame);
  }

  #violate(error: unknown): void {
    this.#end('violated', error);
  }

  #deliver(message: ServerMessage, version: ProtocolVersion, outbox: Outbox): void {
    const { host } = this.#options;
    if (this.#liveness !== undefined) return host.onMessage(message);
    if (message.tag !== 'InitialConnection') {
      throw new ProtocolError(`the first message of the server is ${message.tag}, not InitialConnection`);
    }
    const { onOpen, onProbe } = this.#handlers;
    this.#liveness = new Liveness(this.#options, {
      // Not a query: the server answers with an error, which is the smallest sign of life it can be asked for.
      ask: () => void outbox.send({ tag: 'OneOffQuery', requestId: signOfLifeId, query: '' }),
      onProbe,
      onDead: (silentMs) => {
        this.#end('lost', new ConnectionError(`the server has been silent for ${silentMs} ms and does not answer`));
      },
    });
    onOpen({ initial: message, version, outbox });
  }
}

function endOf({ status }: SocketFailure): LinkEnd {
  if (status === 401) return 'refused';
  return status !== undefined && status < 500 ? 'barred' : 'lost';
}

/** Platforms may quote what they were given, and there is a token in it: in the header, or in the parameters of the URL. */
function errorOf({ message, status, cause }: SocketFailure, url: string, token: string | undefined): ConnectionError {
  const address = url.split('?', 1)[0] ?? '';
  const withoutParameters = message.replaceAll(url, address);
  const text = token === undefined ? withoutParameters : withoutParameters.replaceAll(token, '<token>');
  const answer = status === undefined ? '' : ` (HTTP status ${status})`;
  return new ConnectionError(status === 401 ? text : `connecting to ${address}: ${text}${answer}`, { cause });
}
