import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import {
  ConnectionError,
  isSpacetimeDbError,
  ProtocolError,
  SchemaError,
  SubscriptionError,
} from '../../src/errors.ts';
import { rowListOf } from '../../src/wire/row-list.ts';
import { settled } from '../support/fake-clock.ts';
import { committed, scoreChange, scores, ScriptedClient, settings, transaction } from './scripted-client.ts';

const few = 'SELECT * FROM score WHERE points < 3';
const all = 'SELECT * FROM score';
const motd = { key: 'motd', slot: 1, value: 'Welcome' };

/** What happens to scores and settings, in short: `insert 1 reconnect`. */
function eventsOf({ client }: ScriptedClient): string[] {
  const events: string[] = [];
  client.score.onInsert(({ row, context }) => events.push(`insert ${row.points} ${context.event.kind}`));
  client.score.onDelete(({ row, context }) => events.push(`delete ${row.points} ${context.event.kind}`));
  client.setting.onInsert(({ row, context }) => events.push(`insert ${row.key} ${context.event.kind}`));
  client.setting.onUpdate(({ newRow, context }) => events.push(`update ${newRow.key} ${context.event.kind}`));
  client.setting.onDelete(({ row, context }) => events.push(`delete ${row.key} ${context.event.kind}`));
  return events;
}

/** A client with two sets, applied. */
async function withTwoSets(): Promise<{ scripted: ScriptedClient; first: number; second: number; events: string[] }> {
  const scripted = await ScriptedClient.connected();
  const first = await scripted.subscribe(few, scores(1, 2));
  const second = await scripted.subscribe('SELECT * FROM setting', settings(motd));
  return { scripted, first, second, events: eventsOf(scripted) };
}

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

describe('promises and signals', () => {
  test('ready is true only while the socket is open and every set is applied', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    const seen: string[] = [];
    const dispose = effect(
      () =>
        void seen.push(`${scripted.client.connection.state.value.status} ${scripted.client.subscriptions.ready.value}`),
    );
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    scripted.answer(second, settings(motd));
    const third = scripted.client.subscriptions.subscribe(all);
    await settled();
    scripted.answer(third.querySetId, scores(1));
    dispose();
    const isTrue = seen.map((state) => state.endsWith('true'));
    expect(isTrue.filter((value, index) => value !== isTrue[index - 1])).toEqual([true, false, true, false, true]);
    expect(seen.filter((state) => state.endsWith('true'))).not.toContain(expect.stringMatching(/^reconnecting/));
  });

  test('without a set a new connection is ready at once', async () => {
    await using scripted = await ScriptedClient.connected();
    scripted.socket.drop();
    expect(scripted.client.subscriptions.ready.value).toBe(false);
    await scripted.comeBack();
    expect(scripted.client.subscriptions.ready.value).toBe(true);
    void scripted.client.reducers.noop().catch(() => undefined);
    await settled();
    expect(scripted.sent).toEqual(['CallReducer noop']);
  });

  test('subscribed stays fulfilled, whatever becomes of the set', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    const { subscribed } = scripted.client.score;
    await subscribed;
    scripted.socket.drop();
    expect(scripted.client.score.subscribed).toBe(subscribed);
    await scripted.comeBack();
    scripted.refuse(first, 'not any more');
    scripted.answer(second, settings(motd));
    expect(scripted.client.score.subscribed).toBe(subscribed);
    await scripted.client.score.subscribed;
  });

  test('what waits for first rows waits on across a break, and connect does too', async () => {
    await using scripted = await ScriptedClient.create();
    const connecting = scripted.client.connect({ initialSubscriptions: [all] });
    await settled();
    scripted.socket.introduce();
    await settled();
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(1, scores(4));
    await connecting;
    await scripted.client.score.subscribed;
    expect(scripted.points).toEqual([4]);
  });
});

describe('dispose', () => {
  /** Whatever can be waited for. */
  function waits({ client }: ScriptedClient, querySetId: number): readonly Promise<unknown>[] {
    const { subscriptions } = client;
    return [
      client.reducers.noop(),
      client.procedures.add({ left: 1n, right: 1n }),
      subscriptions.oneOffQuery(all),
      subscriptions.subscribe('SELECT * FROM user').applied,
      client.user.subscribed,
      subscriptions.resync(querySetId),
      subscriptions.unsubscribe(querySetId),
      client.connection.checkHealth(),
      client.connect({ initialSubscriptions: ['SELECT * FROM note'] }),
    ];
  }

  test.each(['connected', 'reconnecting', 'reconciling'])('lets nobody wait, also while %s', async (when) => {
    const { scripted, second } = await withTwoSets();
    if (when !== 'connected') scripted.socket.drop();
    if (when === 'reconciling') await scripted.comeBack();
    const ends = waits(scripted, second).map((promise) =>
      promise.then(
        () => 'fulfilled',
        (error: unknown) => (isSpacetimeDbError(error) ? error.code : 'an error of another kind'),
      ),
    );
    await settled();
    await scripted[Symbol.asyncDispose]();
    for (const end of await Promise.all(ends)) expect(end).toMatch(/^(?:fulfilled|connection|subscription)$/);
  });
});

describe('calls', () => {
  test('that were under way reject, and say that nobody knows', async () => {
    await using scripted = await ScriptedClient.connected();
    const calls = [
      scripted.client.reducers.noop(),
      scripted.client.procedures.add({ left: 1n, right: 2n }),
      scripted.client.subscriptions.oneOffQuery('SELECT * FROM score'),
    ];
    await settled();
    scripted.socket.drop();
    for (const call of calls) {
      await expect(call).rejects.toBeInstanceOf(ConnectionError);
      await expect(call).rejects.toThrow('the connection broke');
    }
    expect(scripted.client.inspect().pendingCalls).toBe(0);
  });

  test('between a new connection and its rows wait for them, in order', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const { reducers, procedures } = scripted.client;
    const results = [
      reducers.noop(),
      procedures.add({ left: 1n, right: 2n }),
      reducers.addScore({ player: 'ann', points: 1n }),
    ];
    for (const result of results) result.catch(() => undefined);
    await settled();
    expect(scripted.sent).toHaveLength(2);
    scripted.answer(first, scores(1));
    await settled();
    expect(scripted.sent).toHaveLength(2);
    scripted.answer(second, settings(motd));
    const late = reducers.stopTicking();
    late.catch(() => undefined);
    await settled();
    expect(scripted.sent.slice(2)).toEqual([
      'CallReducer noop',
      'CallProcedure add',
      'CallReducer add_score',
      'CallReducer stop_ticking',
    ]);
  });

  test('do not wait longer than half a minute for those rows', async () => {
    const { scripted } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const call = scripted.client.reducers.noop({ timeoutMs: Infinity });
    call.catch(() => undefined);
    scripted.clock.advance(29_999);
    await settled();
    expect(scripted.sent).not.toContain('CallReducer noop');
    scripted.clock.advance(1);
    await settled();
    expect(scripted.sent).toContain('CallReducer noop');
  });

  test('that wait for those rows reject when the connection breaks again, and are never sent', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const call = scripted.client.reducers.noop();
    scripted.socket.drop();
    await expect(call).rejects.toBeInstanceOf(ConnectionError);
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    scripted.answer(second, settings(motd));
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${first}`, `Subscribe ${second}`]);
  });

  test('are told their result, with rows of a set that is ending, which leave nothing behind', async () => {
    const { scripted, first } = await withTwoSets();
    await using _ = scripted;
    const call = scripted.client.reducers.addScore({ player: 'ann', points: 3n });
    const ended = scripted.client.subscriptions.unsubscribe(first);
    await settled();
    const requestId = scripted.socket.messages.find(({ tag }) => tag === 'CallReducer')?.requestId ?? 0;
    scripted.socket.receive(committed(requestId, scoreChange(first, { inserts: [3] })));
    await expect(call).resolves.toMatchObject({ isCommitted: true });
    scripted.end(first);
    await ended;
    expect(scripted.points).toEqual([]);
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
