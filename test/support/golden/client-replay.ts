import { encodedRows } from '../encoded-rows.ts';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { decode } from '../../../src/bsatn/codec.ts';
import { BsatnReader } from '../../../src/bsatn/reader.ts';
import { type FunctionDefinition, ProcedureDefinition, ReducerDefinition } from '../../../src/calls/definition.ts';
import { createClient } from '../../../src/client.ts';
import { type ClientCore } from '../../../src/client-core.ts';
import { callProcedure } from '../../../src/runtime.ts';
import { type IdSource } from '../../../src/ids.ts';
import { type ClientMessage, readClientMessage } from '../../../src/wire/client-message.ts';
import { type Compression } from '../../../src/wire/compression.ts';
import { positionalPrinter } from '../../../src/embedded/fronts/value-json.ts';
import { moduleFromJson } from '../../../src/module-def/index.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';
import * as bindings from '../../generated/reference/index.ts';
import { type CountingConnector, countingConnector } from './counting-connector.ts';
import { type ReplayPeer, type ReplayServer } from './replay-server.ts';
import { type Open, type Step } from './transcript.ts';

/** Ids from a transcript: the ones that the next recorded message has. */
class RecordedIds implements IdSource {
  requestId = 0;
  querySetId = 0;

  nextRequestId(): number {
    return this.requestId;
  }

  nextQuerySetId(): number {
    return this.querySetId;
  }
}

/** One connection of a transcript: the real client at one end, the recorded server at the other. */
export class ReplayedConnection {
  readonly client: SpacetimeDbClient;
  readonly errors: unknown[] = [];
  readonly #core: ClientCore;
  readonly #peer: ReplayPeer;
  readonly #connector: CountingConnector;
  readonly #ids: RecordedIds;
  #received = 0;

  private constructor(parts: {
    client: SpacetimeDbClient;
    core: ClientCore;
    peer: ReplayPeer;
    connector: CountingConnector;
    ids: RecordedIds;
  }) {
    this.client = parts.client;
    this.#core = parts.core;
    this.#peer = parts.peer;
    this.#connector = parts.connector;
    this.#ids = parts.ids;
    this.client.onError((error) => this.errors.push(error));
  }

  /** Connects a client whose server speaks what the transcript says. */
  static async open(server: ReplayServer, step: Open): Promise<ReplayedConnection> {
    const connector = countingConnector();
    const ids = new RecordedIds();
    let core: ClientCore | undefined;
    const options = {
      host: server.host,
      database: 'golden',
      compression: compressionOf(step.compression),
      webSocket: connector,
      ids,
    };
    const client = await createClient(options, { hash: 'golden' }, (made) => {
      core = made;
      return new SpacetimeDbClient(made);
    });
    const peer = server.nextPeer(step.subprotocol);
    client.connect().catch(() => undefined);
    if (core === undefined) throw new Error('the client has no core');
    return new ReplayedConnection({ client, core, peer: await peer, connector, ids });
  }

  /** A recorded frame of the server reaches the client. */
  async receive(frame: Uint8Array): Promise<void> {
    this.#peer.send(frame);
    await this.#connector.taken(++this.#received);
  }

  /** The client makes a recorded frame where its surface can; the frame has to be the recorded one to the byte. Others are sent raw. */
  async send(frame: Uint8Array): Promise<'made' | 'raw'> {
    const messages = messagesOf(frame);
    const calls = messages?.map((message) => this.#callFor(message));
    if (calls === undefined || calls.some((call) => call === undefined)) {
      this.#connector.sendRaw(frame);
      expect(toHex(await this.#peer.nextFrame())).toBe(toHex(frame));
      return 'raw';
    }
    for (const call of calls) call?.();
    expect(toHex(await this.#peer.nextFrame())).toBe(toHex(frame));
    expect(this.#peer.waitingFrames).toBe(0);
    return 'made';
  }

  /** What the typed client does to make `message`; `undefined` where it cannot. */
  #callFor(message: ClientMessage): (() => void) | undefined {
    const call = this.#typedCall(message);
    if (call === undefined) return undefined;
    return () => {
      this.#ids.requestId = message.requestId;
      if (message.tag === 'Subscribe') this.#ids.querySetId = message.querySetId;
      call();
    };
  }

  #typedCall(message: ClientMessage): (() => void) | undefined {
    const { subscriptions } = this.client;
    switch (message.tag) {
      case 'Subscribe': {
        const isInUse = this.#core.querySets.live().some(({ id }) => id === message.querySetId);
        // A refusal is for whoever subscribed, as it is for whoever asks or calls.
        return isInUse ? undefined : () => void subscriptions.subscribe(message.queries).applied.catch(() => undefined);
      }
      case 'Unsubscribe': {
        const { querySetId, sendDroppedRows } = message;
        const isKnown = this.#core.querySets.live().some(({ id }) => id === querySetId);
        return isKnown ? () => void subscriptions.unsubscribe(querySetId, { sendDroppedRows }) : undefined;
      }
      case 'OneOffQuery':
        return () => void subscriptions.oneOffQuery(message.query).catch(() => undefined);
      case 'CallReducer':
        return this.#reducerCall(message.reducer, message.args);
      case 'CallProcedure':
        return this.#procedureCall(message.procedure, message.args);
    }
  }

  #reducerCall(name: string, bytes: Uint8Array): (() => void) | undefined {
    const definition = reducers.get(name);
    if (definition === undefined) return undefined;
    const args = decoded(definition, bytes);
    return args && (() => void this.#core.callReducer(definition, args.value).catch(() => undefined));
  }

  #procedureCall(name: string, bytes: Uint8Array): (() => void) | undefined {
    const definition = procedures.get(name);
    if (definition === undefined) return undefined;
    const args = decoded(definition, bytes);
    return args && (() => void callProcedure(this.#core, definition, args.value).catch(() => undefined));
  }

  /** The rows of every table but `leftOut` as sorted hex; tables without rows are not in it. */
  rows(leftOut: ReadonlySet<string>): Map<string, string[]> {
    const held = new Map<string, string[]>();
    for (const table of this.#core.store.tables()) {
      const rows = encodedRows(table).map(toHex).sort();
      if (rows.length > 0 && !leftOut.has(table.name)) held.set(table.name, rows);
    }
    return held;
  }

  /** The tables that a live query set returns whole. */
  wholeTables(): string[] {
    return this.#core.querySets
      .live()
      .filter(({ phase }) => phase === 'applied')
      .flatMap(({ queries }) => queries.flatMap((query) => /^SELECT \* FROM ([a-z_]+)$/.exec(query)?.[1] ?? []))
      .filter((table) => jsonOfRow.has(table));
  }

  /** The rows of a table in the notation of the server's SQL, sorted. */
  rowsAsJson(table: string): string[] {
    const print = jsonOfRow.get(table);
    if (print === undefined) throw new Error(`the reference module has no table ${table}`);
    const rows = encodedRows(this.#core.store.table(table));
    return rows.map((row) => JSON.stringify(JSON.parse(quotedBigNumbers(print(row))))).sort();
  }

  /** The server closes the connection, as recorded. */
  async close(step: Extract<Step, { kind: 'closed' }>): Promise<void> {
    this.#peer.close(step.code, step.reason);
    await this.client.dispose();
  }
}

function compressionOf(recorded: string): Compression {
  switch (recorded) {
    case 'None':
      return 'none';
    case 'Gzip':
      return 'gzip';
    case 'Brotli':
      return 'brotli';
    default:
      throw new TypeError(`unknown compression ${recorded}`);
  }
}

const schema = readFileSync(new URL('../../reference-module/schema.v10.json', import.meta.url), 'utf8');
const { tables, typespace } = moduleFromJson(schema);
const jsonOfRow = new Map(
  tables
    .filter(({ isPublic, isEvent }) => isPublic && !isEvent)
    .map(({ name, rowRef }) => [name.canonical, positionalPrinter({ tag: 'Ref', ref: rowRef }, typespace)]),
);

/** The transcripts have integers of more than 15 digits as strings, since JSON readers round them. */
function quotedBigNumbers(json: string): string {
  return json.replaceAll(/(?<=[[,])-?\d{16,}(?=[\],])/g, '"$&"');
}

const reducers = new Map<string, ReducerDefinition<unknown>>();
const procedures = new Map<string, ProcedureDefinition<unknown, unknown>>();
for (const exported of Object.values(bindings)) {
  const definition: unknown = exported;
  if (definition instanceof ProcedureDefinition) procedures.set(definition.name, definition);
  else if (definition instanceof ReducerDefinition) reducers.set(definition.name, definition);
}

/** The arguments in a recorded call; `undefined` where the typed client could not have made them. */
function decoded(definition: FunctionDefinition<unknown>, bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: decode(definition.args, bytes, definition.name) };
  } catch {
    return undefined;
  }
}

/** The messages in a frame of a client; `undefined` where it is damaged. */
function messagesOf(frame: Uint8Array): ClientMessage[] | undefined {
  const reader = new BsatnReader(frame, 'ClientMessage');
  const messages: ClientMessage[] = [];
  try {
    while (reader.remaining > 0) messages.push(readClientMessage(reader));
  } catch {
    return undefined;
  }
  return messages.length > 0 ? messages : undefined;
}
