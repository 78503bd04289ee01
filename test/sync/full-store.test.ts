import { describe, expect, test } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { type InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { all, committed, motd, scores, settings } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

const noSpace = new Error('ENOSPC: no space left on device');

const needingRoom = [
  'saveTableSnapshot',
  'appendTableChanges',
  'enqueueMutation',
  'dequeueMutation',
  'setLastSyncTime',
] as const;

/** Makes a store refuse whatever needs room, as that of a full disk does, until the function is called that this returns. */
function fill(storage: InMemoryOfflineStorage): () => void {
  for (const name of needingRoom) {
    storage[name] = () =>
      Promise.reject(new StorageError(`writing in the folder data: ${noSpace.message}`, { cause: noSpace }));
  }
  return () => {
    for (const name of needingRoom) Reflect.deleteProperty(storage, name);
  };
}

/** Longer than any test: the server here says nothing by itself. */
const day = 86_400_000;

const texts = (errors: readonly unknown[]): string[] => errors.map(String);

/** The server carries out the call at this place among those of the present socket. */
async function carryOut({ calls, scripted }: OfflineClient, at: number): Promise<void> {
  scripted.socket.receive(committed(calls[at]?.requestId ?? 0));
  await settled();
}

describe('a store that is full', () => {
  test('refuses calls without a connection one by one: each caller hears what was being done and what to do, and nobody else', async () => {
    await using offline = await OfflineClient.create({ idleProbeMs: day });
    const makeRoom = fill(offline.storage);
    for (const points of [1, 2]) {
      const call = offline.addScore(points);
      expect(offline.scripted.points).toEqual([points]);
      await expect(call).rejects.toMatchObject({
        code: 'storage',
        message:
          'keeping a call of reducer add_score, which is not sent: make it again once the store has room: ' +
          'writing in the folder data: ENOSPC: no space left on device',
        cause: noSpace,
      });
    }
    expect([offline.pending, offline.scripted.points, offline.scripted.errors]).toEqual([[], [], []]);
    expect(offline.client.syncState.value).toMatchObject({ status: 'error', pendingCount: 0, storage: 'readWrite' });
    makeRoom();
    expect((await offline.addScore(3)).status).toBe('pending');
  });

  test('keeps no call from going out with a connection where none waits; that is told once, and once more the next time', async () => {
    await using offline = await OfflineClient.create({ idleProbeMs: day });
    await offline.scripted.connect();
    await settled();
    const { errors } = offline.scripted;
    let at = 0;
    for (const time of [1, 2]) {
      const makeRoom = fill(offline.storage);
      for (const points of [1, 2, 3]) {
        const call = offline.addScore(points);
        await settled();
        await carryOut(offline, at++);
        expect((await call).status).toBe('committed');
      }
      const told = texts(errors).filter((text) => text.includes('keeping a call'));
      expect(told).toHaveLength(time);
      expect(told[0]).toContain('add_score, which was sent all the same, and would not outlive this run');
      makeRoom();
      offline.scripted.clock.advance(60_000);
      const kept = offline.addScore(4);
      await settled();
      expect(await offline.stored()).toHaveLength(1);
      await carryOut(offline, at++);
      await kept;
    }
    expect(await offline.stored()).toEqual([]);
  });

  test('holds calls that wait, and with them those that are made meanwhile; says so once; goes on by itself when there is room', async () => {
    await using offline = await OfflineClient.create({ idleProbeMs: day });
    const { client, scripted } = offline;
    const waiting = await offline.addScore(1);
    const makeRoom = fill(offline.storage);
    await scripted.connect();
    await settled();
    const marking = (): readonly string[] => texts(scripted.errors).filter((text) => text.includes('marking calls'));
    for (const pause of [5000, 10_000, 20_000]) {
      expect(client.syncState.value).toMatchObject({
        status: 'waitingToRetry',
        pendingCount: 1,
        nextRetryAt: scripted.clock.now() + pause,
        lastError: expect.any(StorageError),
      });
      // It would be sent before the one that waits, or be lost.
      await expect(offline.addScore(2)).rejects.toThrow('which is not sent: make it again once the store has room');
      expect([offline.calls, marking().length]).toEqual([[], 1]);
      scripted.clock.advance(pause);
      await settled();
    }
    makeRoom();
    scripted.clock.advance(40_000);
    await settled();
    const next = offline.addScore(3);
    await settled();
    expect(offline.calls).toHaveLength(2);
    await carryOut(offline, 0);
    await carryOut(offline, 1);
    expect([(await waiting.settled).status, (await next).status]).toEqual(['committed', 'committed']);
    expect([await offline.stored(), client.syncState.value.nextRetryAt]).toEqual([[], undefined]);
  });

  test('is held up by no call that the application discards: those that are made then go out', async () => {
    await using offline = await OfflineClient.create();
    const { client, scripted } = offline;
    const waiting = await offline.addScore(1);
    await offline.addScore(2);
    const makeRoom = fill(offline.storage);
    await scripted.connect();
    await settled();
    client.pendingMutations.peek()[1]?.discard();
    await settled();
    expect(offline.calls).toEqual([]);
    for (const each of client.pendingMutations.peek()) expect(each.discard()).toBe(true);
    await expect(waiting.settled).rejects.toMatchObject({ reason: 'vetoed' });
    expect(texts(scripted.errors).filter((text) => text.includes('marking calls'))).toHaveLength(1);
    const next = offline.addScore(3);
    await settled();
    await carryOut(offline, 0);
    expect((await next).status).toBe('committed');
    expect(await offline.stored()).toHaveLength(2);
    makeRoom();
    scripted.clock.advance(10_000);
    await settled();
    expect(await offline.stored()).toEqual([]);
  });

  test('is told of each table once, whose rows and time are there when there is room', async () => {
    await using offline = await OfflineClient.create({ idleProbeMs: day });
    const { scripted, storage } = offline;
    const makeRoom = fill(storage);
    await scripted.connect();
    const set = await scripted.subscribe(all, scores(1));
    const other = await scripted.subscribe('SELECT * FROM setting', settings(motd));
    await settled();
    for (let time = 0; time < 3; time++) {
      scripted.socket.drop();
      await scripted.comeBack();
      scripted.answer(set, scores(1, 2));
      scripted.answer(other, settings(motd));
      await settled();
      scripted.clock.advance(5000);
      await settled();
    }
    const again = 'which is tried again after a pause: writing in the folder data: ENOSPC';
    expect(texts(scripted.errors).sort()).toEqual([
      expect.stringContaining(`keeping the identity, ${again}`),
      expect.stringContaining(`keeping the rows of table score, ${again}`),
      expect.stringContaining(`keeping the rows of table setting, ${again}`),
    ]);
    makeRoom();
    scripted.clock.advance(60_000);
    await settled();
    expect(await storage.getLastSyncTime('score')).toBe(await storage.getLastSyncTime('setting'));
    expect(await storage.getLastSyncTime('score')).toBeGreaterThan(0n);
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect([next.scripted.points, next.client.setting.count()]).toEqual([[1, 2], 1]);
  });
});
