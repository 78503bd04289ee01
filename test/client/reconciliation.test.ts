import { afterEach, beforeEach, expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { emptyRowList, rowListOf } from '../../src/wire/row-list.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { type Setting, settingCodec, SpacetimeDbClient } from '../generated/reference/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';

let connector: FakeConnector;
let clock: FakeClock;
let client: SpacetimeDbClient;
let events: string[];
let errors: unknown[];

beforeEach(async () => {
  connector = new FakeConnector();
  clock = new FakeClock();
  errors = [];
  events = [];
  const options = { host: 'localhost', database: 'reconciled', webSocket: connector, clock, random: () => 0 };
  client = await SpacetimeDbClient.create(options);
  client.onError((error) => errors.push(error));
  client.setting.onInsert(({ row, context }) => events.push(`insert ${row.key} ${row.value} ${context.event.kind}`));
  client.setting.onUpdate(({ newRow, context }) =>
    events.push(`update ${newRow.key} ${newRow.value} ${context.event.kind}`),
  );
  client.setting.onDelete(({ row, context }) => events.push(`delete ${row.key} ${row.value} ${context.event.kind}`));
  const connecting = client.connect();
  await turn();
  connector.last.introduce();
  await connecting;
});

afterEach(async () => {
  await client.dispose();
  expect(errors).toEqual([]);
  expect(clock.openTimers).toBe(0);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function setting(key: string, value: string): Uint8Array {
  const row: Setting = { key, slot: key.charCodeAt(0), value };
  return encode(settingCodec, row);
}

/** Answers the Subscribe of this set with these rows. */
async function answer(socket: FakeSocket, querySetId: number, rows: readonly Uint8Array[]): Promise<void> {
  await turn();
  const request = socket.messages.find((message) => message.tag === 'Subscribe' && message.querySetId === querySetId);
  if (request === undefined) throw new Error(`set ${querySetId} was not asked for`);
  const tables = [{ table: 'setting', rows: rowListOf(rows) }];
  socket.receive({ tag: 'SubscribeApplied', requestId: request.requestId, querySetId, tables });
}

function update(querySetId: number, deletes: readonly Uint8Array[], inserts: readonly Uint8Array[]): ServerMessage {
  const rows = { inserts: rowListOf(inserts), deletes: deletes.length > 0 ? rowListOf(deletes) : emptyRowList };
  const tables = [{ table: 'setting', rows: [{ tag: 'PersistentTable' as const, ...rows }] }];
  return { tag: 'TransactionUpdate', querySets: [{ querySetId, tables }] };
}

/** Two sets, the first of which has row `k` as `old`; then the connection is lost, and the next one is open. */
async function reconnected(): Promise<FakeSocket> {
  client.subscriptions.subscribe('SELECT * FROM setting');
  client.subscriptions.subscribe('SELECT * FROM setting WHERE slot > 1000');
  await answer(connector.last, 1, [setting('k', 'old')]);
  await answer(connector.last, 2, []);
  connector.last.drop();
  clock.advance(1);
  await turn();
  events = [];
  return connector.last.introduce();
}

test('a row that changes while the other sets are outstanding has its last version, in one update', async () => {
  const socket = await reconnected();
  await answer(socket, 1, [setting('k', 'v1')]);
  socket.receive(update(1, [setting('k', 'v1')], [setting('k', 'v2')]));
  expect(events).toEqual([]);
  await answer(socket, 2, []);
  expect(events).toEqual(['update k v2 reconnect']);
});

test('a row that is new and changes while the other sets are outstanding is one insert', async () => {
  const socket = await reconnected();
  await answer(socket, 1, [setting('k', 'old'), setting('n', 'v1')]);
  socket.receive(update(1, [setting('n', 'v1')], [setting('n', 'v2')]));
  await answer(socket, 2, []);
  expect(events).toEqual(['insert n v2 reconnect']);
});

test('a row that is taken away and comes back in between is the row of the server, not the old one', async () => {
  const socket = await reconnected();
  await answer(socket, 1, [setting('k', 'v1')]);
  socket.receive(update(1, [setting('k', 'v1')], []), update(1, [], [setting('k', 'v1')]));
  await answer(socket, 2, []);
  expect(events).toEqual(['update k v1 reconnect']);
  expect(client.setting.find('k')?.value).toBe('v1');
});

test('a row that changes and changes back in between is no event at all', async () => {
  const socket = await reconnected();
  const row = client.setting.find('k');
  await answer(socket, 1, [setting('k', 'v1')]);
  socket.receive(update(1, [setting('k', 'v1')], [setting('k', 'old')]));
  await answer(socket, 2, []);
  expect(events).toEqual([]);
  expect(client.setting.find('k')).toBe(row);
});

test('a row that leaves one set and enters another in between stays', async () => {
  const socket = await reconnected();
  await answer(socket, 1, [setting('k', 'v1')]);
  await answer(socket, 2, []);
  expect(events).toEqual(['update k v1 reconnect']);
});
