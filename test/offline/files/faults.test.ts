import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StorageError } from '../../../src/errors.ts';
import type { OfflineStorage } from '../../../src/offline/offline-storage.ts';
import { heldIn, PlainStorage, type StorageCommand } from '../plain-storage.ts';
import { append, bytesOf, openStore, queueOf, tableOf } from '../storage-place.ts';
import { type FaultyFiles, faultyFiles } from './faulty-files.ts';
import { newFolderPlace } from './folder-place.ts';

const table = 'note';
const script: readonly StorageCommand[] = [
  { kind: 'save', table, text: 'rows' },
  { kind: 'enqueue', text: 'one' },
  { kind: 'append', table, text: 'first' },
  { kind: 'enqueue', text: 'two' },
  { kind: 'time', table, time: 1n },
  { kind: 'dequeue', at: 0 },
  { kind: 'append', table, text: 'second' },
  { kind: 'save', table: 'a/b', text: 'other rows' },
  { kind: 'clearTable', table: 'a/b' },
  { kind: 'enqueue', text: 'three' },
  { kind: 'save', table, text: 'new rows' },
  { kind: 'append', table, text: 'third' },
  { kind: 'clearQueue' },
  { kind: 'enqueue', text: 'four' },
  { kind: 'time', table, time: 2n },
];

/** Runs the script; what succeeded is in the data that comes back, and the errors of what did not. */
async function runScript(store: OfflineStorage): Promise<{ plain: PlainStorage; errors: unknown[] }> {
  let plain = new PlainStorage();
  const errors: unknown[] = [];
  for (const command of script) {
    const before = plain.copy();
    await plain
      .run(command)(store)
      .catch((error: unknown) => {
        errors.push(error);
        plain = before;
      });
  }
  return { plain, errors };
}

/** How many operations the script needs. */
async function operationsOfScript(): Promise<number> {
  const files = faultyFiles('EIO');
  await using place = await newFolderPlace({ files });
  const { store } = await openStore(place);
  files.operations = 0;
  await runScript(store);
  const { operations } = files;
  await store.dispose();
  return operations;
}

describe('a folder whose disk fails', () => {
  test.each([
    ['once', 'EIO', (first: number) => (operation: number) => operation === first],
    ['twice', 'EIO', (first: number) => (operation: number) => operation === first || operation === first + 1],
    ['for good', 'ENOSPC', (first: number) => (operation: number) => operation >= first],
  ])(
    '%s, at whatever it does, says so and holds what it said to hold, before and after a restart',
    async (_, code, failing) => {
      const operations = await operationsOfScript();
      expect(operations).toBeGreaterThan(script.length);
      for (let first = 0; first < operations; first++) {
        const files = faultyFiles(code);
        await using place = await newFolderPlace({ files });
        const { store } = await openStore(place);
        files.operations = 0;
        files.failing = failing(first);
        const { plain, errors } = await runScript(store);
        for (const error of errors) {
          expect(error).toBeInstanceOf(StorageError);
          // What builds on what failed is refused too.
          expect(String(error)).toMatch(new RegExp(`${code}: made up|save one first`));
        }
        expect(await heldIn(store)).toEqual(plain.held());
        files.failing = () => false;
        await plain.run({ kind: 'enqueue', text: 'after' })(store);
        await plain.run({ kind: 'save', table, text: 'rows after' })(store);
        await plain.run({ kind: 'append', table, text: 'change after' })(store);
        expect(await heldIn(store)).toEqual(plain.held());
        await store.dispose();
        const next = await openStore(place);
        expect(await heldIn(next.store)).toEqual(plain.held());
        expect([first, next.damaged]).toEqual([first, []]);
        await next.store.dispose();
      }
    },
  );

  test('keeps what still has room of what is written together', async () => {
    const files = faultyFiles('ENOSPC');
    await using place = await newFolderPlace({ files });
    const { store } = await openStore(place);
    await store.enqueueMutation({ id: '0', bytes: bytesOf('first') });
    files.operations = 0;
    // The write of all three, then, after the rest of it was cut off, that of the second one.
    files.failing = (operation) => operation === 0 || operation === 3;
    const results = await Promise.allSettled(
      ['1', '2', '3'].map((id) => store.enqueueMutation({ id, bytes: bytesOf('more') })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await queueOf(store)).toEqual(['0:first', '1:more', '3:more']);
    await store.dispose();
  });

  test('never holds what it refused, also where some of it was written whole', async () => {
    const files = faultyFiles('ENOSPC');
    await using place = await newFolderPlace({ files });
    const { store } = await openStore(place);
    await store.enqueueMutation({ id: '0', bytes: bytesOf('first') });
    files.failing = (_, kind) => kind === 'write';
    files.writtenPart = 1;
    const refused = ['1', '2', '3'].map((id) => store.enqueueMutation({ id, bytes: bytesOf('more') }));
    for (const each of refused) await expect(each).rejects.toThrow(/adding a call to the queue in .*: ENOSPC/);
    await store.dispose();
    const next = await openStore(place);
    expect(await queueOf(next.store)).toEqual(['0:first']);
    await next.store.dispose();
  });

  test('refuses to be opened where a file is in the way', async () => {
    await using place = await newFolderPlace();
    await writeFile(place.folder, 'in the way');
    await expect(openStore(place)).rejects.toThrow(StorageError);
    await expect(openStore(place)).rejects.toThrow(`opening the store in the folder ${place.folder}: EEXIST`);
  });

  test('writes what changed and little more, and waits for the disk as it was asked to', async () => {
    const counted = async (flush: 'mutations' | 'always' | 'never'): Promise<FaultyFiles> => {
      const files = faultyFiles('EIO');
      await using place = await newFolderPlace({ files, flush });
      const { store } = await openStore(place);
      await store.saveTableSnapshot(table, new Uint8Array(5_000_000));
      await store.enqueueMutation({ id: 'first', bytes: bytesOf('creates the file') });
      Object.assign(files, { bytesWritten: 0, syncs: 0 });
      for (let step = 0; step < 10; step++) await append(store, table, new Uint8Array(500));
      for (let step = 0; step < 10; step++) await store.enqueueMutation({ id: `${step}`, bytes: new Uint8Array(20) });
      await store.dispose();
      return files;
    };
    // 16 bytes before every payload; 1 more before changes, 15 and the id before a call.
    const expected = 10 * (500 + 17) + 10 * (20 + 32);
    expect(await counted('mutations')).toMatchObject({ bytesWritten: expected, syncs: 10 });
    expect(await counted('always')).toMatchObject({ bytesWritten: expected, syncs: 20 });
    expect(await counted('never')).toMatchObject({ bytesWritten: expected, syncs: 0 });
  });

  test('waits for the disk once for what is written together', async () => {
    const files = faultyFiles('EIO');
    await using place = await newFolderPlace({ files });
    const { store } = await openStore(place);
    await store.saveTableSnapshot(table, bytesOf('rows'));
    await store.enqueueMutation({ id: 'first', bytes: bytesOf('creates the file') });
    files.syncs = 0;
    await Promise.all(
      Array.from({ length: 100 }, (_, step) => [
        store.enqueueMutation({ id: `${step}`, bytes: bytesOf('call') }),
        append(store, table, bytesOf('change')),
      ]).flat(),
    );
    expect(files.syncs).toBe(1);
    expect(await store.getPendingMutations()).toHaveLength(101);
    expect(await tableOf(store, table)).toHaveLength(101);
    await store.dispose();
  });

  test('never grows without end: what is over is left out from time to time', async () => {
    const files = faultyFiles('EIO');
    await using place = await newFolderPlace({ files, flush: 'never' });
    let { store } = await openStore(place);
    const bytes = new Uint8Array(200);
    for (let round = 0; round < 20; round++) {
      const ids = Array.from({ length: 100 }, (_, index) => `${round}-${index}`);
      await Promise.all(ids.map((id) => store.enqueueMutation({ id, bytes })));
      await Promise.all(ids.slice(1).map((id) => store.dequeueMutation(id)));
      await Promise.all(ids.map((_, index) => store.setLastSyncTime(table, BigInt(round * 100 + index))));
    }
    const sizes = await Promise.all(
      ['queue.journal', 'times.journal'].map(async (name) => (await readFile(join(place.folder, name))).length),
    );
    for (const size of sizes) expect(size).toBeLessThan(100_000);
    // Each byte is written about twice.
    expect(files.bytesWritten).toBeLessThan(1_500_000);
    await store.dispose();
    ({ store } = await openStore(place));
    expect((await store.getPendingMutations()).map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, round) => `${round}-0`),
    );
    expect(await store.getLastSyncTime(table)).toBe(1999n);
    await store.dispose();
  });
});
