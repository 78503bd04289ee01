import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { countingIds, type IdSource } from '../../src/ids.ts';
import { settled } from '../support/fake-clock.ts';
import { startLiveServer } from '../support/live-clients.ts';
import { OfflineClient } from '../sync/offline-client.ts';
import { all, committed, scores, ScriptedClient } from './scripted-client.ts';

const largest = 2 ** 32 - 1;

test('ids begin anew behind the largest that 32 bits hold, with query sets and calls from before that', async () => {
  await using live = await startLiveServer();
  const ids = countingIds(largest - 4);
  const client = await live.connect(['SELECT * FROM score'], { ids });
  const added = Array.from({ length: 8 }, async (_, index) =>
    client.reducers.addScore({ player: 'ann', points: BigInt(index) }),
  );
  const results = await Promise.all(added);
  expect(results.map(({ requestId }) => requestId)).toEqual([largest - 2, largest - 1, largest, 1, 2, 3, 4, 5]);
  const handles = Array.from({ length: 5 }, () =>
    client.subscriptions.subscribe('SELECT * FROM score WHERE points > 3'),
  );
  await Promise.all(handles.map(async ({ applied }) => applied));
  expect(handles.map(({ querySetId }) => querySetId)).toEqual([largest - 2, largest - 1, largest, 0, 1]);
  for (const handle of handles) await handle.unsubscribe();
  expect(client.score.count()).toBe(8);
  expect(live.errors).toEqual([]);
});

describe('ids of an application that come again', () => {
  /** Gives these ids to requests, and then the last of them for ever. */
  function requestIds(...ids: number[]): IdSource {
    return { ...countingIds(), nextRequestId: () => (ids.length > 1 ? ids.shift() : ids[0]) ?? 0 };
  }

  const idsOf = ({ socket }: ScriptedClient): number[] => socket.messages.map(({ requestId }) => requestId);
  const requests: Readonly<Record<string, (client: ScriptedClient['client']) => Promise<unknown>>> = {
    'a reducer': ({ reducers }) => reducers.noop(),
    'a procedure': ({ procedures }) => procedures.add({ left: 1n, right: 1n }),
    'a one-off query': ({ subscriptions }) => subscriptions.oneOffQuery(all),
  };

  test.each(Object.entries(requests))('are left out while the answer of %s is awaited under them', async (_, ask) => {
    await using scripted = await ScriptedClient.connected({ ids: requestIds(5, 5, 6, 5, 5, 6) });
    const asked = [ask(scripted.client), ask(scripted.client)].map(async (each) => each.catch(String));
    await expect(ask(scripted.client)).rejects.toThrow(
      new RangeError('ids.nextRequestId gives only ids that are in use already; it has to give others'),
    );
    await settled();
    expect(idsOf(scripted)).toEqual([5, 6]);
    scripted.socket.drop();
    const broke = expect.stringContaining('the connection broke before the answer came');
    expect(await Promise.all(asked)).toEqual([broke, broke]);
  });

  test('are given again once the answer is here', async () => {
    await using scripted = await ScriptedClient.connected({ ids: requestIds(5) });
    const { reducers } = scripted.client;
    for (const times of [1, 2]) {
      const call = reducers.noop();
      await settled();
      expect(idsOf(scripted)).toHaveLength(times);
      scripted.socket.receive(committed(5));
      await expect(call).resolves.toMatchObject({ requestId: 5 });
    }
  });

  test('are left out while rows are awaited under them', async () => {
    await using scripted = await ScriptedClient.connected({ ids: requestIds(5, 5, 6) });
    const { subscriptions } = scripted.client;
    const sets = [subscriptions.subscribe(all), subscriptions.subscribe('SELECT * FROM score WHERE points > 5')];
    await settled();
    expect(idsOf(scripted)).toEqual([5, 6]);
    for (const [index, { querySetId }] of sets.entries()) scripted.answer(querySetId, scores(index, 9));
    await Promise.all(sets.map(async ({ applied }) => applied));
    expect(scripted.points).toEqual([0, 1, 9]);
  });

  test('are left out by whoever else makes requests', async () => {
    await using offline = await OfflineClient.create({ ids: requestIds(5, 5, 6, 6, 5, 7, 7, 6, 8, 8, 9) });
    const { scripted, client } = offline;
    await scripted.connect();
    const asked = [
      offline.addScore(1),
      client.reducers.noop({ dropIfOffline: true }),
      client.procedures.add({ left: 1n, right: 1n }),
      client.subscriptions.oneOffQuery(all),
    ].map(async (each) => each.catch(String));
    client.subscriptions.subscribe(all);
    await settled();
    const sent = scripted.socket.messages.map(({ tag, requestId }) => `${tag} ${requestId}`);
    expect(sent.sort()).toEqual(['CallProcedure 7', 'CallReducer 5', 'CallReducer 6', 'OneOffQuery 8', 'Subscribe 9']);
    scripted.socket.receive(committed(6), committed(5));
    expect(await Promise.all(asked.slice(0, 2))).toMatchObject([{ requestId: 5 }, { requestId: 6 }]);
    expect(scripted.errors).toEqual([]);
    scripted.socket.drop();
    await Promise.all(asked);
  });

  test('are none that signs of life are asked for under, whose answers are nobody else’s', async () => {
    await using scripted = await ScriptedClient.connected({ ids: requestIds(0, 5) });
    const { connection, subscriptions } = scripted.client;
    const asked = subscriptions.oneOffQuery(all);
    const health = connection.checkHealth();
    await settled();
    expect(idsOf(scripted)).toEqual([5, 0]);
    scripted.socket.receive({ tag: 'OneOffQueryResult', requestId: 0, result: { err: 'no query' } });
    await expect(health).resolves.toBe(true);
    scripted.socket.receive({ tag: 'OneOffQueryResult', requestId: 5, result: { ok: [] } });
    await expect(asked).resolves.toEqual([]);
  });

  test('are left out until a query that nobody waits for any more is answered', async () => {
    await using scripted = await ScriptedClient.connected({ ids: requestIds(5, 5, 6) });
    const { subscriptions } = scripted.client;
    const late = subscriptions.oneOffQuery(all, { timeoutMs: 100 });
    scripted.clock.advance(100);
    await expect(late).rejects.toThrow('no answer within 100 ms');
    const second = subscriptions.oneOffQuery(all);
    await settled();
    expect(idsOf(scripted)).toEqual([5, 6]);
    scripted.socket.receive({ tag: 'OneOffQueryResult', requestId: 5, result: { err: 'late' } });
    scripted.socket.receive({ tag: 'OneOffQueryResult', requestId: 6, result: { ok: [] } });
    await expect(second).resolves.toEqual([]);
    expect(scripted.client.inspect().pendingCalls).toBe(0);
  });

  test('that are all in use leave nothing of a call in the offline store', async () => {
    await using offline = await OfflineClient.create({ ids: requestIds(5) });
    await offline.scripted.connect();
    const first = offline.addScore(1);
    await settled();
    const stored = await offline.stored();
    await expect(offline.addScore(2)).rejects.toThrow('ids.nextRequestId gives only ids that are in use already');
    expect(await offline.stored()).toEqual(stored);
    offline.scripted.socket.receive(committed(5));
    await expect(first).resolves.toMatchObject({ requestId: 5 });
  });

  test('make calls that wait in the offline queue wait for one another, and for whoever else has the id', async () => {
    await using offline = await OfflineClient.create({ ids: requestIds(5) });
    const { scripted, client } = offline;
    expect(await Promise.all([offline.addScore(1), offline.addScore(2)])).toMatchObject([
      { requestId: 5 },
      { requestId: 5 },
    ]);
    const asked: Promise<unknown>[] = [];
    const stop = effect(() => {
      if (client.identity.value !== undefined) asked.push(client.subscriptions.oneOffQuery(all));
    });
    await scripted.connect();
    stop();
    await settled();
    expect(scripted.sent).toEqual([`OneOffQuery ${all}`]);
    scripted.socket.receive({ tag: 'OneOffQueryResult', requestId: 5, result: { ok: [] } });
    await expect(asked[0]).resolves.toEqual([]);
    for (const times of [1, 2]) {
      await settled();
      expect(offline.calls).toHaveLength(times);
      scripted.socket.receive(committed(5));
    }
    await settled();
    expect(offline.told).toEqual(['add_score committed', 'add_score committed']);
    expect(scripted.errors).toEqual([]);
  });

  test('are no more than those of query sets that live', async () => {
    const given = [7, 8, 7, 8, 9, 7];
    const ids = { ...countingIds(), nextQuerySetId: () => given.shift() ?? 8 };
    await using scripted = await ScriptedClient.connected({ ids });
    const { subscriptions } = scripted.client;
    const subscribed = (): number => subscriptions.subscribe(all).querySetId;
    expect([subscribed(), subscribed(), subscribed()]).toEqual([7, 8, 9]);
    void subscriptions.unsubscribe(7);
    expect(subscribed).toThrow(
      new RangeError('ids.nextQuerySetId gives only ids that are in use already; it has to give others'),
    );
    await settled();
    scripted.end(7);
    given.push(7);
    expect(subscribed()).toBe(7);
  });
});
