import { effect } from '@preact/signals-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector } from '../support/fake-connector.ts';

let connector: FakeConnector;
let clock: FakeClock;
let client: SpacetimeDbClient;
let errors: unknown[];

beforeEach(async () => {
  connector = new FakeConnector();
  clock = new FakeClock();
  errors = [];
  const options = { host: 'localhost', database: 'robust', webSocket: connector, clock, random: () => 0 };
  client = await SpacetimeDbClient.create(options);
  client.onError((error) => errors.push(error));
});

afterEach(async () => {
  await client.dispose();
  expect(clock.openTimers).toBe(0);
  expect(connector.openSockets).toBe(0);
});

async function connected(): Promise<void> {
  const connecting = client.connect();
  await settled();
  connector.last.introduce();
  await connecting;
}

test('an effect of the address that throws keeps no call from settling', async () => {
  await connected();
  const thrown = new Error('an effect of the application');
  let isArmed = false;
  const dispose = effect(() => {
    void client.address.value;
    if (isArmed) throw thrown;
  });
  isArmed = true;
  const call = client.reducers.noop();
  await settled();
  connector.last.drop();
  await expect(call).rejects.toMatchObject({ code: 'connection' });
  expect(errors).toEqual([thrown]);
  isArmed = false;
  dispose();
});

test('connect gives up on an abort, also while it waits for the initial rows', async () => {
  const controller = new AbortController();
  const connecting = client.connect({ initialSubscriptions: ['SELECT * FROM note'], signal: controller.signal });
  await settled();
  connector.last.introduce();
  await settled();
  expect(client.connection.state.value.status).toBe('connected');
  const reason = new Error('the user left the page');
  controller.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  expect(client.connection.state.value.status).toBe('disconnected');
});

test('a call that was aborted while it waited for the new rows is never sent', async () => {
  await connected();
  client.subscriptions.subscribe('SELECT * FROM note');
  await settled();
  connector.last.drop();
  clock.advance(1);
  await settled();
  const socket = connector.last.introduce();
  const controller = new AbortController();
  const aborted = client.reducers.noop({ signal: controller.signal });
  const kept = client.reducers.addScore({ player: 'ann', points: 1n });
  kept.catch(() => undefined);
  await settled();
  controller.abort(new Error('changed my mind'));
  await expect(aborted).rejects.toThrow('changed my mind');
  const request = socket.messages.find(({ tag }) => tag === 'Subscribe');
  const { requestId } = request ?? { requestId: 0 };
  socket.receive({ tag: 'SubscribeApplied', requestId, querySetId: 1, tables: [] });
  await settled();
  const calls = socket.messages.flatMap((message) => (message.tag === 'CallReducer' ? message.reducer : []));
  expect(calls).toEqual(['add_score']);
  expect(client.inspect().pendingCalls).toBe(1);
});

test('a client that was disposed of does not connect again, and nobody waits for it', async () => {
  await connected();
  const { applied } = client.subscriptions.subscribe('SELECT * FROM note');
  const { subscribed } = client.note;
  const shared = client.subscriptions.share('SELECT * FROM user');
  await client.dispose();
  await client.dispose();
  await expect(applied).rejects.toThrow('the client was disposed of');
  await expect(subscribed).rejects.toThrow('the client was disposed of');
  await expect(shared.applied).rejects.toThrow('the client was disposed of');
  expect(() => client.subscriptions.subscribe('SELECT * FROM note')).toThrow(
    'the client was disposed of; make a new one',
  );
  await expect(client.connect()).rejects.toThrow('the client was disposed of; make a new one');
  await expect(client.reducers.say({ room: 1, text: 'x' })).rejects.toThrow(
    'calling reducer say: there is no connection (disconnected); the client was disposed of; make a new one',
  );
});
