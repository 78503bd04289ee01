import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isLockName } from '../../../src/platform/file-lock-owner.ts';
import { StorageError } from '../../../src/errors.ts';
import { bytesOf, openStore, queueOf, tableOf } from '../storage-place.ts';
import { faultyFiles } from './faulty-files.ts';
import { describeStorageContract } from '../storage-contract.ts';
import { describeStorageModel } from '../storage-model.ts';
import { type FolderPlace, newFolderPlace } from './folder-place.ts';

describeStorageContract('a folder', newFolderPlace);
describeStorageModel('a folder', () => newFolderPlace({ flush: 'never' }), 60);

describe('a folder whose writer was taken for dead', () => {
  const lockTimes = { beatMs: 10, leaseMs: 20_000, pollMs: 20 };

  /** What another machine does with the lock of one that does not stir. */
  async function takeLock({ folder }: FolderPlace): Promise<void> {
    for (const name of await readdir(folder)) if (isLockName(name)) await rm(join(folder, name));
  }

  test('tells it, though it writes nothing, and only reads from then on what the next one writes', async () => {
    await using place = await newFolderPlace({ lockTimes });
    const first = await openStore(place);
    await first.store.saveTableSnapshot('note', bytesOf('rows'));
    await first.store.enqueueMutation({ id: '1', bytes: bytesOf('call') });
    await takeLock(place);
    expect(await first.lost).toBeInstanceOf(StorageError);
    const second = await openStore(place);
    expect(second.access).toBe('readWrite');
    await second.store.enqueueMutation({ id: '2', bytes: bytesOf('another') });
    await expect(first.store.enqueueMutation({ id: '3', bytes: bytesOf('late') })).rejects.toThrow(
      /adding a call to the queue in the folder .*: another process took it over while this one stood still/,
    );
    expect(await queueOf(first.store)).toEqual(['1:call', '2:another']);
    expect(await tableOf(first.store, 'note')).toEqual(['rows']);
    await first.store.dispose();
    await second.store.dispose();
  });

  test('leaves to the next one what it was about to clear', async () => {
    const files = faultyFiles('EIO');
    await using place = await newFolderPlace({ lockTimes, files });
    const first = await openStore(place);
    await first.store.saveTableSnapshot('note', bytesOf('rows'));
    files.failing = (_, kind) => kind === 'remove';
    await expect(first.store.clearAll()).rejects.toThrow('EIO');
    files.failing = () => false;
    await takeLock(place);
    await first.lost;
    const second = await openStore(place);
    await second.store.saveTableSnapshot('note', bytesOf('new rows'));
    expect(await tableOf(first.store, 'note')).toEqual(['new rows']);
    expect(await tableOf(second.store, 'note')).toEqual(['new rows']);
    await first.store.dispose();
    await second.store.dispose();
  });
});
