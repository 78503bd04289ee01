import { describe, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { all, eventsOf, motd, scoreChange, scores, settings, transaction } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { firstRun, hold, OfflineClient } from './offline-client.ts';

test('a call that is made while a mark is taken out is not under it, and its own is taken out before it is sent', async () => {
  const first = await OfflineClient.create();
  await first.addScore(1);
  let marks = 0;
  const release = hold(first.storage, 'dequeueMutation', (id) => String(id).endsWith('-unsentMark') && ++marks === 1);
  await first.scripted.connect();
  await settled();
  first.scripted.socket.drop();
  await first.addScore(2);
  release();
  await settled();
  await first.scripted.comeBack();
  await settled();
  expect(first.calls).toHaveLength(2);
  await using second = await first.restart();
  expect(second.pending).toEqual(['add_score uncertain', 'add_score uncertain']);
});

describe('a logout', () => {
  test('takes the calls with it that are made meanwhile: the store has them no more', async () => {
    await using offline = await OfflineClient.create();
    const release = hold(offline.storage, 'clearAll');
    const loggedOut = offline.client.logout();
    await settled();
    const call = await offline.addScore(1);
    release();
    await loggedOut;
    expect([offline.pending, offline.told, offline.scripted.points]).toEqual([[], ['add_score vetoed'], []]);
    await expect(call.settled).rejects.toMatchObject({ reason: 'vetoed' });
  });
});

test('a time that is none is refused, with an offline store as without', async () => {
  await using offline = await OfflineClient.create();
  await expect(offline.addScore(1, { timeoutMs: NaN })).rejects.toThrow(RangeError);
  expect([offline.pending, offline.scripted.points]).toEqual([[], []]);
});

describe('rows of one identity are never stored as those of the next', () => {
  /** A client whose table is being written while more of it has changed, and which has come back as somebody else. */
  async function anotherIdentity(): Promise<{ offline: OfflineClient; sets: number[]; release: () => void }> {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(all, scores(1, 2, 3));
    const other = await offline.scripted.subscribe('SELECT * FROM score WHERE points > 3', scores());
    await settled();
    const release = hold(offline.storage, 'appendTableChanges');
    for (const points of [4, 5]) {
      offline.scripted.socket.receive(transaction(scoreChange(other, { inserts: [points] })));
      await settled();
    }
    offline.scripted.socket.drop();
    await offline.scripted.comeBack({ identity: new Identity(7n) });
    return { offline, sets: [set, other], release };
  }

  /** What the next run shows, after one that ended without a word. */
  async function pointsOfNextRun(offline: OfflineClient): Promise<number[]> {
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    next.scripted.clock.advance(1);
    expect(next.scripted.errors).toEqual([]);
    expect(next.client.identity.value?.value).toBe(7n);
    return next.scripted.points;
  }

  test('when the new rows are still to come', async () => {
    const { offline, release } = await anotherIdentity();
    release();
    await settled();
    expect(offline.scripted.points).toEqual([1, 2, 3, 4, 5]);
    expect(await pointsOfNextRun(offline)).toEqual([]);
  });

  test('when some of them do not come in time', async () => {
    const { offline, sets, release } = await anotherIdentity();
    release();
    offline.scripted.answer(sets[1] ?? 0, scores(8));
    offline.scripted.clock.advance(30_000);
    await settled();
    expect(offline.scripted.points).toEqual([1, 2, 3, 8]);
    expect(await pointsOfNextRun(offline)).toEqual([]);
  });

  test('and the new ones are, once all of them are here', async () => {
    const { offline, sets, release } = await anotherIdentity();
    offline.scripted.answer(sets[1] ?? 0, scores(8));
    offline.scripted.answer(sets[0] ?? 0, scores(7));
    release();
    await settled();
    expect(await pointsOfNextRun(offline)).toEqual([7, 8]);
  });

  test('and cached ones leave with the first connection that brings its rows, however many broke before', async () => {
    const first = await OfflineClient.create();
    await first.scripted.connect();
    await first.scripted.subscribe(all, scores(1));
    await first.scripted.subscribe('SELECT * FROM setting', settings(motd));
    await using offline = await first.restart();
    offline.client.subscriptions.subscribe(all);
    await offline.scripted.connect({ identity: new Identity(7n) });
    offline.scripted.socket.drop();
    await offline.scripted.comeBack({ identity: new Identity(7n) });
    offline.scripted.answer(1, scores(9));
    await settled();
    expect([offline.scripted.points, offline.client.setting.count()]).toEqual([[9], 0]);
  });
});

test('a call that met a full network goes out with the next word of the server, though no other call is on its way', async () => {
  await using offline = await OfflineClient.create({ limits: { maxBufferedBytes: 1000 } });
  await offline.scripted.connect();
  const set = await offline.scripted.subscribe(all, scores(1));
  const { socket } = offline.scripted;
  socket.bufferedBytes = 1000;
  void offline.addScore(2);
  await settled();
  socket.receive(transaction(scoreChange(set, { inserts: [3] })));
  await settled();
  expect([offline.calls.length, offline.pending]).toEqual([0, ['add_score queued']]);
  socket.bufferedBytes = 0;
  socket.receive(transaction(scoreChange(set, { inserts: [4] })));
  await settled();
  expect([offline.calls.length, offline.pending]).toEqual([1, ['add_score sent']]);
});

test('rows of an earlier run leave with the refusal of their set, also where the connection breaks before the other sets are answered', async () => {
  const first = await firstRun();
  await using next = await first.restart();
  const { client, scripted } = next;
  const settingSet = client.subscriptions.subscribe('SELECT * FROM setting');
  const scoreSet = client.subscriptions.subscribe(all);
  const events = eventsOf(scripted);
  client.connect().catch(() => undefined);
  await settled();
  scripted.socket.introduce();
  await settled();
  scripted.refuse(scoreSet.querySetId, 'refused');
  expect(scripted.points).toEqual([1, 2]);
  scripted.socket.drop();
  expect(events).toEqual(['delete 1 subscriptionError', 'delete 2 subscriptionError']);
  await expect(scoreSet.applied).rejects.toThrow('refused');
  await scripted.comeBack();
  scripted.answer(settingSet.querySetId, settings(motd));
});
