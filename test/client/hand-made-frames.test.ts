import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Client, createClient } from '../../src/client.ts';
import { type ClientCore } from '../../src/client-core.ts';
import { ProtocolError, SchemaError, SubscriptionError } from '../../src/errors.ts';
import { plainTable } from '../../src/runtime.ts';
import { type PlainTable } from '../../src/store/handles.ts';
import { emptyRowList, rowListOf } from '../../src/wire/row-list.ts';
import { type ReducerOutcome, type ServerMessage, serverMessageCodec } from '../../src/wire/server-message.ts';
import { noopReducer, scoreCodec, SpacetimeDbClient, userCodec } from '../generated/reference/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';

let connector: FakeConnector;
let clock: FakeClock;
let client: SpacetimeDbClient;
let errors: unknown[];

beforeEach(async () => {
  connector = new FakeConnector();
  clock = new FakeClock();
  errors = [];
  const options = { host: 'localhost', database: 'hand-made', webSocket: connector, clock, random: () => 0 };
  client = await SpacetimeDbClient.create(options);
  client.onError((error) => errors.push(error));
});

afterEach(async () => {
  await client.dispose();
  expect(clock.openTimers).toBe(0);
  expect(connector.openSockets).toBe(0);
});

/** Lets promises and microtasks run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function connected(): Promise<FakeSocket> {
  const connecting = client.connect();
  await turn();
  const socket = connector.last.introduce();
  await connecting;
  return socket;
}

/** Subscribes to scores and answers with these rows. */
async function subscribedToScores(socket: FakeSocket, points: readonly bigint[]): Promise<number> {
  const handle = client.subscriptions.subscribe('SELECT * FROM score');
  await turn();
  const request = socket.messages.at(-1);
  if (request?.tag !== 'Subscribe') throw new Error('expected a Subscribe');
  const { requestId, querySetId } = request;
  const rows = rowListOf(points.map((value) => encode(scoreCodec, { player: 'ann', points: value })));
  socket.receive({ tag: 'SubscribeApplied', requestId, querySetId, tables: [{ table: 'score', rows }] });
  await handle.applied;
  return querySetId;
}

function scoreInserted(querySetId: number, points: bigint): ServerMessage {
  const inserts = rowListOf([encode(scoreCodec, { player: 'ann', points })]);
  const rows = [{ tag: 'PersistentTable' as const, inserts, deletes: emptyRowList }];
  return { tag: 'TransactionUpdate', querySets: [{ querySetId, tables: [{ table: 'score', rows }] }] };
}

function held(): bigint[] {
  return client.score.rows.value.map((row) => row.points);
}

describe('frames that the recorded server never sent', () => {
  test.each<[string, ReducerOutcome, Uint8Array | undefined]>([
    ['OkEmpty', { tag: 'OkEmpty' }, undefined],
    ['an empty return value', { tag: 'Ok', returnValue: new Uint8Array(0), querySets: [] }, undefined],
    ['a return value', { tag: 'Ok', returnValue: Uint8Array.of(1, 2), querySets: [] }, Uint8Array.of(1, 2)],
  ])('%s is a committed call', async (_name, outcome, retValue) => {
    const socket = await connected();
    const call = client.reducers.noop();
    await turn();
    const requestId = socket.messages.at(-1)?.requestId ?? 0;
    socket.receive({ tag: 'ReducerResult', requestId, timestamp: new Timestamp(5n), outcome });
    await expect(call).resolves.toMatchObject({
      status: 'committed',
      retValue,
      timestamp: new Timestamp(5n),
      requestId,
    });
  });

  test('a set that fails later on loses its rows and tells nobody but onError', async () => {
    const socket = await connected();
    const querySetId = await subscribedToScores(socket, [1n]);
    socket.receive({ tag: 'SubscriptionError', requestId: undefined, querySetId, error: 'the view panicked' });
    expect(held()).toEqual([]);
    expect(client.score.lastBatch.value?.context.event).toMatchObject({ kind: 'subscriptionError', querySetId });
    expect(errors).toEqual([expect.any(SubscriptionError)]);
    await client.score.subscribed;
    expect(client.connection.state.value.status).toBe('connected');
  });

  test('several messages in one compressed frame are applied in order', async () => {
    const socket = await connected();
    const querySetId = await subscribedToScores(socket, []);
    const messages = [1n, 2n, 3n].map((points) => encode(serverMessageCodec, scoreInserted(querySetId, points)));
    const seen: bigint[][] = [];
    client.score.onInsert(() => seen.push(held()));
    socket.receiveFrame(Uint8Array.of(2, ...gzipSync(Buffer.concat(messages))));
    expect(seen).toEqual([[1n], [1n, 2n], [1n, 2n, 3n]]);
  });

  test('rows of zero bytes are counted by their offsets', async () => {
    const unit = await unitTableClient();
    // Three rows at offset 0 of no data: one row of the table, which a set returns three times.
    unit.receive([0, 0, 0]);
    expect(unit.table.count()).toBe(1);
    expect(unit.table.rows.value).toEqual([{}]);
    await unit.dispose();
  });

  test('an answer to a call that was never made is reported, and with rows everything is asked for anew', async () => {
    const socket = await connected();
    const querySetId = await subscribedToScores(socket, []);
    const update = scoreInserted(querySetId, 7n);
    if (update.tag !== 'TransactionUpdate') throw new Error('expected a TransactionUpdate');
    const outcome: ReducerOutcome = { tag: 'Ok', returnValue: new Uint8Array(0), querySets: update.querySets };
    socket.receive({ tag: 'ReducerResult', requestId: 998, timestamp: new Timestamp(0n), outcome: { tag: 'OkEmpty' } });
    expect(errors).toEqual([expect.any(ProtocolError)]);
    expect(socket.closed).toBeUndefined();
    socket.receive({ tag: 'ReducerResult', requestId: 999, timestamp: new Timestamp(0n), outcome });
    expect(held()).toEqual([]);
    expect(errors).toEqual([expect.any(ProtocolError), expect.any(ProtocolError)]);
    expect(socket.closed).toBeDefined();
  });

  test('rows come also with the answer of a call that nobody waits for any more', async () => {
    const socket = await connected();
    const querySetId = await subscribedToScores(socket, []);
    const call = client.reducers.noop({ timeoutMs: 50 });
    await turn();
    const requestId = socket.messages.at(-1)?.requestId ?? 0;
    clock.advance(50);
    await expect(call).rejects.toThrow('reducer noop: no answer within 50 ms');
    const update = scoreInserted(querySetId, 8n);
    if (update.tag !== 'TransactionUpdate') throw new Error('expected a TransactionUpdate');
    const outcome: ReducerOutcome = { tag: 'Ok', returnValue: new Uint8Array(0), querySets: update.querySets };
    socket.receive({ tag: 'ReducerResult', requestId, timestamp: new Timestamp(0n), outcome });
    expect(held()).toEqual([8n]);
    expect(client.score.lastBatch.value?.context).toMatchObject({
      isMyTransaction: true,
      event: { reducer: noopReducer.name },
    });
    expect(errors).toEqual([]);
  });
});

describe('what cannot be read', () => {
  test('closes the socket and is resynchronised, three times in a row it is fatal', async () => {
    let socket = await connected();
    await subscribedToScores(socket, [1n]);
    for (const attempt of [1, 2]) {
      socket.receiveFrame(Uint8Array.of(0, 0x77));
      expect(socket.closed).toBeDefined();
      expect(held()).toEqual([1n]);
      expect(errors).toHaveLength(attempt);
      clock.advance(1);
      await turn();
      socket = connector.last.introduce();
      await turn();
      expect(client.connection.state.value.status).toBe('connected');
      expect(socket.messages.map(({ tag }) => tag)).toEqual(['Subscribe']);
    }
    socket.receiveFrame(undefined);
    expect(client.connection.state.value).toMatchObject({ status: 'fatalError' });
    expect(errors).toHaveLength(3);
    expect(errors.every((error) => error instanceof ProtocolError)).toBe(true);
  });

  test.each<ServerMessage>([
    { tag: 'SubscribeApplied', requestId: 999, querySetId: 1, tables: [] },
    { tag: 'UnsubscribeApplied', requestId: 999, querySetId: 1, tables: undefined },
  ])('a $tag for a request that was never made is not skipped', async (message) => {
    const socket = await connected();
    await subscribedToScores(socket, [1n]);
    socket.receive(message);
    expect(socket.closed).toBeDefined();
    expect(errors).toEqual([expect.any(ProtocolError)]);
    expect(held()).toEqual([1n]);
  });

  test('a row that is taken away twice is a disagreement: nothing is applied, everything is asked for anew', async () => {
    const socket = await connected();
    const querySetId = await subscribedToScores(socket, [1n]);
    const deletes = rowListOf([encode(scoreCodec, { player: 'ann', points: 9n })]);
    const rows = [{ tag: 'PersistentTable' as const, inserts: emptyRowList, deletes }];
    socket.receive({ tag: 'TransactionUpdate', querySets: [{ querySetId, tables: [{ table: 'score', rows }] }] });
    expect(held()).toEqual([1n]);
    expect(socket.closed).toBeDefined();
    expect(errors).toEqual([expect.any(ProtocolError)]);
    expect(client.connection.state.value.status).toBe('reconnecting');
  });

  test('rows that do not fit the generated code drop their set, and name table and column', async () => {
    const socket = await connected();
    await subscribedToScores(socket, [1n]);
    const users = client.subscriptions.subscribe('SELECT * FROM user');
    await turn();
    const request = socket.messages.at(-1);
    if (request?.tag !== 'Subscribe') throw new Error('expected a Subscribe');
    const { requestId, querySetId } = request;
    const damaged = withByte(userCodec, client, 33, 7);
    const tables = [{ table: 'user', rows: rowListOf([damaged]) }];
    socket.receive({ tag: 'SubscribeApplied', requestId, querySetId, tables });
    await expect(users.applied).rejects.toBeInstanceOf(SchemaError);
    await expect(users.applied).rejects.toMatchObject({ table: 'user', column: 'online' });
    await expect(client.user.subscribed).rejects.toThrow('run `generate` again');
    await turn();
    expect(socket.messages.at(-1)).toMatchObject({ tag: 'Unsubscribe', querySetId });
    expect(users.isActive).toBe(false);
    expect(held()).toEqual([1n]);
    expect(client.connection.state.value.status).toBe('connected');
  });

  test('a table that the generated code does not know is reported, and the rest of its message is applied', async () => {
    const socket = await connected();
    const querySetId = await subscribedToScores(socket, []);
    const update = scoreInserted(querySetId, 3n);
    if (update.tag !== 'TransactionUpdate') throw new Error('expected a TransactionUpdate');
    const unknown = {
      table: 'unheard_of',
      rows: [{ tag: 'PersistentTable' as const, inserts: rowListOf([Uint8Array.of(1)]), deletes: emptyRowList }],
    };
    const tables = [unknown, ...(update.querySets[0]?.tables ?? [])];
    socket.receive({ tag: 'TransactionUpdate', querySets: [{ querySetId, tables }] });
    expect(held()).toEqual([3n]);
    expect(errors).toEqual([expect.objectContaining({ code: 'schema', table: 'unheard_of' })]);
  });
});

/** The BSATN of a user with one byte replaced. */
function withByte(codec: typeof userCodec, from: SpacetimeDbClient, at: number, byte: number): Uint8Array {
  const identity = from.identity.peek();
  if (identity === undefined) throw new Error('the client has no identity');
  const bytes = encode(codec, {
    identity,
    name: undefined,
    online: true,
    status: { tag: 'Pending' },
    joined: Timestamp.epoch,
  });
  bytes[at] = byte;
  return bytes;
}

interface UnitTableClient {
  readonly table: PlainTable<object>;
  receive(offsets: readonly number[]): void;
  dispose(): Promise<void>;
}

/** A client with one table whose rows have no bytes, subscribed, and what answers its subscription. */
async function unitTableClient(): Promise<UnitTableClient> {
  const codec: Codec<object> = { read: () => ({}), write: () => undefined, minSize: 0 };
  class UnitClient extends Client {
    readonly unit: PlainTable<object>;

    constructor(core: ClientCore) {
      super(core);
      this.unit = plainTable(core, { name: 'unit', codec, columns: {} });
    }
  }
  await client.dispose();
  const options = { host: 'localhost', database: 'hand-made', webSocket: connector, clock };
  const made = await createClient(options, { hash: 'hand-made' }, (core) => new UnitClient(core));
  const connecting = made.connect();
  await turn();
  const socket = connector.last.introduce();
  await connecting;
  made.subscriptions.subscribe('SELECT * FROM unit');
  await turn();
  const request = socket.messages.at(-1);
  if (request?.tag !== 'Subscribe') throw new Error('expected a Subscribe');
  const { requestId, querySetId } = request;
  return {
    table: made.unit,
    receive: (offsets) => {
      const rows = rowListOf(offsets.map(() => new Uint8Array(0)));
      socket.receive({ tag: 'SubscribeApplied', requestId, querySetId, tables: [{ table: 'unit', rows }] });
    },
    dispose: () => made.dispose(),
  };
}
