import { encode } from '../../src/bsatn/codec.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { type RowList, rowListOf } from '../../src/wire/row-list.ts';
import {
  type InitialConnection,
  type QuerySetUpdate,
  type ReducerOutcome,
  type ServerMessage,
  type TableRows,
} from '../../src/wire/server-message.ts';
import { type ProtocolVersion } from '../../src/wire/version.ts';
import { type Score, scoreCodec, type Setting, settingCodec, SpacetimeDbClient } from '../generated/reference/index.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';

/** A client whose server says only what a test tells it to say, and whose time passes only when a test says so. */
export class ScriptedClient implements AsyncDisposable {
  readonly client: SpacetimeDbClient;
  readonly connector: FakeConnector;
  readonly clock: FakeClock;
  /** What was reported to `onError`. */
  readonly errors: unknown[] = [];

  private constructor(client: SpacetimeDbClient, connector: FakeConnector, clock: FakeClock) {
    this.client = client;
    this.connector = connector;
    this.clock = clock;
    client.onError((error) => this.errors.push(error));
  }

  static async create(
    options: Partial<ClientOptions> = {},
    connector: FakeConnector = new FakeConnector(),
  ): Promise<ScriptedClient> {
    const clock = new FakeClock();
    const client = await SpacetimeDbClient.create({
      host: 'localhost',
      database: 'scripted',
      webSocket: connector,
      clock,
      random: () => 0.5,
      // Whoever asks for the schema is told that everything fits.
      fetch: () => Promise.resolve(new Response(referenceSchema(10))),
      ...options,
    });
    return new ScriptedClient(client, connector, clock);
  }

  /** A client that is connected. */
  static async connected(options?: Partial<ClientOptions>, version?: ProtocolVersion): Promise<ScriptedClient> {
    const scripted = await ScriptedClient.create(options);
    await scripted.connect({}, version);
    return scripted;
  }

  /** The socket that was asked for last. */
  get socket(): FakeSocket {
    return this.connector.last;
  }

  /** Connects, and the server introduces itself. */
  async connect(initial: Partial<InitialConnection> = {}, version?: ProtocolVersion): Promise<void> {
    const connecting = this.client.connect();
    await settled();
    this.socket.introduce(initial, version);
    await connecting;
  }

  /** Waits as long as the next attempt does, and the server introduces itself. The answers to what was sent are still to come. */
  async comeBack(initial: Partial<InitialConnection> = {}, version?: ProtocolVersion): Promise<FakeSocket> {
    const state = this.client.connection.state.peek();
    if (state.status !== 'reconnecting') throw new Error(`the client is ${state.status}`);
    this.clock.advance(state.nextDelayMs);
    await settled();
    this.socket.introduce(initial, version);
    await settled();
    return this.socket;
  }

  /** Subscribes, and the server answers with these rows. Gives the id of the set. */
  async subscribe(query: string, ...tables: readonly TableRows[]): Promise<number> {
    const handle = this.client.subscriptions.subscribe(query);
    await settled();
    this.answer(handle.querySetId, ...tables);
    await handle.applied;
    return handle.querySetId;
  }

  /** The server answers the last Subscribe of this set. */
  answer(querySetId: number, ...tables: readonly TableRows[]): void {
    this.socket.receive({
      tag: 'SubscribeApplied',
      requestId: this.request('Subscribe', querySetId),
      querySetId,
      tables,
    });
  }

  /** The server refuses the last Subscribe of this set. */
  refuse(querySetId: number, error: string): void {
    this.socket.receive({
      tag: 'SubscriptionError',
      requestId: this.request('Subscribe', querySetId),
      querySetId,
      error,
    });
  }

  /** The server says that the set has ended. */
  end(querySetId: number): void {
    const requestId = this.request('Unsubscribe', querySetId);
    this.socket.receive({ tag: 'UnsubscribeApplied', requestId, querySetId, tables: undefined });
  }

  /** The request id of the last message of this kind about the set. */
  request(tag: 'Subscribe' | 'Unsubscribe', querySetId: number): number {
    const sent = this.socket.messages.filter((message) => message.tag === tag && message.querySetId === querySetId);
    const last = sent.at(-1);
    if (last === undefined) throw new Error(`the client sent no ${tag} for set ${querySetId}`);
    return last.requestId;
  }

  /** What the client sent on the present socket, in short. */
  get sent(): string[] {
    return this.socket.messages.map(summary);
  }

  /** The points of the scores that the client holds, sorted. */
  get points(): number[] {
    return this.client.score.rows
      .peek()
      .map((row) => Number(row.points))
      .sort((left, right) => left - right);
  }

  /** The status of the connection. */
  get status(): string {
    return this.client.connection.state.peek().status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.dispose();
    if (this.clock.openTimers > 0) throw new Error(`${this.clock.openTimers} timers are left`);
    if (this.connector.openSockets > 0) throw new Error(`${this.connector.openSockets} sockets are left`);
  }
}

function summary(message: ClientMessage): string {
  switch (message.tag) {
    case 'Subscribe':
    case 'Unsubscribe':
      return `${message.tag} ${message.querySetId}`;
    case 'CallReducer':
      return `CallReducer ${message.reducer}`;
    case 'CallProcedure':
      return `CallProcedure ${message.procedure}`;
    case 'OneOffQuery':
      return `OneOffQuery ${message.query}`;
  }
}

function scoreList(points: readonly number[]): RowList {
  return rowListOf(points.map((value) => encode(scoreCodec, score(value))));
}

function score(points: number): Score {
  return { player: 'ann', points: BigInt(points) };
}

/** Scores as a snapshot has them. */
export function scores(...points: readonly number[]): TableRows {
  return { table: 'score', rows: scoreList(points) };
}

function settingList(rows: readonly Setting[]): RowList {
  return rowListOf(rows.map((row) => encode(settingCodec, row)));
}

/** Settings as a snapshot has them. */
export function settings(...rows: readonly Setting[]): TableRows {
  return { table: 'setting', rows: settingList(rows) };
}

/** A change of scores that a set sees. */
export function scoreChange(
  querySetId: number,
  { inserts = [], deletes = [] }: { readonly inserts?: readonly number[]; readonly deletes?: readonly number[] },
): QuerySetUpdate {
  const rows = [{ tag: 'PersistentTable' as const, inserts: scoreList(inserts), deletes: scoreList(deletes) }];
  return { querySetId, tables: [{ table: 'score', rows }] };
}

/** A change of settings that a set sees. */
export function settingChange(
  querySetId: number,
  { inserts, deletes }: { readonly inserts: readonly Setting[]; readonly deletes: readonly Setting[] },
): QuerySetUpdate {
  const rows = [{ tag: 'PersistentTable' as const, inserts: settingList(inserts), deletes: settingList(deletes) }];
  return { querySetId, tables: [{ table: 'setting', rows }] };
}

/** A transaction of somebody else. */
export function transaction(...querySets: readonly QuerySetUpdate[]): ServerMessage {
  return { tag: 'TransactionUpdate', querySets };
}

/** The answer to a call. */
export function answered(
  requestId: number,
  outcome: ReducerOutcome,
  timestamp: Timestamp = Timestamp.epoch,
): ServerMessage {
  return { tag: 'ReducerResult', requestId, timestamp, outcome };
}

/** The answer to a call that was committed. */
export function committed(requestId: number, ...querySets: readonly QuerySetUpdate[]): ServerMessage {
  return answered(requestId, { tag: 'Ok', returnValue: new Uint8Array(0), querySets });
}

/** The answer to a call that the server refuses. */
export function refused(requestId: number): ServerMessage {
  return answered(requestId, { tag: 'InternalError', message: 'no' });
}

/** Queries that share rows. */
export const few = 'SELECT * FROM score WHERE points < 3';
export const all = 'SELECT * FROM score';
export const motd: Setting = { key: 'motd', slot: 1, value: 'Welcome' };

/** What happens to scores and settings, in short: `insert 1 reconnect`. */
export function eventsOf({ client }: ScriptedClient): string[] {
  const events: string[] = [];
  client.score.onInsert(({ row, context }) => events.push(`insert ${row.points} ${context.event.kind}`));
  client.score.onDelete(({ row, context }) => events.push(`delete ${row.points} ${context.event.kind}`));
  client.setting.onInsert(({ row, context }) => events.push(`insert ${row.key} ${context.event.kind}`));
  client.setting.onUpdate(({ newRow, context }) => events.push(`update ${newRow.key} ${context.event.kind}`));
  client.setting.onDelete(({ row, context }) => events.push(`delete ${row.key} ${context.event.kind}`));
  return events;
}

/** A client with two sets of `few` scores and of settings, applied. */
export interface TwoSets {
  readonly scripted: ScriptedClient;
  readonly first: number;
  readonly second: number;
  /** What has happened since. */
  readonly events: string[];
}

/** Makes {@link TwoSets}. */
export async function withTwoSets(): Promise<TwoSets> {
  const scripted = await ScriptedClient.connected();
  const first = await scripted.subscribe(few, scores(1, 2));
  const second = await scripted.subscribe('SELECT * FROM setting', settings(motd));
  return { scripted, first, second, events: eventsOf(scripted) };
}
