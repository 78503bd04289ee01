import { describe, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { all, motd, scoreChange, scores, settings, transaction } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { hold, OfflineClient } from './offline-client.ts';

describe('a reader that takes over', () => {
  test('queues no call before it knows those of the former writer, which are sent first', async () => {
    const first = await OfflineClient.create();
    await first.addScore(1);
    await using second = await OfflineClient.create({ sharing: first.storage });
    const release = hold(second.storage, 'getPendingMutations');
    await first[Symbol.asyncDispose]();
    await settled();
    await expect(second.addScore(2)).rejects.toThrow('another tab or process writes the offline store');
    release();
    await settled();
    await second.addScore(3);
    expect(second.client.pendingMutations.peek().map(({ args }) => args)).toMatchObject([
      { points: 1n },
      { points: 3n },
    ]);
  });

  test('and is disposed of meanwhile takes nothing', async () => {
    const first = await OfflineClient.create();
    await first.addScore(1);
    const second = await OfflineClient.create({ sharing: first.storage });
    const release = hold(second.storage, 'getPendingMutations');
    await first[Symbol.asyncDispose]();
    await settled();
    await second[Symbol.asyncDispose]();
    release();
    await settled();
    expect([second.pending, second.scripted.points, second.scripted.errors]).toEqual([[], [], []]);
    expect(second.client.syncState.value.storage).toBe('none');
  });

  describe('while the rows of a set are under way', () => {
    /** A reader with a connection and a set that is not answered; the writer before it left a call, and is gone. */
    async function takenOver(isSent: boolean): Promise<{ offline: OfflineClient; set: number }> {
      const first = await OfflineClient.create();
      if (isSent) {
        await first.scripted.connect();
        await first.scripted.subscribe(all, scores());
        void first.addScore(1);
      } else {
        await first.addScore(1);
      }
      await settled();
      if (isSent) first.scripted.socket.drop();
      const offline = await OfflineClient.create({ sharing: first.storage });
      await offline.scripted.connect();
      const set = offline.client.subscriptions.subscribe(all).querySetId;
      await first[Symbol.asyncDispose]();
      await settled();
      expect(offline.client.syncState.value.storage).toBe('readWrite');
      return { offline, set };
    }

    test('looks for what may have been carried out in them, and sends what is called meanwhile afterwards', async () => {
      const { offline, set } = await takenOver(true);
      void offline.addScore(2);
      await settled();
      expect([offline.calls, offline.pending]).toEqual([[], ['add_score uncertain', 'add_score queued']]);
      offline.scripted.answer(set, scores(1));
      await settled();
      expect(offline.told).toEqual(['add_score committed ?']);
      expect([offline.calls.length, offline.pending]).toEqual([1, ['add_score sent']]);
      await offline[Symbol.asyncDispose]();
    });

    test.each(['is refused', 'is ended', 'does not come in 30 s'])('waits no longer when it %s', async (how) => {
      const { offline, set } = await takenOver(true);
      const { client, scripted } = offline;
      scripted.clock.advance(29_999);
      expect(offline.calls).toEqual([]);
      if (how === 'is refused') {
        scripted.refuse(set, 'refused');
      } else if (how === 'is ended') {
        void client.subscriptions.unsubscribe(set);
        await settled();
        scripted.answer(set, scores());
        scripted.end(set);
      } else {
        scripted.clock.advance(1);
      }
      await settled();
      expect([offline.calls.length, offline.pending]).toEqual([1, ['add_score sent']]);
      await offline[Symbol.asyncDispose]();
    });

    test('looks in the rows of the next connection where this one breaks', async () => {
      const { offline, set } = await takenOver(true);
      offline.scripted.socket.drop();
      await offline.scripted.comeBack();
      offline.scripted.clock.advance(29_000);
      expect(offline.calls).toEqual([]);
      offline.scripted.answer(set, scores(1));
      await settled();
      expect([offline.calls, offline.told]).toEqual([[], ['add_score committed ?']]);
      expect(offline.scripted.errors).toEqual([]);
      await offline[Symbol.asyncDispose]();
    });

    test('asks for the rows anew that it has: what the former writer sent last may not be in them', async () => {
      const first = await OfflineClient.create();
      await first.scripted.connect();
      await first.scripted.subscribe(all, scores(5));
      await using offline = await OfflineClient.create({ sharing: first.storage });
      const { client, scripted } = offline;
      await scripted.connect();
      const set = await scripted.subscribe(all, scores(5));
      const other = await scripted.subscribe('SELECT * FROM setting', settings(motd));
      void first.addScore(1);
      await settled();
      first.scripted.socket.drop();
      await first[Symbol.asyncDispose]();
      await settled();
      expect(scripted.sent.slice(-2)).toEqual([`Unsubscribe ${set}`, `Subscribe ${set}`]);
      expect(scripted.sent).not.toContain(`Unsubscribe ${other}`);
      const events: string[] = [];
      client.score.onInsert(({ row }) => events.push(`insert ${row.points}`));
      client.score.onDelete(({ row }) => events.push(`delete ${row.points}`));
      scripted.answer(set, scores(1, 5));
      await settled();
      expect([offline.calls, offline.told, events]).toEqual([[], ['add_score committed ?'], []]);
    });

    test('sends at once where no rows could show what is in doubt', async () => {
      const first = await OfflineClient.create();
      await first.scripted.connect();
      void first.client.reducers.noop();
      await settled();
      first.scripted.socket.drop();
      await using offline = await OfflineClient.create({ sharing: first.storage });
      await offline.scripted.connect();
      await offline.scripted.subscribe(all, scores(5));
      await first[Symbol.asyncDispose]();
      await settled();
      expect([offline.calls.length, offline.pending]).toEqual([1, ['noop sent']]);
    });

    test('sends at once where nothing is in doubt', async () => {
      const { offline } = await takenOver(false);
      expect([offline.calls.length, offline.pending]).toEqual([1, ['add_score sent']]);
      await offline[Symbol.asyncDispose]();
    });
  });

  test('and is somebody else by then shows nothing of whom it was', async () => {
    const first = await OfflineClient.create();
    await using second = await OfflineClient.create({ sharing: first.storage });
    await first.scripted.connect();
    await first.scripted.subscribe(all, scores(1, 2));
    const release = hold(second.storage, 'getLastSyncTime');
    await first[Symbol.asyncDispose]();
    await settled();
    await second.scripted.connect({ identity: new Identity(7n) });
    release();
    await settled();
    expect(second.client.syncState.value.storage).toBe('readWrite');
    expect(second.scripted.points).toEqual([]);
    expect(second.scripted.errors).toEqual([]);
  });
});

test('a reader that takes over with a full network looks at its rows all the same, and sends when there is room', async () => {
  const first = await OfflineClient.create();
  await first.scripted.connect();
  await first.scripted.subscribe(all, scores());
  void first.addScore(1);
  void first.addScore(2);
  await settled();
  first.scripted.socket.drop();
  await using second = await OfflineClient.create({ sharing: first.storage, limits: { maxBufferedBytes: 1000 } });
  await second.scripted.connect();
  const set = await second.scripted.subscribe(all, scores(1));
  second.scripted.socket.bufferedBytes = 1000;
  await first[Symbol.asyncDispose]();
  await settled();
  second.scripted.answer(set, scores(1));
  await settled();
  expect([second.calls.length, second.pending]).toEqual([0, ['add_score uncertain', 'add_score uncertain']]);
  second.scripted.socket.bufferedBytes = 0;
  second.scripted.socket.receive(transaction(scoreChange(set, { inserts: [3] })));
  await settled();
  expect(second.told).toEqual(['add_score committed ?']);
  expect([second.calls.length, second.pending]).toEqual([1, ['add_score sent']]);
});
