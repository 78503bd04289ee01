import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Client, createClient } from '../../src/client.ts';
import { type ClientCore } from '../../src/client-core.ts';
import { ProtocolError, SchemaError, SubscriptionError } from '../../src/errors.ts';
import { plainTable } from '../../src/runtime.ts';
import { type PlainTable } from '../../src/store/handles.ts';
import { emptyRowList, rowListOf } from '../../src/wire/row-list.ts';
import { type ReducerOutcome, type ServerMessage } from '../../src/wire/server-message.ts';
import { noopReducer, type SpacetimeDbClient, userCodec } from '../generated/reference/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector } from '../support/fake-connector.ts';
import { eventually } from '../support/live-clients.ts';
import { all, answered, committed, scoreChange, scores, ScriptedClient, transaction } from './scripted-client.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

describe('frames that the recorded server never sent', () => {
  test.each<[string, ReducerOutcome, Uint8Array | undefined]>([
    ['OkEmpty', { tag: 'OkEmpty' }, undefined],
    ['an empty return value', { tag: 'Ok', returnValue: new Uint8Array(0), querySets: [] }, undefined],
    ['a return value', { tag: 'Ok', returnValue: Uint8Array.of(1, 2), querySets: [] }, Uint8Array.of(1, 2)],
  ])('%s is a committed call', async (_name, outcome, retValue) => {
    await using scripted = await ScriptedClient.connected();
    const call = scripted.client.reducers.noop();
    await settled();
    const requestId = lastRequest(scripted);
    const timestamp = new Timestamp(5n);
    scripted.socket.receive(answered(requestId, outcome, timestamp));
    await expect(call).resolves.toMatchObject({ status: 'committed', retValue, timestamp, requestId });
  });

  test('a set that fails later on loses its rows and tells nobody but onError', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client, errors, socket } = scripted;
    const querySetId = await scripted.subscribe(all, scores(1));
    socket.receive({ tag: 'SubscriptionError', requestId: undefined, querySetId, error: 'the view panicked' });
    expect(scripted.points).toEqual([]);
    expect(client.score.lastBatch.value?.context.event).toMatchObject({ kind: 'subscriptionError', querySetId });
    await eventually('the error is told', () => errors.length > 0);
    expect(errors).toEqual([expect.any(SubscriptionError)]);
    await client.score.subscribed;
    expect(scripted.status).toBe('connected');
  });

  test('several messages in one compressed frame are applied in order', async () => {
    await using scripted = await ScriptedClient.connected();
    const querySetId = await scripted.subscribe(all, scores());
    const messages = [1, 2, 3].map((points) => encode(serverMessageCodec, scoreInserted(querySetId, points)));
    const seen: number[][] = [];
    scripted.client.score.onInsert(() => seen.push(scripted.points));
    scripted.socket.receiveFrame(Uint8Array.of(2, ...gzipSync(Buffer.concat(messages))));
    expect(seen).toEqual([[1], [1, 2], [1, 2, 3]]);
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
    await using scripted = await ScriptedClient.connected();
    const { errors, socket } = scripted;
    const querySetId = await scripted.subscribe(all, scores());
    socket.receive(answered(998, { tag: 'OkEmpty' }));
    expect(errors).toEqual([expect.any(ProtocolError)]);
    expect(socket.closed).toBeUndefined();
    socket.receive(committed(999, scoreChange(querySetId, { inserts: [7] })));
    expect(scripted.points).toEqual([]);
    expect(errors).toEqual([expect.any(ProtocolError), expect.any(ProtocolError)]);
    expect(socket.closed).toBeDefined();
  });

  test('rows come also with the answer of a call that nobody waits for any more', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client, errors, socket } = scripted;
    const querySetId = await scripted.subscribe(all, scores());
    const call = client.reducers.noop({ timeoutMs: 50 });
    await settled();
    scripted.clock.advance(50);
    await expect(call).rejects.toThrow('calling reducer noop: no answer within 50 ms');
    socket.receive(committed(lastRequest(scripted), scoreChange(querySetId, { inserts: [8] })));
    expect(scripted.points).toEqual([8]);
    expect(client.score.lastBatch.value?.context).toMatchObject({
      isMyTransaction: true,
      event: { reducer: noopReducer.name },
    });
    expect(errors).toEqual([]);
  });
});

describe('what cannot be read', () => {
  test('closes the socket and is resynchronised, three times in a row it is fatal', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client, errors } = scripted;
    await scripted.subscribe(all, scores(1));
    for (const attempt of [1, 2]) {
      const { socket } = scripted;
      socket.receiveFrame(Uint8Array.of(0, 0x77));
      expect(socket.closed).toBeDefined();
      expect(scripted.points).toEqual([1]);
      expect(errors).toHaveLength(attempt);
      await scripted.comeBack();
      expect(scripted.status).toBe('connected');
      expect(scripted.socket.messages.map(({ tag }) => tag)).toEqual(['Subscribe']);
    }
    scripted.socket.receiveFrame(undefined);
    expect(client.connection.state.value).toMatchObject({ status: 'fatalError' });
    expect(errors).toHaveLength(3);
    expect(errors.every((error) => error instanceof ProtocolError)).toBe(true);
  });

  test.each<ServerMessage>([
    { tag: 'SubscribeApplied', requestId: 999, querySetId: 1, tables: [] },
    { tag: 'UnsubscribeApplied', requestId: 999, querySetId: 1, tables: undefined },
  ])('a $tag for a request that was never made is not skipped', async (message) => {
    await using scripted = await ScriptedClient.connected();
    await scripted.subscribe(all, scores(1));
    const { socket } = scripted;
    socket.receive(message);
    expect(socket.closed).toBeDefined();
    expect(scripted.errors).toEqual([expect.any(ProtocolError)]);
    expect(scripted.points).toEqual([1]);
  });

  test('a row that is taken away twice is a disagreement: nothing is applied, everything is asked for anew', async () => {
    await using scripted = await ScriptedClient.connected();
    const querySetId = await scripted.subscribe(all, scores(1));
    const { socket } = scripted;
    socket.receive(transaction(scoreChange(querySetId, { deletes: [9] })));
    expect(scripted.points).toEqual([1]);
    expect(socket.closed).toBeDefined();
    expect(scripted.errors).toEqual([expect.any(ProtocolError)]);
    expect(scripted.status).toBe('reconnecting');
  });

  test('rows that do not fit the generated code drop their set, and name table and column', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client, socket } = scripted;
    await scripted.subscribe(all, scores(1));
    const users = client.subscriptions.subscribe('SELECT * FROM user');
    await settled();
    const rows = rowListOf([withByte(userCodec, client, 33, 7)]);
    scripted.answer(users.querySetId, { table: 'user', rows });
    await expect(users.applied).rejects.toBeInstanceOf(SchemaError);
    await expect(users.applied).rejects.toMatchObject({ table: 'user', column: 'online' });
    await expect(client.user.subscribed).rejects.toThrow('run `generate` and build again');
    await settled();
    expect(socket.messages.at(-1)).toMatchObject({ tag: 'Unsubscribe', querySetId: users.querySetId });
    expect(users.isActive).toBe(false);
    expect(scripted.points).toEqual([1]);
    expect(scripted.status).toBe('connected');
  });

  test('a table that the generated code does not know is reported, and the rest of its message is applied', async () => {
    await using scripted = await ScriptedClient.connected();
    const querySetId = await scripted.subscribe(all, scores());
    const unknown = {
      table: 'unheard_of',
      rows: [{ tag: 'PersistentTable' as const, inserts: rowListOf([Uint8Array.of(1)]), deletes: emptyRowList }],
    };
    const { tables } = scoreChange(querySetId, { inserts: [3] });
    scripted.socket.receive(transaction({ querySetId, tables: [unknown, ...tables] }));
    expect(scripted.points).toEqual([3]);
    expect(scripted.errors).toEqual([expect.objectContaining({ code: 'schema', table: 'unheard_of' })]);
  });
});

/** The request id of what was sent last. */
function lastRequest({ socket }: ScriptedClient): number {
  const last = socket.messages.at(-1);
  if (last === undefined) throw new Error('the client sent nothing');
  return last.requestId;
}

function scoreInserted(querySetId: number, points: number): ServerMessage {
  return transaction(scoreChange(querySetId, { inserts: [points] }));
}

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
  const connector = new FakeConnector();
  const options = { host: 'localhost', database: 'hand-made', webSocket: connector, clock: new FakeClock() };
  const made = await createClient(options, { hash: 'hand-made' }, (core) => new UnitClient(core));
  const connecting = made.connect();
  await settled();
  const socket = connector.last.introduce();
  await connecting;
  made.subscriptions.subscribe('SELECT * FROM unit');
  await settled();
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
