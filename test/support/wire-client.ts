import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { type EmbeddedServer } from '../../src/embedded/embedded-server.ts';
import {
  type MemoryHandlers,
  type MemoryRequest,
  type MemorySocket,
} from '../../src/embedded/fronts/memory-transport.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { type Compression, compressionOf, compressionParameters } from '../../src/wire/compression.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { rowsOf } from '../../src/wire/row-list.ts';
import { type QuerySetUpdate, type ServerMessage, type TableRows } from '../../src/wire/server-message.ts';
import { type ProtocolVersion, subprotocols } from '../../src/wire/version.ts';
import { encodeClientMessage } from './message-codecs.ts';

/** How a {@link WireClient} connects. */
export interface WireClientOptions {
  readonly token?: string;
  readonly version?: ProtocolVersion;
  readonly compression?: Compression;
  /** More of the query, such as `&confirmed=false`. */
  readonly query?: string;
}

/** What can be connected to in memory: a server or a host. */
export interface MemoryServer {
  readonly database: string;
  connectInMemory(request: MemoryRequest, handlers: MemoryHandlers): MemorySocket;
}

/** A client that speaks the protocol message by message and remembers all that it is told. */
export class WireClient {
  readonly messages: ServerMessage[] = [];
  /** How each frame was compressed. */
  readonly frames: Compression[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  #onMessages: () => void = () => undefined;
  readonly #version: ProtocolVersion;
  readonly #send: (frame: Uint8Array | string) => void;
  readonly #settle: () => Promise<void>;
  readonly #leave: () => void;

  private constructor(
    version: ProtocolVersion,
    connect: (client: WireClient) => {
      readonly send: (frame: Uint8Array | string) => void;
      readonly settle: () => Promise<void>;
      readonly leave: () => void;
    },
  ) {
    this.#version = version;
    const { send, settle, leave } = connect(this);
    this.#send = send;
    this.#settle = settle;
    this.#leave = leave;
  }

  /** Rejects with what the server says when it refuses. */
  static async inMemory(server: MemoryServer, options: WireClientOptions = {}): Promise<WireClient> {
    const { version = 'v3' } = options;
    const request = {
      url: `ws://memory${pathOf(server.database, options)}`,
      subprotocols: [subprotocols[version]],
      token: options.token,
    };
    return new Promise((resolve, reject) => {
      const client = new WireClient(version, (self) => {
        const socket = server.connectInMemory(request, {
          onOpen: () => resolve(client),
          onFrame: (frame) => self.#receive(frame),
          onClose: (code, reason) => (self.closed = { code, reason }),
          onFailure: ({ status, message }) => reject(new Error(`${status} ${message}`)),
        });
        return {
          send: (frame) => (typeof frame === 'string' ? socket.sendText(frame) : socket.send(frame)),
          settle: async () => new Promise((done) => setImmediate(done)),
          leave: () => socket.close(1000, ''),
        };
      });
    });
  }

  static async overWebSocket(
    server: Pick<EmbeddedServer, 'host' | 'database'>,
    options: WireClientOptions = {},
  ): Promise<WireClient> {
    const { version = 'v3', token } = options;
    const socket = new WebSocket(`ws://${server.host}${pathOf(server.database, options)}`, [subprotocols[version]], {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      const client = new WireClient(version, (self) => {
        const isClosed = new Promise<void>((done) => {
          socket.on('close', (code, reason) => {
            self.closed = { code, reason: reason.toString() };
            done();
          });
        });
        socket.on('message', (data: Buffer) => self.#receive(data));
        return {
          send: (frame) => socket.send(frame),
          settle: async () => settleSocket(socket, isClosed),
          leave: () => socket.close(),
        };
      });
      socket.on('open', () => resolve(client));
    });
  }

  send(...messages: readonly ClientMessage[]): void {
    const parts = messages.map(encodeClientMessage);
    if (this.#version === 'v3') this.#send(Buffer.concat(parts));
    else for (const part of parts) this.#send(part);
  }

  /** A frame as it is; a text goes as a text frame. */
  sendRaw(frame: Uint8Array | string): void {
    this.#send(frame);
  }

  /** Waits until the server has answered all that was sent. */
  async settle(): Promise<void> {
    await this.#settle();
  }

  /** Waits until the server has told so much that was not taken yet, when it may have to wait for its disk. */
  async told(count: number): Promise<void> {
    while (this.messages.length < count) await new Promise<void>((resolve) => (this.#onMessages = resolve));
  }

  /** Sends messages; the result is all that was told and not taken yet. */
  async exchange(...messages: readonly ClientMessage[]): Promise<readonly ServerMessage[]> {
    if (messages.length > 0) this.send(...messages);
    await this.settle();
    return this.messages.splice(0);
  }

  leave(): void {
    this.#leave();
  }

  #receive(frame: Uint8Array): void {
    const compression = compressionOf(frame);
    const body = frame.subarray(1);
    this.frames.push(compression);
    this.messages.push(...readServerPayload(compression === 'gzip' ? gunzipSync(body) : body, this.#version));
    this.#onMessages();
  }
}

function pathOf(database: string, { compression = 'none', query = '' }: WireClientOptions): string {
  return `/v1/database/${database}/subscribe?compression=${compressionParameters[compression]}${query}`;
}

/** A pong follows all frames that were sent before it. */
async function settleSocket(socket: WebSocket, isClosed: Promise<void>): Promise<void> {
  const hasPong = new Promise<void>((done) => {
    socket.once('pong', () => done());
  });
  if (socket.readyState === WebSocket.OPEN) socket.ping();
  await Promise.race([hasPong, isClosed]);
}

/** The rows of a snapshot in short, such as `score 2`. */
export function snapshot(tables: readonly TableRows[] | undefined): readonly string[] {
  return tables?.map(({ table, rows }) => `${table} ${rowsOf(rows).length}`) ?? ['no rows'];
}

/** Changes in short, such as `1 score +1 -0`. */
export function changes(querySets: readonly QuerySetUpdate[]): readonly string[] {
  return querySets.flatMap(({ querySetId, tables }) =>
    tables.flatMap(({ table, rows }) =>
      rows.map((update) =>
        update.tag === 'EventTable'
          ? `${querySetId} ${table} !${update.events.length}`
          : `${querySetId} ${table} +${update.inserts.length} -${update.deletes.length}`,
      ),
    ),
  );
}

/** A message in short: its tag and what it is about. */
export function summary(message: ServerMessage): string {
  switch (message.tag) {
    case 'InitialConnection':
    case 'ProcedureResult':
      return message.tag;
    case 'SubscribeApplied':
    case 'UnsubscribeApplied':
      return [message.tag, message.querySetId, ...snapshot(message.tables)].join(' ');
    case 'SubscriptionError':
      return `${message.tag} ${message.requestId} ${message.querySetId} ${message.error}`;
    case 'TransactionUpdate':
      return [message.tag, ...changes(message.querySets)].join(' ');
    case 'OneOffQueryResult':
      return `${message.tag} ${'ok' in message.result ? snapshot(message.result.ok).join(' ') : message.result.err}`;
    case 'ReducerResult': {
      const { outcome } = message;
      const detail = outcome.tag === 'Ok' ? changes(outcome.querySets) : [];
      return [message.tag, outcome.tag, ...detail].join(' ');
    }
  }
}
