import { effect } from '@preact/signals-core';
import { expect, test, vi } from 'vitest';
import { type ConnectionState } from '../../src/connection/state.ts';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { environment } from '../../src/platform/node.ts';
import { settled } from '../support/fake-clock.ts';
import { ScriptedClient } from './scripted-client.ts';

test('an effect of the address that throws keeps no call from settling', async () => {
  await using scripted = await ScriptedClient.connected();
  const { client, errors } = scripted;
  const thrown = new Error('an effect of the application');
  let isArmed = false;
  const dispose = effect(() => {
    void client.address.value;
    if (isArmed) throw thrown;
  });
  isArmed = true;
  const call = client.reducers.noop();
  await settled();
  scripted.socket.drop();
  await expect(call).rejects.toMatchObject({ code: 'connection' });
  expect(errors).toEqual([thrown]);
  isArmed = false;
  dispose();
});

test('connect gives up on an abort, also while it waits for the initial rows', async () => {
  await using scripted = await ScriptedClient.create();
  const { client } = scripted;
  const controller = new AbortController();
  const connecting = client.connect({ initialSubscriptions: ['SELECT * FROM note'], signal: controller.signal });
  await settled();
  scripted.socket.introduce();
  await settled();
  expect(client.connection.state.value.status).toBe('connected');
  const reason = new Error('the user left the page');
  controller.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  expect(client.connection.state.value.status).toBe('disconnected');
});

/** A client that waits for its initial rows. */
async function waiting(): Promise<{ readonly scripted: ScriptedClient; readonly connecting: Promise<void> }> {
  const scripted = await ScriptedClient.create();
  const connecting = scripted.client.connect({ initialSubscriptions: ['SELECT * FROM note'] });
  await settled();
  scripted.socket.introduce();
  await settled();
  return { scripted, connecting };
}

test('connect waits for the initial rows through connections that are lost', async () => {
  const { scripted, connecting } = await waiting();
  await using _ = scripted;
  scripted.socket.drop();
  await scripted.comeBack();
  scripted.answer(1);
  await connecting;
  await scripted.client.disconnect();
  expect(scripted.client.inspect().querySets).toHaveLength(1);
});

test.each<[string, (scripted: ScriptedClient) => Promise<void>, string]>([
  [
    'the server sends what cannot be read, three times,',
    async (scripted) => {
      for (let time = 0; time < 2; time++) {
        scripted.socket.receiveFrame(undefined);
        await scripted.comeBack();
      }
      scripted.socket.receiveFrame(undefined);
    },
    'the server sent a text frame',
  ],
  ['somebody disconnects', ({ client }) => client.disconnect(), 'the client was disconnected while it connected'],
])('connect rejects when %s before the initial rows come, which are wanted no more', async (_, end, problem) => {
  const { scripted, connecting } = await waiting();
  await using _scripted = scripted;
  await Promise.all([expect(connecting).rejects.toThrow(problem), end(scripted)]);
  expect(scripted.client.inspect().querySets).toEqual([]);
});

test.each(['a listener', 'an effect'])(
  'connect by %s that hears of the end of the last connection waits for the next',
  async (who) => {
    await using scripted = await ScriptedClient.create();
    const { client } = scripted;
    const connecting: Promise<void>[] = [];
    const onState = ({ status }: ConnectionState): void => {
      if (status === 'disconnected') connecting.push(client.connect({ initialSubscriptions: ['SELECT * FROM note'] }));
    };
    const failing = client.connect();
    const stop =
      who === 'an effect'
        ? effect(() => onState(client.connection.state.value))
        : client.connection.onStateChanged(onState);
    await settled();
    scripted.socket.drop();
    await expect(failing).rejects.toThrow('the connection broke');
    await settled();
    scripted.socket.introduce();
    await settled();
    scripted.answer(1);
    await Promise.all(connecting);
    expect([connecting.length, client.inspect().querySets.length]).toEqual([1, 1]);
    stop();
  },
);

test.each<[string, (client: ScriptedClient['client'], controller: AbortController) => void, string]>([
  ['an abort', (_, controller) => controller.abort(new Error('taken off the page')), 'taken off the page'],
  ['disconnect', (client) => void client.disconnect(), 'the client was disconnected while it connected'],
])('connect that %s ends at once, before somebody connects anew, leaves the new one alone', async (_, end, problem) => {
  await using scripted = await ScriptedClient.create();
  const { client } = scripted;
  const controller = new AbortController();
  const initialSubscriptions = 'SELECT * FROM note';
  const first = client.connect({ initialSubscriptions, signal: controller.signal });
  end(client, controller);
  const second = client.connect({ initialSubscriptions });
  await expect(first).rejects.toThrow(problem);
  await settled();
  scripted.socket.introduce();
  await settled();
  scripted.answer(2);
  await second;
  expect(client.inspect().querySets.map(({ id }) => id)).toEqual([2]);
});

test('connect that somebody undoes who hears that it has begun rejects', async () => {
  await using scripted = await ScriptedClient.create();
  const { client } = scripted;
  const stop = effect(() => {
    if (client.connection.state.value.status === 'connecting') void client.disconnect();
  });
  await expect(client.connect({ initialSubscriptions: 'SELECT * FROM note' })).rejects.toThrow(
    'the client was disconnected while it connected',
  );
  await settled();
  expect([client.inspect().querySets, scripted.status]).toEqual([[], 'disconnected']);
  stop();
});

test('a call that was aborted while it waited for the new rows is never sent', async () => {
  await using scripted = await ScriptedClient.connected();
  const { client } = scripted;
  const { querySetId } = client.subscriptions.subscribe('SELECT * FROM note');
  await settled();
  scripted.socket.drop();
  const socket = await scripted.comeBack();
  const controller = new AbortController();
  const aborted = client.reducers.noop({ signal: controller.signal });
  const kept = client.reducers.addScore({ player: 'ann', points: 1n });
  kept.catch(() => undefined);
  await settled();
  controller.abort(new Error('changed my mind'));
  await expect(aborted).rejects.toThrow('changed my mind');
  scripted.answer(querySetId);
  await settled();
  const calls = socket.messages.flatMap((message) => (message.tag === 'CallReducer' ? message.reducer : []));
  expect(calls).toEqual(['add_score']);
  expect(client.inspect().pendingCalls).toBe(1);
});

test('a client that was disposed of does not connect again, and nobody waits for it', async () => {
  await using scripted = await ScriptedClient.connected();
  const { client } = scripted;
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

test('a client that was disposed of does not come back, whoever wants it to, and whenever', async () => {
  await using scripted = await ScriptedClient.connected();
  const { client, connector } = scripted;
  const end = effect(() => {
    if (client.connection.state.value.status === 'disconnected') client.connection.reconnect();
  });
  client.connection.onStateChanged(() => client.connection.reconnect());
  await client.dispose();
  client.connection.reconnect();
  await settled();
  end();
  expect([connector.sockets.length, scripted.status]).toEqual([1, 'disconnected']);
});

test('a client that could not be made listens to the network no longer', async () => {
  const heard: string[] = [];
  const watch = vi.spyOn(environment, 'watch').mockImplementation(() => {
    heard.push('begun');
    return () => heard.push('ended');
  });
  const authStorage = new InMemoryTokenStore();
  authStorage.loadToken = () => Promise.reject(new Error('locked'));
  await expect(ScriptedClient.create({ authStorage })).rejects.toThrow('locked');
  expect(heard).toEqual(['begun', 'ended']);
  watch.mockRestore();
});
