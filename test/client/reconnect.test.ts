import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { ProtocolError, SchemaError, SubscriptionError } from '../../src/errors.ts';
import { rowListOf } from '../../src/wire/row-list.ts';
import { eventually } from '../support/live-clients.ts';
import { settled } from '../support/fake-clock.ts';
import {
  all,
  eventsOf,
  few,
  motd,
  scoreChange,
  scores,
  ScriptedClient,
  settings,
  transaction,
  withTwoSets,
} from './scripted-client.ts';

describe('what a new connection is told', () => {
  test.each([
    ['v3', [2]],
    ['v2', [1, 1]],
  ] as const)('on %s all live sets, with their old ids, in frames of %j messages', async (version, frames) => {
    await using scripted = await ScriptedClient.connected({}, version);
    const first = await scripted.subscribe(few, scores(1));
    const second = await scripted.subscribe(all, scores(1, 5));
    scripted.socket.drop();
    await scripted.comeBack({}, version);
    expect(scripted.sent).toEqual([`Subscribe ${first}`, `Subscribe ${second}`]);
    expect(scripted.socket.sent.map((messages) => messages.length)).toEqual(frames);
  });

  test('is no other identity where it is the same one', async () => {
    await using scripted = await ScriptedClient.connected();
    const seen: unknown[] = [];
    const stop = effect(() => void seen.push(scripted.client.identity.value));
    scripted.socket.drop();
    await scripted.comeBack();
    expect(scripted.client.identity.peek()).toBe(seen[0]);
    expect(seen).toHaveLength(1);
    stop();
  });

  test('is the same where the server speaks an older protocol than before', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack({}, 'v2');
    expect(scripted.client.connection.negotiatedProtocol).toBe('v2');
    expect(scripted.socket.sent.map((messages) => messages.length)).toEqual([1, 1]);
    scripted.answer(first, scores(1, 2));
    scripted.answer(second, settings(motd));
    expect(scripted.client.subscriptions.ready.value).toBe(true);
  });

  test('has the sets that were made without a connection, and not those that were ended without one', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    const third = scripted.client.subscriptions.subscribe(all);
    await scripted.client.subscriptions.unsubscribe(first);
    expect(events).toEqual(['delete 1 unsubscribeApplied', 'delete 2 unsubscribeApplied']);
    await scripted.comeBack();
    expect(scripted.sent).toEqual([`Subscribe ${second}`, `Subscribe ${third.querySetId}`]);
    scripted.answer(second, settings(motd));
    scripted.answer(third.querySetId, scores(1, 7));
    await third.applied;
    expect(events.slice(2)).toEqual(['insert 1 reconnect', 'insert 7 reconnect']);
  });

  test('has no set that began and ended without a connection', async () => {
    await using scripted = await ScriptedClient.connected();
    scripted.socket.drop();
    const handle = scripted.client.subscriptions.subscribe(all);
    await handle.unsubscribe();
    await expect(handle.applied).rejects.toBeInstanceOf(SubscriptionError);
    await scripted.comeBack();
    expect(scripted.sent).toEqual([]);
    expect(scripted.client.subscriptions.ready.value).toBe(true);
  });

  test('is everything, also when the application disconnected in between', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    await scripted.client.disconnect();
    expect(scripted.points).toEqual([1, 2]);
    await scripted.connect();
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${first}`, `Subscribe ${second}`]);
    scripted.answer(first, scores(2));
    scripted.answer(second, settings(motd));
    expect(events).toEqual(['delete 1 reconnect']);
  });
});

describe('the rows of the old connection', () => {
  test('stay until every set has its new ones, and are replaced in one step: only what changed is an event', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    const kept = scripted.client.score.rows.value.find((row) => row.points === 2n);
    const seen: string[] = [];
    const dispose = effect(() => {
      const points = scripted.client.score.rows.value.map((row) => row.points);
      seen.push(`${points.join()} ${scripted.client.setting.find('motd')?.value}`);
    });
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, scores(2, 3));
    expect([scripted.points, events]).toEqual([[1, 2], []]);
    scripted.answer(second, settings({ ...motd, value: 'Hello' }));
    dispose();
    expect(seen).toEqual(['1,2 Welcome', '2,3 Hello']);
    expect(events).toEqual(['delete 1 reconnect', 'insert 3 reconnect', 'update motd reconnect']);
    expect(scripted.client.score.rows.value.find((row) => row.points === 2n)).toBe(kept);
    expect(scripted.client.score.lastBatch.value?.context).toMatchObject({
      isMyTransaction: false,
      isOptimistic: false,
    });
  });

  test('that did not change cause nothing at all', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    const before = [scripted.client.score.rows.value, scripted.client.setting.rows.value];
    const batch = scripted.client.score.lastBatch.value;
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(second, settings(motd));
    scripted.answer(first, scores(2, 1));
    expect(events).toEqual([]);
    expect([scripted.client.score.rows.value, scripted.client.setting.rows.value]).toEqual(before);
    expect(scripted.client.score.rows.value).toBe(before[0]);
    expect(scripted.client.score.lastBatch.value).toBe(batch);
  });

  test('of two slices of one table in one set are all kept, and those of both are there twice', async () => {
    await using scripted = await ScriptedClient.connected();
    const set = scripted.client.subscriptions.subscribe([few, 'SELECT * FROM score WHERE points > 1']);
    await settled();
    scripted.answer(set.querySetId, scores(1, 2), scores(2, 3));
    const events = eventsOf(scripted);
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(set.querySetId, scores(1, 2), scores(2, 3));
    scripted.socket.receive(transaction(scoreChange(set.querySetId, { deletes: [2] })));
    expect([scripted.points, events]).toEqual([[1, 2, 3], []]);
    scripted.socket.receive(transaction(scoreChange(set.querySetId, { deletes: [2] })));
    expect(events).toEqual(['delete 2 unknownTransaction']);
  });

  test('stay while one of two sets that return them still does', async () => {
    await using scripted = await ScriptedClient.connected();
    const first = await scripted.subscribe(few, scores(1, 2));
    const second = await scripted.subscribe(all, scores(1, 2, 9));
    const events = eventsOf(scripted);
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    scripted.answer(second, scores(1, 2));
    expect(events).toEqual(['delete 9 reconnect']);
    void scripted.client.subscriptions.unsubscribe(second);
    await settled();
    scripted.end(second);
    expect(scripted.points).toEqual([1]);
  });

  test('survive a second break in the middle of the answers, and a third', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    for (let time = 0; time < 2; time++) {
      scripted.socket.drop();
      await scripted.comeBack();
      // Half of the answers, and different ones each time.
      if (time === 0) scripted.answer(first, scores());
      else scripted.answer(second);
      expect([scripted.points, events]).toEqual([[1, 2], []]);
    }
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(second, settings(motd));
    scripted.answer(first, scores(1, 4));
    expect(events).toEqual(['delete 2 reconnect', 'insert 4 reconnect']);
  });

  test('take in what happens between two answers, in its order', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    scripted.socket.receive(transaction(scoreChange(first, { inserts: [3], deletes: [1] })));
    scripted.socket.receive(transaction(scoreChange(first, { inserts: [4], deletes: [3] })));
    expect(events).toEqual([]);
    scripted.answer(second, settings(motd));
    expect(events.sort()).toEqual(['delete 1 reconnect', 'delete 2 reconnect', 'insert 4 reconnect']);
  });

  test('of a set that ends before its answer leave with its end', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const ended = scripted.client.subscriptions.unsubscribe(first);
    await settled();
    expect(scripted.sent.at(-1)).toBe(`Unsubscribe ${first}`);
    scripted.answer(first, scores(1, 2, 3));
    scripted.answer(second, settings(motd));
    scripted.end(first);
    await ended;
    expect(scripted.points).toEqual([]);
    expect(events.slice(-3)).toEqual([1, 2, 3].map((points) => `delete ${points} unsubscribeApplied`));
    expect(scripted.client.subscriptions.ready.value).toBe(true);
  });

  test('of a set whose end was never confirmed leave with the connection', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    const ended = scripted.client.subscriptions.unsubscribe(first);
    await settled();
    expect(events).toEqual([]);
    scripted.socket.drop();
    await ended;
    expect(events).toEqual(['delete 1 unsubscribeApplied', 'delete 2 unsubscribeApplied']);
    await scripted.comeBack();
    expect(scripted.sent).toEqual([`Subscribe ${second}`]);
  });

  test('of a set that fails now leave, and it is told; the others live', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.refuse(first, 'no such table: `score`');
    expect(events).toEqual([]);
    scripted.answer(second, settings(motd));
    expect(events).toEqual(['delete 1 reconnect', 'delete 2 reconnect']);
    await eventually('the error is told', () => scripted.errors.length > 0);
    expect(scripted.errors).toEqual([new SubscriptionError('no such table: `score`', [few])]);
    expect(scripted.client.setting.count()).toBe(1);
    expect([scripted.status, scripted.client.subscriptions.ready.value]).toEqual(['connected', true]);
    scripted.socket.drop();
    await scripted.comeBack();
    expect(scripted.sent).toEqual([`Subscribe ${second}`]);
  });

  test('of a set whose new rows do not fit the generated code leave, and it is told; the others live', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, { table: 'score', rows: rowListOf([Uint8Array.of(1)]) });
    scripted.answer(second, settings(motd));
    await settled();
    expect(events).toEqual(['delete 1 reconnect', 'delete 2 reconnect']);
    await eventually('the error is told', () => scripted.errors.length > 0);
    expect(scripted.errors).toEqual([expect.any(SchemaError)]);
    expect(scripted.sent.at(-1)).toBe(`Unsubscribe ${first}`);
    expect([scripted.status, scripted.client.setting.count()]).toEqual(['connected', 1]);
  });

  test('are taken for the last word when a set does not answer for half a minute; its answer comes in later', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(second, settings({ ...motd, value: 'Hello' }));
    scripted.clock.advance(29_999);
    expect(events).toEqual([]);
    scripted.clock.advance(1);
    expect(events).toEqual(['update motd reconnect']);
    expect([scripted.points, scripted.client.subscriptions.ready.value]).toEqual([[1, 2], false]);
    scripted.answer(first, scores(2));
    expect(events.slice(1)).toEqual(['delete 1 subscribeApplied']);
    expect(scripted.client.subscriptions.ready.value).toBe(true);
  });
});

describe('a server that breaks the protocol', () => {
  test.each([
    [1000, 'lost'],
    [1001, 'lost'],
    [1006, 'lost'],
    [1008, 'lost'],
    [1011, 'lost'],
    [1012, 'lost'],
    [1002, 'violated'],
    [1007, 'violated'],
    [1009, 'violated'],
  ] as const)('or closes with %i: the connection is %s, and comes back', async (code, how) => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop(code, 'why');
    expect(scripted.status).toBe('reconnecting');
    expect(scripted.errors).toEqual(how === 'violated' ? [expect.any(ProtocolError)] : []);
    await scripted.comeBack();
    scripted.answer(first, scores(1, 2));
    scripted.answer(second, settings(motd));
    expect(events).toEqual([]);
  });

  test('by changes of a set that there is not: everything is asked for anew', async () => {
    const { scripted, first, second, events } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.receive(transaction(scoreChange(77, { inserts: [5] })));
    expect(scripted.errors).toEqual([expect.any(ProtocolError)]);
    expect([scripted.status, scripted.points]).toEqual(['reconnecting', [1, 2]]);
    await scripted.comeBack();
    scripted.answer(first, scores(1, 2));
    scripted.answer(second, settings(motd));
    expect(events).toEqual([]);
  });
});

describe('a server that is silent', () => {
  test('is given more time while a large answer is on its way, but not for ever', async () => {
    const { scripted, first } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    // 30 s of silence, 10 s for an answer, and 120 s more for a large one.
    scripted.clock.advance(159_999);
    expect(scripted.status).toBe('connected');
    scripted.clock.advance(1);
    expect(scripted.status).toBe('reconnecting');
    expect(scripted.points).toEqual([1]);
  });

  test('is given no more than the usual time when every answer is there', async () => {
    const { scripted } = await withTwoSets();
    await using _ = scripted;
    scripted.clock.advance(39_999);
    expect(scripted.status).toBe('connected');
    scripted.clock.advance(1);
    expect(scripted.status).toBe('reconnecting');
  });
});
