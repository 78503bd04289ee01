import { describe, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { StorageError } from '../../src/errors.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { all, committed, scoreChange, scores, ScriptedClient, transaction } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { firstRun, OfflineClient, refuseMarks } from './offline-client.ts';

/** Makes a store refuse what these methods do, and count how often it was asked, until `allow`. */
function refuse(
  storage: InMemoryOfflineStorage,
  ...names: ('appendTableChanges' | 'saveTableSnapshot' | 'dequeueMutation')[]
): { readonly asked: () => number; readonly allow: () => void } {
  let count = 0;
  const methods = names.map((name) => [name, storage[name].bind(storage)] as const);
  for (const name of names) {
    storage[name] = () => {
      count++;
      return Promise.reject(new Error('disk full'));
    };
  }
  return { asked: () => count, allow: () => Object.assign(storage, Object.fromEntries(methods)) };
}

/** Makes a store refuse to take these calls and marks, until the function is called that this returns. */
function refuseAdding(storage: InMemoryOfflineStorage, isRefused: (id: string) => boolean): () => void {
  const enqueue = storage.enqueueMutation.bind(storage);
  storage.enqueueMutation = (mutation) =>
    isRefused(mutation.id) ? Promise.reject(new Error('disk full')) : enqueue(mutation);
  return () => Object.assign(storage, { enqueueMutation: enqueue });
}

describe('a store that fails', () => {
  test('when it is opened is reported, and the client does without', async () => {
    const storage = new InMemoryOfflineStorage();
    storage.initialize = () => Promise.reject(new Error('no disk'));
    await using scripted = await ScriptedClient.create({ offlineStorage: storage });
    scripted.clock.advance(1);
    expect(scripted.errors).toEqual([expect.any(StorageError)]);
    expect(scripted.client.syncState.value).toMatchObject({ storage: 'none', status: 'error' });
    await expect(scripted.client.reducers.say({ room: 1, text: 'a' })).rejects.toMatchObject({ code: 'connection' });
  });

  /** A client with three scores in its store, which keeps no more of them. */
  async function refused(): Promise<
    { offline: OfflineClient; insert: (points: number) => Promise<void> } & ReturnType<typeof refuse>
  > {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(all, scores(1, 2, 3));
    await settled();
    const insert = async (points: number): Promise<void> => {
      offline.scripted.socket.receive(transaction(scoreChange(set, { inserts: [points] })));
      await settled();
    };
    return { offline, insert, ...refuse(offline.storage, 'appendTableChanges', 'saveTableSnapshot') };
  }

  test('to keep rows is left alone for a while that grows, says so once, and has everything when it works again', async () => {
    const { offline, insert, asked, allow } = await refused();
    const { clock, errors } = offline.scripted;
    await insert(4);
    expect(errors).toEqual([expect.any(StorageError)]);
    const { syncState } = offline.client;
    expect(syncState.value).toMatchObject({ status: 'waitingToRetry', nextRetryAt: clock.now() + 5000 });
    expect(syncState.value.lastError).toBe(errors[0]);
    await insert(5);
    expect(asked()).toBe(1);
    clock.advance(5000);
    await settled();
    expect([asked(), errors.length, syncState.value.nextRetryAt]).toEqual([2, 1, clock.now() + 10_000]);
    allow();
    clock.advance(10_000);
    await settled();
    expect(syncState.value).toMatchObject({ status: 'error', nextRetryAt: undefined });
    expect(offline.states.at(-1)).toBe(syncState.value);
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect(next.scripted.points).toEqual([1, 2, 3, 4, 5]);
    await offline[Symbol.asyncDispose]();
  });

  test('to keep rows is asked once more when the client is disposed of', async () => {
    const { offline, insert, allow } = await refused();
    await insert(4);
    await insert(5);
    allow();
    await using next = await offline.restart();
    expect(next.scripted.points).toEqual([1, 2, 3, 4, 5]);
  });

  test('to keep rows until the end costs those rows, and no end', async () => {
    const { offline, insert, asked } = await refused();
    await insert(4);
    await using next = await offline.restart();
    expect(next.scripted.points).toEqual([1, 2, 3]);
    expect([asked(), offline.scripted.errors.length]).toEqual([2, 1]);
  });

  test('to let go of a call that has its outcome is asked again: the next run does not have the call', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const { allow } = refuse(offline.storage, 'dequeueMutation');
    const call = offline.addScore(1);
    await settled();
    offline.scripted.socket.receive(committed(offline.calls[0]?.requestId ?? 0));
    expect((await call).status).toBe('committed');
    await settled();
    expect(offline.scripted.errors).toEqual([expect.any(StorageError)]);
    expect(await offline.stored()).toHaveLength(1);
    allow();
    offline.scripted.clock.advance(5000);
    await settled();
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect(next.pending).toEqual([]);
    await offline[Symbol.asyncDispose]();
  });

  test('to keep who the client is is asked again', async () => {
    const offline = await OfflineClient.create();
    const { allow } = refuse(offline.storage, 'saveTableSnapshot');
    await offline.scripted.connect();
    await settled();
    allow();
    offline.scripted.clock.advance(5000);
    await settled();
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect(next.client.identity.value).toEqual(offline.client.identity.value);
    expect(next.client.identity.value).toBeDefined();
    await offline[Symbol.asyncDispose]();
  });

  test('when it is read is let go of at once: another client is its writer', async () => {
    const first = await firstRun();
    await first[Symbol.asyncDispose]();
    const storage = new InMemoryOfflineStorage(first.storage);
    storage.getPendingMutations = () => Promise.reject(new Error('a bad sector'));
    await using scripted = await ScriptedClient.create({ offlineStorage: storage });
    scripted.clock.advance(1);
    expect(scripted.errors).toEqual([expect.any(StorageError)]);
    expect(scripted.client.syncState.value.storage).toBe('none');
    await using second = await OfflineClient.create({ sharing: storage });
    expect(second.client.syncState.value.storage).toBe('readWrite');
    expect(second.pending).toEqual(['put_setting queued']);
    // What the first one sees from here on is not its to write.
    await scripted.connect();
    await scripted.subscribe(all, scores(9));
    await settled();
    expect(scripted.errors).toHaveLength(1);
  });

  test('when it is taken over is let go of as well', async () => {
    const first = await firstRun();
    await using second = await OfflineClient.create({ sharing: first.storage });
    second.storage.getPendingMutations = () => Promise.reject(new Error('a bad sector'));
    await using third = await OfflineClient.create({ sharing: first.storage });
    await first[Symbol.asyncDispose]();
    await settled();
    expect(second.scripted.errors).toEqual([expect.any(StorageError)]);
    expect(second.client.syncState.value.storage).toBe('none');
    expect(third.client.syncState.value.storage).toBe('readWrite');
    expect(third.pending).toEqual(['put_setting queued']);
  });

  test('to note that calls go out holds them back, asks again after a pause, and knows of them in the next run', async () => {
    const offline = await OfflineClient.create();
    await offline.addScore(1);
    const allow = refuseMarks(offline.storage, 'unsentMark');
    await offline.scripted.connect();
    await settled();
    const late = offline.addScore(2);
    expect([offline.calls, offline.pending]).toEqual([[], ['add_score queued', 'add_score queued']]);
    expect(offline.scripted.errors).toEqual([expect.any(StorageError)]);
    const nextRetryAt = offline.scripted.clock.now() + 5000;
    expect(offline.client.syncState.value).toMatchObject({ status: 'waitingToRetry', nextRetryAt });
    allow();
    offline.scripted.clock.advance(5000);
    await settled();
    expect([offline.calls.length, offline.scripted.errors.length]).toEqual([2, 1]);
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect(next.pending).toEqual(['add_score uncertain', 'add_score uncertain']);
    await offline[Symbol.asyncDispose]();
    expect((await late).status).toBe('pending');
  });

  test('to note that calls go out, and did so all the same, is asked again before they do', async () => {
    await using offline = await OfflineClient.create();
    await offline.addScore(1);
    const { storage } = offline;
    const dequeue = storage.dequeueMutation.bind(storage);
    storage.dequeueMutation = async (id) => {
      await dequeue(id);
      Object.assign(storage, { dequeueMutation: dequeue });
      throw new Error('the disk does not answer');
    };
    await offline.scripted.connect();
    await settled();
    expect(offline.calls).toEqual([]);
    offline.scripted.clock.advance(5000);
    await settled();
    offline.scripted.socket.receive(committed(offline.calls[0]?.requestId ?? 0));
    await settled();
    expect([offline.told, await offline.stored()]).toEqual([['add_score committed'], []]);
  });

  test('to mark whose calls are holds them back, so that nobody else sends them in the next run, and asks again after a pause', async () => {
    await using offline = await OfflineClient.create();
    await offline.addScore(1);
    const allow = refuseMarks(offline.storage, 'ownerMark');
    await offline.scripted.connect();
    await settled();
    expect([offline.calls, offline.pending]).toEqual([[], ['add_score queued']]);
    const because = { code: 'storage', cause: { message: 'disk full' } };
    expect(offline.scripted.errors).toMatchObject([because, because]);
    expect(offline.client.syncState.value.status).toBe('waitingToRetry');
    allow();
    offline.scripted.clock.advance(5000);
    await settled();
    offline.scripted.socket.receive(committed(offline.calls[0]?.requestId ?? 0));
    await settled();
    expect([offline.told, await offline.stored()]).toEqual([['add_score committed'], []]);
  });

  test('to note that a call was not sent has no such call in the next run: whoever made it was told to make it again', async () => {
    await using offline = await OfflineClient.create();
    const allow = refuseAdding(offline.storage, (id) => id.endsWith('-unsentMark'));
    await expect(offline.addScore(1)).rejects.toThrow('which is not sent: make it again');
    await settled();
    expect(await offline.stored()).toEqual([]);
    allow();
    expect((await offline.addScore(2)).status).toBe('pending');
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect(next.pending).toEqual(['add_score queued']);
  });

  test('to keep a call, and is cleared by a logout, knows of the calls after that that they were not sent', async () => {
    await using offline = await OfflineClient.create();
    const allow = refuseAdding(offline.storage, (id) => !id.endsWith('-unsentMark'));
    await expect(offline.addScore(1)).rejects.toThrow('which is not sent: make it again');
    allow();
    await offline.client.logout();
    expect(await offline.stored()).toEqual([]);
    expect((await offline.addScore(2)).status).toBe('pending');
    await using next = await OfflineClient.create({ sharing: await offline.abandoned() });
    expect(next.pending).toEqual(['add_score queued']);
  });

  test('to keep who the client is knows it of the calls that went out', async () => {
    const first = await OfflineClient.create();
    await first.addScore(1);
    refuse(first.storage, 'saveTableSnapshot');
    await first.scripted.connect({ identity: new Identity(5n) });
    await settled();
    expect(first.calls).toHaveLength(1);
    await using second = await OfflineClient.create({ sharing: await first.abandoned() });
    expect(second.pending).toEqual(['add_score uncertain']);
    await second.scripted.connect({ identity: new Identity(6n) });
    await settled();
    expect([second.calls, second.pending]).toEqual([[], ['add_score held']]);
    await first[Symbol.asyncDispose]();
  });

  test('to keep a call that was sent is reported, and its answer comes all the same', async () => {
    await using offline = await OfflineClient.create();
    await offline.scripted.connect();
    offline.storage.enqueueMutation = () => Promise.reject(new Error('disk full'));
    const call = offline.addScore(1);
    await settled();
    offline.scripted.socket.receive(committed(offline.calls[0]?.requestId ?? 0));
    expect((await call).status).toBe('committed');
    expect(offline.scripted.errors).toEqual([expect.any(StorageError)]);
  });
});
