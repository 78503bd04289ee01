import { effect, untracked } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { type SubscriptionHandle } from '../../src/subscription/query-set.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from '../sync/offline-client.ts';
import { all, eventsOf, few, scores, ScriptedClient } from './scripted-client.ts';

type Client = ScriptedClient['client'];

/** Runs `act` in an effect, once there is another connection than now. */
function onNextConnection({ address }: Client, act: () => void): () => void {
  const before = address.peek();
  return effect(() => {
    if (address.value !== undefined && address.value !== before) untracked(act);
  });
}

describe('who hears of a new connection, ends the only query set and asks for its rows by another one', () => {
  test('sees the rows stay that did not change', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client } = scripted;
    const set = await scripted.subscribe(all, scores(1, 2));
    const events = eventsOf(scripted);
    let other: SubscriptionHandle | undefined;
    const stop = onNextConnection(client, () => {
      if (other !== undefined) return;
      void client.subscriptions.unsubscribe(set);
      other = client.subscriptions.subscribe(few);
    });
    scripted.socket.drop();
    await scripted.comeBack();
    stop();
    expect(scripted.points).toEqual([1, 2]);
    scripted.answer(other?.querySetId ?? 0, scores(2, 3));
    await other?.applied;
    expect(scripted.points).toEqual([2, 3]);
    expect(events).toEqual(['delete 1 reconnect', 'insert 3 reconnect']);
  });

  test('sends no call again that the rows show', async () => {
    await using offline = await OfflineClient.create();
    const { client, scripted } = offline;
    await scripted.connect();
    const set = await scripted.subscribe(all, scores(1));
    await offline.loseScore(2);
    let other: SubscriptionHandle | undefined;
    const stop = onNextConnection(client, () => {
      if (other !== undefined) return;
      void client.subscriptions.unsubscribe(set);
      other = client.subscriptions.subscribe(few);
    });
    await scripted.comeBack();
    stop();
    scripted.answer(other?.querySetId ?? 0, scores(1, 2));
    await settled();
    expect([offline.calls, offline.told]).toEqual([[], ['add_score committed ?']]);
  });
});

test('a connection that breaks before all is answered is not taken for complete by who ends the rest then', async () => {
  await using scripted = await ScriptedClient.connected();
  const { client } = scripted;
  const set = await scripted.subscribe(all, scores(1, 2));
  const rest = await scripted.subscribe('SELECT * FROM score WHERE points > 5', scores(9));
  scripted.socket.drop();
  await scripted.comeBack();
  scripted.answer(set, scores(1, 3));
  const held = client.reducers.noop();
  const events = eventsOf(scripted);
  const stop = effect(() => {
    if (client.address.value === undefined) void untracked(() => client.subscriptions.unsubscribe(rest));
  });
  scripted.socket.drop();
  stop();
  await expect(held).rejects.toThrow('the connection broke before it was sent');
  expect([events, scripted.points, scripted.errors]).toEqual([['delete 9 unsubscribeApplied'], [1, 2], []]);
  await scripted.comeBack();
  scripted.answer(set, scores(1, 3));
  expect(events.slice(1).sort()).toEqual(['delete 2 reconnect', 'insert 3 reconnect']);
});
