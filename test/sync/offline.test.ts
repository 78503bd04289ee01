import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { MutationDiscardedError, ReducerError } from '../../src/errors.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { all, committed, eventsOf, refused, scoreChange, scores } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

function idOf(offline: OfflineClient, index = -1): number {
  const call = offline.calls.at(index);
  if (call === undefined) throw new Error('nothing was called');
  return call.requestId;
}

/** A client that is connected, with one set of all scores. */
async function connected(...points: readonly number[]): Promise<{ offline: OfflineClient; set: number }> {
  const offline = await OfflineClient.create();
  await offline.scripted.connect();
  const set = await offline.scripted.subscribe(all, scores(...points));
  return { offline, set };
}

test('what the promise of a call rejected with is no failure of the queue; what nobody waits for is', async () => {
  const { offline } = await connected();
  const refusedAtOnce = offline.addScore(1);
  await settled();
  offline.scripted.socket.receive(refused(idOf(offline)));
  await expect(refusedAtOnce).rejects.toBeInstanceOf(ReducerError);
  expect(offline.outcomes.map(({ wasPending }) => wasPending)).toEqual([false]);
  expect(offline.client.syncState.value).toMatchObject({ status: 'idle', failures: [], lastError: undefined });

  const late = await offline.addScore(2, { timeoutMs: 0 });
  await settled();
  expect(late.isPending).toBe(true);
  offline.scripted.socket.receive(refused(idOf(offline)));
  await expect(late.settled).rejects.toBeInstanceOf(ReducerError);

  offline.scripted.socket.drop();
  await offline.addScore(3);
  const next = await offline.restart();
  expect(next.client.pendingMutations.value.map((call) => call.discard())).toEqual([true]);
  expect([...offline.outcomes, ...next.outcomes].map(({ wasPending }) => wasPending)).toEqual([false, true, true]);
  expect(offline.client.syncState.value.failures).toHaveLength(1);
  expect(next.client.syncState.value.failures).toHaveLength(1);
  await next[Symbol.asyncDispose]();
});

test('who watches the calls that wait hears of them, and of nothing else', async () => {
  const { offline, set } = await connected();
  offline.scripted.socket.drop();
  await offline.addScore(1);
  const seen: unknown[] = [];
  const stop = effect(() => void seen.push(offline.client.pendingMutations.value));
  await offline.scripted.comeBack();
  const { lastSyncTime } = offline.client.syncState.value;
  offline.scripted.clock.advance(10);
  expect(offline.pending).toEqual(['add_score queued']);
  offline.scripted.refuse(set, 'no such table');
  offline.client.clearSyncErrors();
  expect(seen).toHaveLength(1);
  await settled();
  offline.scripted.socket.receive(committed(idOf(offline)));
  expect(offline.client.syncState.value.lastSyncTime).toBeGreaterThan(lastSyncTime ?? 0);
  expect(seen.map((calls) => (Array.isArray(calls) ? calls.length : undefined))).toEqual([1, 1, 0]);
  stop();
  await offline[Symbol.asyncDispose]();
});

test('a call that was aborted in the queue is no failure: whoever made it gave it up', async () => {
  const { offline } = await connected();
  offline.scripted.socket.drop();
  await offline.scripted.connect();
  const abort = new AbortController();
  const call = offline.addScore(1, { signal: abort.signal });
  expect(offline.pending).toEqual(['add_score queued']);
  abort.abort(new Error('never mind'));
  await expect(call).rejects.toThrow('never mind');
  expect(offline.outcomes.map(({ outcome, wasPending }) => [outcome, wasPending])).toEqual([['vetoed', false]]);
  expect(offline.client.syncState.value.failures).toEqual([]);
  await offline[Symbol.asyncDispose]();
});

describe('a call without a connection', () => {
  test('is written before its promise resolves as pending, shows at once, and settles with its outcome', async () => {
    await using offline = await OfflineClient.create();
    const call = offline.addScore(3);
    expect(offline.scripted.points).toEqual([3]);
    const result = await call;
    expect(result).toMatchObject({ status: 'pending', isPending: true, timestamp: undefined });
    expect(await offline.storedCalls()).toEqual([result.mutationId]);
    expect(offline.client.syncState.value).toMatchObject({ status: 'idle', pendingCount: 1, hasPending: true });
    await offline.scripted.connect();
    await settled();
    expect(offline.client.syncState.value.status).toBe('syncing');
    offline.scripted.socket.receive(committed(idOf(offline)));
    expect(await result.settled).toMatchObject({ status: 'committed', timestamp: Timestamp.epoch });
    expect(offline.told).toEqual(['add_score committed']);
    expect(offline.pending).toEqual([]);
    expect(await offline.stored()).toEqual([]);
    expect(offline.scripted.points).toEqual([]);
  });

  test('that is refused later takes its rows back, and rejects what its caller holds', async () => {
    await using offline = await OfflineClient.create();
    const result = await offline.addScore(3);
    await offline.scripted.connect();
    await settled();
    offline.scripted.socket.receive(refused(idOf(offline)));
    await expect(result.settled).rejects.toBeInstanceOf(ReducerError);
    expect(offline.told).toEqual(['add_score rejected']);
    expect(offline.scripted.points).toEqual([]);
    expect(offline.client.syncState.value).toMatchObject({ status: 'error', pendingCount: 0 });
    expect(offline.client.syncState.value.failures.map(({ mutation }) => mutation.args)).toEqual([
      { player: 'ann', points: 3n },
    ]);
    offline.client.clearSyncErrors();
    expect(offline.client.syncState.value).toMatchObject({ status: 'idle', failures: [], lastError: undefined });
  });

  test('that is dropped if offline leaves no trace', async () => {
    await using offline = await OfflineClient.create();
    const result = await offline.client.reducers.say({ room: 1, text: 'hi' }, { dropIfOffline: true });
    expect(result).toMatchObject({ status: 'dropped', isDropped: true });
    expect(offline.pending).toEqual([]);
  });

  test('is there in the next run, on top of the rows of the last, without a network', async () => {
    const { offline: first } = await connected(1, 2);
    first.scripted.socket.drop();
    await first.addScore(3);
    await using offline = await first.restart();
    expect(offline.scripted.points).toEqual([1, 2, 3]);
    expect(offline.client.score.lastBatch.value).toBeUndefined();
    expect(offline.client.score.pending.value.has({ player: 'ann', points: 3n })).toBe(true);
    expect(offline.client.pendingMutations.value).toMatchObject([
      { reducer: 'add_score', args: { player: 'ann', points: 3n }, state: 'queued' },
    ]);
    expect(offline.client.identity.value).toEqual(new Identity(1n));
  });
});

describe('one id stands for a call', () => {
  test('in what its promise says, in the queue, in the store, in the next run, and in its outcome', async () => {
    const { offline: first } = await connected();
    first.scripted.socket.drop();
    const { mutationId } = await first.addScore(3);
    const idsInQueue = ({ client }: OfflineClient): string[] => client.pendingMutations.value.map(({ id }) => id);
    expect([idsInQueue(first), await first.storedCalls()]).toEqual([[mutationId], [mutationId]]);
    await using offline = await first.restart();
    expect(idsInQueue(offline)).toEqual([mutationId]);
    await offline.scripted.connect();
    await settled();
    offline.scripted.socket.receive(committed(idOf(offline)));
    expect(offline.outcomes.map(({ mutation, result }) => [mutation.id, result?.mutationId])).toEqual([
      [mutationId, mutationId],
    ]);
  });

  test('also of one that is answered at once, and of one that only the rows show', async () => {
    const { offline, set } = await connected();
    const [first, second] = [offline.addScore(2), offline.addScore(3)];
    await settled();
    offline.scripted.socket.receive(committed(idOf(offline, 0), scoreChange(set, { inserts: [2] })));
    offline.scripted.socket.drop();
    const results = [await first, await second];
    await offline.scripted.comeBack();
    offline.scripted.answer(set, scores(2, 3));
    await settled();
    expect(results.map(({ status }) => status)).toEqual(['committed', 'pending']);
    const settledIds = (await Promise.all(results.map((result) => result.settled))).map((result) => result.mutationId);
    expect(settledIds).toEqual(offline.outcomes.map(({ mutation }) => mutation.id));
    expect(new Set(settledIds).size).toBe(2);
    await offline[Symbol.asyncDispose]();
  });
});

test('a call that waits is the same object among all that wait as long as it stands as it did', async () => {
  await using offline = await OfflineClient.create({ queuePolicy: { window: 1 } });
  const { pendingMutations } = offline.client;
  await offline.addScore(1);
  await offline.addScore(2);
  const [first, second] = pendingMutations.value;
  await offline.addScore(3);
  expect(pendingMutations.value.map((call) => [first, second].indexOf(call))).toEqual([0, 1, -1]);
  await offline.scripted.connect();
  await settled();
  expect(offline.pending).toEqual(['add_score sent', 'add_score queued', 'add_score queued']);
  expect(pendingMutations.value.map((call) => [first, second].indexOf(call))).toEqual([-1, 1, -1]);
  expect(first?.discard()).toBe(false);
  expect(second?.discard()).toBe(true);
});

test('a call whose outcome was told before the process died, and which the store still has, is told again under its id', async () => {
  const { offline: first, set } = await connected();
  // The process dies in the moment in which the call is to leave the store.
  first.storage.dequeueMutation = () => new Promise(() => undefined);
  const call = first.addScore(2);
  await settled();
  first.scripted.socket.receive(committed(idOf(first), scoreChange(set, { inserts: [2] })));
  const { mutationId } = await call;
  await using offline = await OfflineClient.create({ sharing: await first.abandoned() });
  const { querySetId } = offline.client.subscriptions.subscribe(all);
  await offline.scripted.connect();
  offline.scripted.answer(querySetId, scores(2));
  await settled();
  expect(offline.calls).toEqual([]);
  expect([first.told, offline.told]).toEqual([['add_score committed'], ['add_score committed ?']]);
  expect(offline.outcomes[0]?.mutation.id).toBe(mutationId);
});

test('an equal row of somebody else counts as proof that a call was carried out, which `onUncertain` may know better', async () => {
  const asked: boolean[] = [];
  for (const onUncertain of [undefined, (_: unknown, isSeen: boolean) => (asked.push(isSeen), 'replay' as const)]) {
    await using offline = await OfflineClient.create({ queuePolicy: onUncertain === undefined ? {} : { onUncertain } });
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(all, scores());
    void offline.addScore(2);
    await settled();
    offline.scripted.socket.drop();
    await offline.scripted.comeBack();
    offline.scripted.answer(set, scores(2));
    await settled();
    expect(offline.told).toEqual(onUncertain === undefined ? ['add_score committed ?'] : []);
    expect(offline.calls).toHaveLength(onUncertain === undefined ? 0 : 1);
  }
  expect(asked).toEqual([true]);
});

describe('calls with a connection', () => {
  test('are sent at once, and resolve with their outcome', async () => {
    const { offline, set } = await connected(1);
    const call = offline.addScore(2);
    await settled();
    expect(await offline.stored()).toHaveLength(1);
    offline.scripted.socket.receive(committed(idOf(offline), scoreChange(set, { inserts: [2] })));
    expect(await call).toMatchObject({ status: 'committed' });
    expect(offline.told).toEqual(['add_score committed']);
    expect(await offline.stored()).toEqual([]);
    await offline[Symbol.asyncDispose]();
  });

  test('do not wait for a slow disk to be sent and to have their outcome, but to be pending', async () => {
    const { offline, set } = await connected(1);
    const { storage } = offline;
    const enqueue = storage.enqueueMutation.bind(storage);
    let write = (): void => undefined;
    const written = new Promise<void>((resolve) => (write = resolve));
    storage.enqueueMutation = (mutation) => written.then(() => enqueue(mutation));
    const [first, second] = [offline.addScore(2), offline.addScore(3)];
    const told: string[] = [];
    void second.then(({ status }) => told.push(status));
    await settled();
    offline.scripted.socket.receive(committed(idOf(offline, 0), scoreChange(set, { inserts: [2] })));
    expect((await first).status).toBe('committed');
    offline.scripted.socket.drop();
    await settled();
    expect([told, await offline.stored()]).toEqual([[], []]);
    write();
    expect((await second).status).toBe('pending');
    expect(await offline.stored()).toContain((await second).mutationId);
    await offline[Symbol.asyncDispose]();
  });

  test('that predict nothing are sent again when they were lost, though their row is there', async () => {
    const { offline, set } = await connected(1);
    const lost = offline.client.reducers.addScore({ player: 'ann', points: 2n });
    await settled();
    offline.scripted.socket.drop();
    await lost;
    await offline.scripted.comeBack();
    offline.scripted.answer(set, scores(1, 2));
    await settled();
    expect(offline.calls.map(({ reducer }) => reducer)).toEqual(['add_score']);
    expect(offline.told).toEqual([]);
    await offline[Symbol.asyncDispose]();
  });

  test('are pending when the time is over, and settle when the answer comes', async () => {
    const { offline, set } = await connected(1);
    const call = offline.addScore(2, { timeoutMs: 10 });
    await settled();
    offline.scripted.clock.advance(10);
    const result = await call;
    expect(result.status).toBe('pending');
    offline.scripted.socket.receive(committed(idOf(offline), scoreChange(set, { inserts: [2] })));
    expect((await result.settled).status).toBe('committed');
    await offline[Symbol.asyncDispose]();
  });

  test('that were on their way when the socket broke count as committed where the new rows show them, and are sent again where not', async () => {
    const { offline, set } = await connected(1);
    const [first, second] = [offline.addScore(2), offline.addScore(3)];
    await settled();
    expect(offline.calls).toHaveLength(2);
    offline.scripted.socket.drop();
    const results = await Promise.all([first, second]);
    expect(results.map(({ status }) => status)).toEqual(['pending', 'pending']);
    expect(offline.pending).toEqual(['add_score uncertain', 'add_score uncertain']);
    const events = eventsOf(offline.scripted);
    await offline.scripted.comeBack();
    offline.scripted.answer(set, scores(1, 2));
    await settled();
    expect((await results[0]?.settled)?.status).toBe('committed');
    expect(offline.calls).toHaveLength(1);
    offline.scripted.socket.receive(committed(idOf(offline), scoreChange(set, { inserts: [3] })));
    expect((await results[1]?.settled)?.status).toBe('committed');
    expect(offline.told).toEqual(['add_score committed ?', 'add_score committed ?']);
    expect(events).toEqual([]);
    expect(offline.scripted.points).toEqual([1, 2, 3]);
    await offline[Symbol.asyncDispose]();
  });

  test('that are made while the queue drains wait behind it', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { window: 1 } });
    await offline.addScore(1);
    await offline.scripted.connect();
    await settled();
    const call = offline.addScore(2);
    await settled();
    expect(offline.calls).toHaveLength(1);
    offline.scripted.socket.receive(committed(idOf(offline)));
    await settled();
    expect(offline.calls).toHaveLength(2);
    offline.scripted.socket.receive(committed(idOf(offline)));
    expect((await call).status).toBe('committed');
  });
});

describe('cached rows', () => {
  test('are replaced by those of the first connection in one step, without events for what did not change', async () => {
    const { offline: first } = await connected(1, 2);
    await using offline = await first.restart();
    const events = eventsOf(offline.scripted);
    const seen: number[] = [];
    const stop = effect(() => void seen.push(offline.client.score.rows.value.length));
    const connecting = offline.client.connect({ initialSubscriptions: all });
    await settled();
    offline.scripted.socket.introduce();
    await settled();
    const set = offline.client.inspect().querySets[0]?.id ?? 0;
    expect(offline.scripted.points).toEqual([1, 2]);
    offline.scripted.answer(set, scores(2, 5));
    await connecting;
    stop();
    expect(events.sort()).toEqual(['delete 1 reconnect', 'insert 5 reconnect']);
    expect(seen).toEqual([2, 2]);
  });

  test('stay where nobody asks for the table, and leave with the first set that does', async () => {
    const { offline: first } = await connected(1, 2);
    await using offline = await first.restart();
    await offline.scripted.connect();
    expect(offline.scripted.points).toEqual([1, 2]);
    const events = eventsOf(offline.scripted);
    await offline.scripted.subscribe(all, scores(2));
    expect(events).toEqual(['delete 1 subscribeApplied']);
  });

  test('stay while the first connection fails', async () => {
    const { offline: first } = await connected(1, 2);
    await using offline = await first.restart();
    const connecting = offline.client.connect({ initialSubscriptions: all });
    await settled();
    offline.scripted.socket.fail();
    await settled();
    expect(offline.scripted.status).toBe('reconnecting');
    expect(offline.scripted.points).toEqual([1, 2]);
    await offline.client.disconnect();
    await expect(connecting).rejects.toThrow('disconnected');
    expect(offline.scripted.points).toEqual([1, 2]);
  });

  test('of another identity leave, whatever is asked for, and its calls are held', async () => {
    const { offline: first } = await connected(1);
    first.scripted.socket.drop();
    await first.addScore(2);
    await using offline = await first.restart();
    const changes: string[] = [];
    offline.client.onIdentityChanged(({ oldIdentity, newIdentity }) => {
      changes.push(`${oldIdentity.value} ${newIdentity.value}`);
    });
    expect(offline.scripted.points).toEqual([1, 2]);
    await offline.scripted.connect({ identity: new Identity(7n) });
    await settled();
    expect(changes).toEqual(['1 7']);
    expect(offline.scripted.points).toEqual([]);
    expect(offline.pending).toEqual(['add_score held']);
    expect(offline.calls).toEqual([]);
    const [held] = offline.client.pendingMutations.value;
    expect(held?.discard()).toBe(true);
    expect(offline.told).toEqual(['add_score vetoed']);
    expect(offline.outcomes[0]?.error).toBeInstanceOf(MutationDiscardedError);
  });
});
