import { describe, expect, test } from 'vitest';
import { decode } from '../../src/bsatn/codec.ts';
import { StorageError } from '../../src/errors.ts';
import { type InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type ClientOptions } from '../../src/options.ts';
import { all, committed, motd, scores, settings } from '../client/scripted-client.ts';
import { addScoreArgsCodec } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { hold, OfflineClient } from './offline-client.ts';

const noSpace = new Error('ENOSPC: no space left on device');

/** What a browser that is full refuses, which lets things be taken out. */
const adding = ['saveTableSnapshot', 'appendTableChanges', 'enqueueMutation', 'setLastSyncTime'] as const;
/** What a full disk refuses, on which taking out is written down, too. */
const writing = [...adding, 'dequeueMutation'] as const;

/** Makes a store refuse whatever needs room, until the function is called that this returns. */
function fill(storage: InMemoryOfflineStorage, needingRoom: readonly (typeof writing)[number][] = writing): () => void {
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

/** What a call rejects with. */
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

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
      expect(told[0]).toContain('add_score, which goes out all the same, and would not outlive this run');
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
    expect(await offline.storedCalls()).toHaveLength(2);
    makeRoom();
    scripted.clock.advance(10_000);
    await settled();
    expect(await offline.stored()).toEqual([]);
  });

  describe('and can be taken out of, like that of a browser,', () => {
    /** A client that made two calls without its connection, before the store was full, and has it again. */
    async function comeBack(options: Partial<ClientOptions> = {}): Promise<OfflineClient> {
      const offline = await OfflineClient.create({ idleProbeMs: day, ...options });
      await offline.scripted.connect();
      offline.scripted.socket.drop();
      await offline.addScore(1);
      await offline.addScore(2);
      fill(offline.storage, adding);
      await offline.scripted.comeBack();
      return offline;
    }

    const points = ({ calls }: OfflineClient): number[] =>
      calls.map(({ args }) => Number(decode(addScoreArgsCodec, args, 'arguments').points));

    test('lets calls go out that wait, with those that are made meanwhile behind them; the next run knows of each that may have been sent', async () => {
      await using offline = await comeBack();
      const next = offline.addScore(3);
      await settled();
      expect(points(offline)).toEqual([1, 2, 3]);
      for (const at of [0, 2]) await carryOut(offline, at);
      expect((await next).status).toBe('committed');
      expect(offline.pending).toEqual(['add_score sent']);
      await using later = await OfflineClient.create({ sharing: await offline.abandoned() });
      expect(later.pending).toEqual(['add_score uncertain']);
      expect(later.scripted.points).toEqual([2]);
    });

    test('keeps no place for a call that waits for its turn longer than for the connection, or than its caller does', async () => {
      await using offline = await comeBack({ queuePolicy: { window: 1 } });
      const [late, lost] = [errorOf(offline.addScore(3, { timeoutMs: 50 })), errorOf(offline.addScore(4))];
      await settled();
      expect(offline.pending).toEqual(['add_score sent', ...Array.from({ length: 3 }, () => 'add_score queued')]);
      offline.scripted.clock.advance(50);
      expect(String(await late)).toContain('no answer within 50 ms, and the offline store could not keep the call');
      expect(offline.client.pendingMutations.peek().map(({ args }) => args)).toMatchObject([
        { points: 1n },
        { points: 2n },
        { points: 4n },
      ]);
      offline.scripted.socket.drop();
      expect(await lost).toMatchObject({ code: 'connection' });
      expect(offline.pending).toEqual(['add_score uncertain', 'add_score queued']);
      expect(offline.scripted.points).toEqual([1, 2]);
      await offline.scripted.comeBack();
      await settled();
      await carryOut(offline, 0);
      await carryOut(offline, 1);
      expect([points(offline), offline.pending]).toEqual([[1, 2], []]);
    });
  });

  test('has a call fail that was made with a connection when it turns out that none goes out', async () => {
    await using offline = await OfflineClient.create({ idleProbeMs: day });
    await offline.scripted.connect();
    offline.scripted.socket.drop();
    await offline.addScore(1);
    fill(offline.storage);
    const release = hold(offline.storage, 'dequeueMutation', (id) => String(id).endsWith('-unsentMark'));
    await offline.scripted.comeBack();
    const failed = errorOf(offline.addScore(2));
    await settled();
    expect(offline.pending).toEqual(['add_score queued', 'add_score queued']);
    release();
    expect(String(await failed)).toContain('which is not sent: make it again once the store has room');
    expect([offline.pending, offline.calls]).toEqual([['add_score queued'], []]);
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
