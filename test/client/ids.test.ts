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
  expect(results.map(({ requestId }) => requestId)).toEqual([largest - 2, largest - 1, largest, 0, 1, 2, 3, 4]);
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

  test('make calls of the offline queue wait for one another', async () => {
    await using offline = await OfflineClient.create({ ids: requestIds(5) });
    await offline.scripted.connect();
    const calls = [offline.addScore(1), offline.addScore(2)];
    await settled();
    expect(idsOf(offline.scripted)).toEqual([5]);
    offline.scripted.socket.receive(committed(5));
    await calls[0];
    await settled();
    expect(idsOf(offline.scripted)).toEqual([5, 5]);
    offline.scripted.socket.receive(committed(5));
    await expect(calls[1]).resolves.toMatchObject({ requestId: 5 });
    expect(offline.scripted.errors).toEqual([]);
  });
});
