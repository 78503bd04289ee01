import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../../src/errors.ts';
import type { OfflineStorage } from '../../../src/offline/offline-storage.ts';
import { append, bytesOf, openStore, queueOf, tableOf } from '../storage-place.ts';
import { type FolderPlace, newFolderPlace } from './folder-place.ts';

const headerSize = 32;
const recordsAt = 2 * headerSize;

/** One write and what is held after it. */
interface Step {
  readonly end: number;
  readonly held: readonly string[] | undefined;
}

const enqueue = (id: string) => (store: OfflineStorage) => store.enqueueMutation({ id, bytes: bytesOf(`call ${id}`) });
const dequeue = (id: string) => (store: OfflineStorage) => store.dequeueMutation(id);
const change = (text: string) => (store: OfflineStorage) => append(store, 'note', bytesOf(text));

const queueWrites = [enqueue('a'), enqueue('b'), enqueue('c'), dequeue('a'), enqueue('d'), dequeue('c'), enqueue('e')];
const tableWrites = [
  (store: OfflineStorage): Promise<void> => store.saveTableSnapshot('note', bytesOf('rows')),
  ...['one', 'two', 'three'].map(change),
];

describe('a journal', () => {
  let place: FolderPlace;
  let looks = 0;
  beforeEach(async () => {
    place = await newFolderPlace({ flush: 'never' });
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const pathOf = (name: string): string => join(place.folder, name);

  /** Writes a journal step by step. */
  async function write(
    name: string,
    writes: readonly ((store: OfflineStorage) => Promise<void>)[],
    read: (store: OfflineStorage) => Promise<readonly string[] | undefined>,
  ): Promise<{ readonly bytes: Buffer; readonly steps: readonly Step[] }> {
    const { store } = await openStore(place);
    const steps: Step[] = [{ end: recordsAt, held: await read(store) }];
    for (const one of writes) {
      await one(store);
      steps.push({ end: (await readFile(pathOf(name))).length, held: await read(store) });
    }
    await store.dispose();
    return { bytes: await readFile(pathOf(name)), steps };
  }

  /** What is held when the file is replaced by `bytes`, and what was reported; then writes on, and looks again. */
  async function heldIn(
    name: string,
    bytes: Uint8Array,
    read: (store: OfflineStorage) => Promise<readonly string[] | undefined>,
    writeOn: (store: OfflineStorage) => Promise<void>,
  ): Promise<{ readonly held: readonly string[] | undefined; readonly reports: readonly string[] }> {
    await mkdir(place.folder, { recursive: true });
    await writeFile(pathOf(name), bytes);
    const first = await openStore(place);
    const held = await read(first.store);
    await writeOn(first.store);
    const after = await read(first.store);
    await first.store.dispose();
    // Every few bytes is often enough for what is always the same.
    looks += 1;
    if (looks % 5 === 0) {
      const second = await openStore(place);
      expect(await read(second.store)).toEqual(after);
      expect(second.damaged).toEqual([]);
      await second.store.dispose();
    }
    for (const error of first.damaged) expect(error).toBeInstanceOf(StorageError);
    return { held, reports: first.damaged.map(({ message }) => message) };
  }

  const readTable = (store: OfflineStorage): Promise<readonly string[] | undefined> => tableOf(store, 'note');
  const writeTable = async (store: OfflineStorage): Promise<void> => {
    if ((await readTable(store)) === undefined) await store.saveTableSnapshot('note', bytesOf('new rows'));
    await append(store, 'note', bytesOf('more'));
  };

  test.each([
    ['the queue', 'queue.journal', queueWrites, queueOf, enqueue('z')],
    ['a table', 'table-note.journal', tableWrites, readTable, writeTable],
  ] as const)('of %s that ends at any byte holds what was written whole', async (_, name, writes, read, writeOn) => {
    const { bytes, steps } = await write(name, writes, read);
    for (let length = 0; length <= bytes.length; length++) {
      const { held, reports } = await heldIn(name, bytes.subarray(0, length), read, writeOn);
      const last = steps.filter(({ end }) => end <= length).at(-1) ?? steps[0];
      expect([length, held]).toEqual([length, last?.held]);
      // Less than a header could be anything.
      if (length < headerSize) expect(reports).toEqual([expect.stringContaining('is no journal')]);
      else expect(reports).toEqual([]);
    }
  });

  test('of the queue that is damaged at any byte loses the record with that byte, and says so', async () => {
    const { bytes, steps } = await write('queue.journal', queueWrites, queueOf);
    const calls = ['a', 'b', 'c', 'd', 'e'].map((id) => `${id}:call ${id}`);
    const whole = ['b', 'd', 'e'];
    /** What is left when the write of this number is missing: the removal of the first call is made up for by the next record. */
    const without = [['b', 'd', 'e'], ['d', 'e'], whole, whole, ['b', 'e'], ['b', 'c', 'd', 'e'], ['b', 'd']];
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 0x55 : byte));
      const { held, reports } = await heldIn('queue.journal', damaged, queueOf, enqueue('z'));
      const hit = steps.findIndex(({ end }) => at < end) - 1;
      const left = at < recordsAt ? whole : without[hit];
      expect([at, held]).toEqual([at, calls.filter((call) => left?.includes(call.charAt(0)))]);
      expect(reports).toEqual([expect.stringMatching(/queue\.journal: bytes \d+ to \d+ are damaged/)]);
    }
  });

  test('of a table that is damaged at any byte loses that change; without its snapshot, it holds nothing', async () => {
    const { bytes, steps } = await write('table-note.journal', tableWrites, readTable);
    const whole = ['rows', 'one', 'two', 'three'];
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 0x55 : byte));
      const { held, reports } = await heldIn('table-note.journal', damaged, readTable, writeTable);
      const hit = steps.findIndex(({ end }) => at < end) - 1;
      const isSnapshot = at >= recordsAt && hit === 0;
      const left = at < recordsAt ? whole : whole.filter((_, index) => index !== hit);
      expect([at, held]).toEqual([at, isSnapshot ? undefined : left]);
      expect(reports).toHaveLength(1);
    }
  });

  test('with a hole in it is kept beside the mended one, so that somebody can look into it', async () => {
    const { bytes } = await write('queue.journal', queueWrites, queueOf);
    bytes.fill(0xee, recordsAt + 30, recordsAt + 100);
    await writeFile(pathOf('queue.journal'), bytes);
    const { store, damaged } = await openStore(place);
    expect(damaged).toHaveLength(1);
    expect(await readFile(pathOf('queue.journal.damaged'))).toEqual(bytes);
    expect(await queueOf(store)).toEqual(['d:call d', 'e:call e']);
    await store.clearAll();
    expect(await readdir(place.folder)).toEqual([expect.stringMatching(/^writer-.*\.lock$/)]);
    await store.dispose();
  });

  test('is not taken in by rows that look like records', async () => {
    const { bytes } = await write('queue.journal', queueWrites, queueOf);
    const trap = await openStore(place);
    await trap.store.clearAll();
    await trap.store.enqueueMutation({ id: 'trap', bytes: bytes.subarray(recordsAt) });
    await trap.store.enqueueMutation({ id: 'last', bytes: bytesOf('call last') });
    await trap.store.dispose();
    const damaged = await readFile(pathOf('queue.journal'));
    damaged.fill(0, recordsAt, recordsAt + 8);
    const { held, reports } = await heldIn('queue.journal', damaged, queueOf, enqueue('z'));
    expect(held).toEqual(['last:call last']);
    expect(reports).toHaveLength(1);
  });

  test.each([
    ['another format', (bytes: Buffer) => bytes.fill(2, 8, 12).fill(2, headerSize + 8, headerSize + 12)],
    ['another program', () => Buffer.from('{"version": 3}')],
    ['nothing', () => Buffer.alloc(0)],
  ])('of %s is reported, and moved aside as it is, before anything takes its place', async (_, forge) => {
    await write('queue.journal', queueWrites, queueOf);
    await write('table-note.journal', tableWrites, readTable);
    const names = ['queue.journal', 'table-note.journal'];
    const forged = new Map<string, Buffer>();
    for (const name of names) {
      const bytes = forge(await readFile(pathOf(name)));
      forged.set(name, bytes);
      await writeFile(pathOf(name), bytes);
    }
    for (const run of ['.set-aside', '.set-aside-2']) {
      const { store, damaged } = await openStore(place);
      expect(await queueOf(store)).toEqual([]);
      // Nobody looked at the table before it is written.
      await (run === '.set-aside' ? store.saveTableSnapshot('note', bytesOf('rows')) : store.clearAll());
      expect(damaged).toHaveLength(2);
      for (const name of names) {
        const aside = await readFile(pathOf(name + run));
        expect(aside).toEqual(forged.get(name));
        await writeFile(pathOf(name), aside);
      }
      await store.dispose();
    }
    expect((await readdir(place.folder)).filter((name) => name.includes('aside'))).toHaveLength(4);
  });

  test('of another format is only reported by those who may not write', async () => {
    const writer = await openStore(place);
    await writeFile(pathOf('queue.journal'), 'something else');
    const reader = await openStore(place);
    for (let run = 0; run < 2; run++) expect(await queueOf(reader.store)).toEqual([]);
    expect(reader.damaged).toHaveLength(1);
    expect(await readFile(pathOf('queue.journal'), 'utf8')).toBe('something else');
    await reader.store.dispose();
    await writer.store.dispose();
  });

  test('that was half rewritten, or a store that was half cleared, is finished at the next start', async () => {
    await write('queue.journal', queueWrites, queueOf);
    await write('table-note.journal', tableWrites, readTable);
    await writeFile(pathOf('table-note.journal.new'), 'half');
    await writeFile(pathOf('notes of a person.txt'), 'mine');
    const whole = await openStore(place);
    expect(await tableOf(whole.store, 'note')).toEqual(['rows', 'one', 'two', 'three']);
    expect(await readdir(place.folder)).not.toContain('table-note.journal.new');
    await whole.store.dispose();
    await writeFile(pathOf('clearing'), '');
    const { store, damaged } = await openStore(place);
    expect(await queueOf(store)).toEqual([]);
    expect(await tableOf(store, 'note')).toBeUndefined();
    expect(damaged).toEqual([]);
    await store.dispose();
    expect(await readdir(place.folder)).toEqual(['notes of a person.txt']);
  });
});
