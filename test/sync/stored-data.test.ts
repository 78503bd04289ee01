import { describe, expect, test, vi } from 'vitest';
import { SchemaError, StorageError } from '../../src/errors.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { readQueueRecord, writeMutation } from '../../src/offline/mutation-record.ts';
import { putSettingReducer, settingTable } from '../generated/reference/index.ts';
import {
  all,
  committed,
  motd,
  scores,
  ScriptedClient,
  settings,
  scoreChange,
  transaction,
} from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { firstRun, OfflineClient } from './offline-client.ts';

describe('what is stored', () => {
  test('of a table that is another one now is left out and reported; the other tables are there', async () => {
    const first = await firstRun();
    await first[Symbol.asyncDispose]();
    const other: { shape?: string } = settingTable;
    const { shape } = settingTable;
    other.shape = 'of-another-version';
    try {
      await using offline = await OfflineClient.create({ sharing: first.storage });
      offline.scripted.clock.advance(1);
      expect(offline.client.setting.count()).toBe(0);
      expect(offline.scripted.points).toEqual([1, 2]);
      expect(offline.scripted.errors).toEqual([expect.any(StorageError), expect.any(SchemaError)]);
      expect(offline.pending).toEqual(['put_setting queued']);
      expect(offline.client.pendingMutations.value[0]?.optimisticChanges).toEqual([]);
      expect(await offline.storage.loadTableSnapshot('setting')).toBeUndefined();
    } finally {
      if (shape !== undefined) other.shape = shape;
    }
  });

  test('of a reducer that takes other arguments now is not sent: its outcome says so', async () => {
    const first = await firstRun();
    await first[Symbol.asyncDispose]();
    const other: { shape?: string } = putSettingReducer;
    const { shape } = putSettingReducer;
    other.shape = 'of-another-version';
    try {
      await using offline = await OfflineClient.create({ sharing: first.storage });
      expect(offline.client.setting.find('motd')?.value).toBe('Welcome');
      expect(offline.client.pendingMutations.value).toMatchObject([{ reducer: 'put_setting', args: undefined }]);
      await offline.scripted.connect();
      await settled();
      expect(offline.calls).toEqual([]);
      expect(offline.told).toEqual(['put_setting vetoed']);
      expect(offline.outcomes[0]?.error?.message).toContain('takes other arguments now');
      expect(offline.outcomes[0]?.mutation.argsBytes.length).toBeGreaterThan(0);
      expect(await offline.stored()).toEqual([]);
    } finally {
      if (shape !== undefined) other.shape = shape;
    }
  });

  test('by other bindings and by another version holds nothing else up: each call has its outcome, or is reported and stays', async () => {
    const first = await firstRun();
    await first.addScore(9);
    for (const { id, bytes } of await first.storage.getPendingMutations()) {
      const stored = readQueueRecord(id, bytes);
      if (stored.kind !== 'mutation' || stored.mutation.reducer !== 'put_setting') continue;
      const { mutation } = stored;
      await first.storage.enqueueMutation({ id: 'gone-1', bytes: writeMutation({ ...mutation, reducer: 'gone' }) });
      await first.storage.enqueueMutation({
        id: 'less-1',
        bytes: writeMutation({ ...mutation, args: new Uint8Array() }),
      });
      await first.storage.enqueueMutation({ id: 'former-1', bytes: Uint8Array.of(1, ...bytes.subarray(1)) });
    }
    const second = await first.restart();
    await second.scripted.connect();
    await settled();
    expect(second.told.sort()).toEqual(['gone vetoed', 'put_setting vetoed']);
    expect(second.calls.map(({ reducer }) => reducer)).toEqual(['put_setting', 'add_score']);
    for (const { requestId } of second.calls) second.scripted.socket.receive(committed(requestId));
    await settled();
    expect([second.pending, await second.stored()]).toEqual([[], ['former-1']]);
    await using third = await second.restart();
    for (const { scripted } of [second, third]) {
      scripted.clock.advance(1);
      expect(scripted.errors).toMatchObject([
        { message: expect.stringContaining('former-1 is of format 1, this version reads 2') },
      ]);
    }
  });

  test('of another database is not shown, and its calls are held', async () => {
    const first = await firstRun();
    await first[Symbol.asyncDispose]();
    await using offline = await OfflineClient.create({ sharing: first.storage, database: 'another' });
    expect(offline.client.setting.count()).toBe(0);
    expect(offline.pending).toEqual(['put_setting held']);
    await offline.scripted.connect();
    await settled();
    expect(offline.calls).toEqual([]);
  });

  test('and damaged is left out and reported, never read wrongly; everything else is there', async () => {
    const first = await firstRun();
    await first.addScore(9);
    const held = await first.storage.loadTableSnapshot('score');
    await first.storage.saveTableSnapshot('score', (held?.snapshot ?? new Uint8Array()).slice(0, -3));
    const [id = ''] = await first.storedCalls();
    await first.storage.enqueueMutation({ id, bytes: Uint8Array.of(2, 2, 3) });
    await using offline = await first.restart();
    offline.scripted.clock.advance(1);
    expect(offline.scripted.points).toEqual([9]);
    expect(offline.client.setting.find('motd')?.value).toBe('Welcome');
    expect(offline.pending).toEqual(['add_score queued']);
    expect(offline.scripted.errors).toMatchObject([
      {
        code: 'storage',
        message: expect.stringMatching(
          /^reading the rows of table score of an earlier run, which are left out: .*score.* cannot be read: /,
        ),
      },
      {
        code: 'storage',
        message: expect.stringContaining(
          `reading the offline queue, which goes on without this call: the stored call ${id} cannot be read: `,
        ),
      },
    ]);
    expect(offline.client.syncState.value.status).toBe('error');
  });

  test('and does not say any more that calls were not sent leaves them in doubt', async () => {
    const first = await firstRun();
    await first.addScore(9);
    const mark = (await first.stored()).find((id) => id.endsWith('-unsentMark')) ?? '';
    await first.storage.enqueueMutation({ id: mark, bytes: Uint8Array.of(2, 2, 3) });
    await using offline = await first.restart();
    expect(offline.pending).toEqual(['put_setting uncertain', 'add_score uncertain']);
  });

  test('is what the server said, as few bytes as a transaction touched', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const many = Array.from({ length: 1000 }, (_, index) => index);
    const set = await offline.scripted.subscribe(all, scores(...many));
    await settled();
    const before = await offline.storage.loadTableSnapshot('score');
    expect(before?.changes).toEqual([]);
    offline.scripted.socket.receive(transaction(scoreChange(set, { inserts: [5000, 5001], deletes: [3] })));
    await settled();
    const after = await offline.storage.loadTableSnapshot('score');
    expect(after?.snapshot).toEqual(before?.snapshot);
    expect(after?.changes).toHaveLength(1);
    expect(after?.changes[0]?.length).toBeLessThan(3 * 15 + 30);
    await using next = await offline.restart();
    expect(next.scripted.points).toEqual([0, 1, 2, ...many.slice(4), 5000, 5001]);
  });

  test('is folded into a new snapshot once the changes outgrow the old one', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(all, scores(...Array.from({ length: 500 }, (_, index) => index)));
    let folds = 0;
    let most = 0;
    for (let round = 0; round < 2000; round++) {
      offline.scripted.socket.receive(
        transaction(scoreChange(set, { inserts: [1000 + round], ...(round > 0 && { deletes: [999 + round] }) })),
      );
      await Promise.resolve();
      await settled();
      const changes = (await offline.storage.loadTableSnapshot('score'))?.changes.length ?? 0;
      if (changes < most) folds++;
      most = changes;
    }
    expect(folds).toBeGreaterThan(1);
    expect(folds).toBeLessThan(40);
    const { points } = offline.scripted;
    await using next = await offline.restart();
    expect(next.scripted.points).toEqual(points);
  });

  test('says when the server confirmed it last', async () => {
    const first = await firstRun();
    const { lastSyncTime } = first.client.syncState.value;
    expect(lastSyncTime).toBeGreaterThan(0);
    await using offline = await first.restart();
    expect(offline.client.syncState.value.lastSyncTime).toBe(lastSyncTime);
  });
});

describe('a second client of the same store', () => {
  test('reads: its rows show, calls go online only, and it says so; when the first is gone it takes the queue over', async () => {
    const first = await firstRun();
    await using second = await OfflineClient.create({ sharing: first.storage });
    expect(second.client.syncState.value.storage).toBe('readOnly');
    expect(second.client.inspect().offlineStorage).toBe('readOnly');
    expect(second.client.setting.find('motd')?.value).toBe('Welcome');
    await expect(second.addScore(1)).rejects.toThrow('another tab or process writes the offline store');
    await second.scripted.connect();
    const online = second.addScore(1);
    await settled();
    second.scripted.socket.receive(committed(second.calls[0]?.requestId ?? 0));
    expect((await online).status).toBe('committed');
    expect(second.told).toEqual([]);
    await first[Symbol.asyncDispose]();
    await settled();
    expect(second.client.syncState.value.storage).toBe('readWrite');
    expect(second.calls.map(({ reducer }) => reducer)).toEqual(['add_score', 'put_setting']);
    second.scripted.socket.receive(committed(second.calls[1]?.requestId ?? 0));
    await settled();
    expect(second.told).toEqual(['put_setting committed']);
    expect(await second.stored()).toEqual([]);
  });

  test('that has rows of the server writes them when it takes over', async () => {
    const first = await firstRun();
    const second = await OfflineClient.create({ sharing: first.storage });
    await second.scripted.connect();
    await second.scripted.subscribe(all, scores(7));
    await first[Symbol.asyncDispose]();
    await settled();
    await using third = await second.restart();
    expect(third.scripted.points).toEqual([7]);
    expect(third.pending).toEqual(['put_setting uncertain']);
  });

  test('that takes over while it still reads shows what the first one left, and not what it was reading', async () => {
    const first = await firstRun();
    const storage = new InMemoryOfflineStorage(first.storage);
    const load = storage.loadTableSnapshot.bind(storage);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    storage.loadTableSnapshot = async (table) => {
      if (table === 'score') storage.loadTableSnapshot = load;
      const stored = await load(table);
      if (table === 'score') await released;
      return stored;
    };
    const creating = ScriptedClient.create({ offlineStorage: storage });
    await settled();
    await first.scripted.comeBack();
    first.scripted.answer(2, scores(5));
    first.scripted.answer(1, settings(motd));
    await settled();
    await first[Symbol.asyncDispose]();
    await settled();
    release();
    await using second = await creating;
    await settled();
    expect(second.client.syncState.value.storage).toBe('readWrite');
    expect(second.points).toEqual([5]);
  });

  test('that has not connected becomes who the first one was in the end', async () => {
    const first = await firstRun();
    await using second = await OfflineClient.create({ sharing: first.storage });
    const identity = new Identity(7n);
    await first.scripted.comeBack({ identity });
    first.scripted.answer(1, settings());
    first.scripted.answer(2, scores(8));
    await settled();
    await first[Symbol.asyncDispose]();
    await settled();
    expect(second.client.identity.value).toEqual(identity);
    expect(second.scripted.points).toEqual([8]);
    expect(second.pending).toEqual(['put_setting held']);
    expect(second.scripted.errors).toEqual([]);
  });

  test('that has not connected reads anew what the first one left', async () => {
    const first = await firstRun();
    await using second = await OfflineClient.create({ sharing: first.storage });
    await first.addScore(7);
    await first[Symbol.asyncDispose]();
    await settled();
    expect(second.scripted.points).toEqual([1, 2, 7]);
    expect(second.client.setting.find('motd')?.value).toBe('Hello');
    expect(second.pending).toEqual(['put_setting queued', 'add_score queued']);
  });
});

test('a client whose store another one has taken over leaves the calls to it, hears of those on their way, and calls online', async () => {
  const initialize = vi.spyOn(InMemoryOfflineStorage.prototype, 'initialize');
  await using offline = await OfflineClient.create({ queuePolicy: { window: 1 } });
  const [[events] = []] = initialize.mock.calls;
  initialize.mockRestore();
  await offline.scripted.connect();
  await offline.scripted.subscribe(all, scores(1));
  const sent = offline.addScore(2);
  const waiting = offline.addScore(3);
  await settled();
  const stored = await offline.stored();
  const error = new StorageError('the folder is that of another');
  events?.onLost?.(error);
  await expect(waiting).rejects.toBe(error);
  expect([offline.pending, offline.scripted.points]).toEqual([['add_score sent'], [1, 2]]);
  expect(offline.client.syncState.value).toMatchObject({ storage: 'readOnly', pendingCount: 1, lastError: error });
  expect(offline.scripted.errors).toEqual([error]);
  const online = offline.addScore(4);
  await settled();
  expect(offline.calls).toHaveLength(2);
  for (const { requestId } of offline.calls) offline.scripted.socket.receive(committed(requestId));
  expect([(await sent).status, (await online).status]).toEqual(['committed', 'committed']);
  expect([offline.told, offline.pending]).toEqual([['add_score committed'], []]);
  offline.scripted.socket.drop();
  await expect(offline.addScore(5)).rejects.toThrow('another tab or process writes the offline store');
  await settled();
  expect(await offline.stored()).toEqual(stored);
  expect(offline.scripted.errors).toEqual([error]);
});

test('a logout forgets rows and calls, here and in the store, and the calls have their outcome', async () => {
  const offline = await firstRun();
  await offline.client.logout();
  expect(offline.told).toEqual(['put_setting vetoed']);
  expect(offline.client.setting.count()).toBe(0);
  expect(offline.client.identity.value).toBeUndefined();
  await using next = await offline.restart();
  expect([next.client.setting.count(), next.scripted.points, next.pending]).toEqual([0, [], []]);
  expect(next.client.identity.value).toBeUndefined();
  await next.scripted.connect({ identity: new Identity(9n) });
});

test('calls made before there was an identity are of the first that connects for good, also in the runs after', async () => {
  const first = await OfflineClient.create();
  await first.addScore(1);
  // Nothing is sent before the rows of this set are here.
  first.client.subscriptions.subscribe(all);
  await first.scripted.connect();
  first.scripted.socket.drop();
  await using second = await OfflineClient.create({ sharing: await first.abandoned() });
  await second.scripted.connect({ identity: new Identity(7n) });
  await settled();
  expect([second.calls, second.pending]).toEqual([[], ['add_score held']]);
  second.scripted.socket.drop();
  await second.scripted.comeBack();
  await settled();
  second.scripted.socket.receive(committed(second.calls[0]?.requestId ?? 0));
  await settled();
  expect([second.told, await second.stored()]).toEqual([['add_score committed'], []]);
  await first[Symbol.asyncDispose]();
});

test('calls of one identity that were never sent are not uncertain because those of another were', async () => {
  const [ann, bob] = [new Identity(5n), new Identity(6n)];
  const first = await OfflineClient.create();
  await first.scripted.connect({ identity: ann });
  first.scripted.socket.drop();
  await first.addScore(1);
  const second = await first.restart();
  await second.scripted.connect({ identity: bob });
  second.scripted.socket.drop();
  await second.addScore(2);
  await second.scripted.comeBack({ identity: bob });
  await settled();
  expect(second.calls).toHaveLength(1);
  const asked: unknown[] = [];
  const third = await second.restart({
    queuePolicy: {
      onUncertain: ({ args }) => {
        asked.push(args);
        return 'replay';
      },
    },
  });
  await third.scripted.connect({ identity: ann });
  await settled();
  expect([third.calls.length, third.pending, asked]).toEqual([1, ['add_score sent', 'add_score held'], []]);
  await using fourth = await third.restart();
  expect(fourth.pending).toEqual(['add_score uncertain', 'add_score held']);
  await fourth.scripted.connect({ identity: bob });
  expect(fourth.pending).toEqual(['add_score held', 'add_score sent']);
});

test('calls made before there was an identity are of the first that connects', async () => {
  const first = await OfflineClient.create();
  await first.addScore(1);
  await first.scripted.connect({ identity: new Identity(5n) });
  await settled();
  expect(first.calls).toHaveLength(1);
  await using second = await first.restart();
  expect(second.pending).toEqual(['add_score uncertain']);
  await second.scripted.connect({ identity: new Identity(6n) });
  await settled();
  expect([second.calls, second.pending]).toEqual([[], ['add_score held']]);
});
