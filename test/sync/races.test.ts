import { describe, expect, test } from 'vitest';
import { type InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type StoredMutation } from '../../src/offline/offline-storage.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

/** Makes a method of a store wait, where `isHeld` says so, until the function is called that this returns. */
function hold(
  storage: InMemoryOfflineStorage,
  name: 'getPendingMutations' | 'enqueueMutation' | 'clearAll',
  isHeld: (mutation: StoredMutation | undefined) => boolean = () => true,
): () => void {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const method = storage[name].bind(storage) as (...args: unknown[]) => Promise<unknown>;
  const held = async (...args: unknown[]): Promise<unknown> => {
    if (isHeld(args[0] as StoredMutation | undefined)) await released;
    return method(...args);
  };
  Object.assign(storage, { [name]: held });
  return release;
}

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
});

test('a call that is made while a mark is written is not covered by it: its own is written before it is sent', async () => {
  const first = await OfflineClient.create();
  await first.addScore(1);
  let marks = 0;
  const release = hold(
    first.storage,
    'enqueueMutation',
    (mutation) => mutation?.id.endsWith('-sent') === true && ++marks === 1,
  );
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
