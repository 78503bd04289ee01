import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { type OfflineStorage, type StoredMutation } from '../../src/offline/offline-storage.ts';
import { append, bytesOf, openStore, queueOf, type StoragePlace, tableOf } from './storage-place.ts';

const call = (id: string, text = `call ${id}`): StoredMutation => ({ id, bytes: bytesOf(text) });

/** Names that a table might have, and that a file or a key might not. */
const oddNames = [
  '',
  '.',
  '..',
  '../outside',
  'a/b',
  'a\\b',
  'a:b',
  'a%2fb',
  'note',
  'Note',
  'NOTE',
  'con',
  'nul.txt',
  '__proto__',
  'constructor',
  'ends with a dot.',
  ' spaces ',
  'line\nbreak',
  'zero\0byte',
  'straße',
  '\u{1f600}',
  '\ud800',
  'e\u0301',
  '\u00e9',
  'x'.repeat(300),
  `${'x'.repeat(299)}y`,
  '*',
  'queue',
  'lock',
];

/** Each way to write, for those who may not. */
const writes: readonly (readonly [string, (store: OfflineStorage) => Promise<void>])[] = [
  ['saveTableSnapshot', (store) => store.saveTableSnapshot('note', bytesOf('x'))],
  ['clearTableSnapshot', (store) => store.clearTableSnapshot('note')],
  ['appendTableChanges', (store) => append(store, 'note', bytesOf('x'))],
  ['enqueueMutation', (store) => store.enqueueMutation(call('x'))],
  ['dequeueMutation', (store) => store.dequeueMutation('1')],
  ['clearMutationQueue', (store) => store.clearMutationQueue()],
  ['setLastSyncTime', (store) => store.setLastSyncTime('note', 1n)],
  ['clearAll', (store) => store.clearAll()],
];
const reads: readonly (readonly [string, (store: OfflineStorage) => Promise<unknown>])[] = [
  ['loadTableSnapshot', (store) => store.loadTableSnapshot('note')],
  ['getPendingMutations', (store) => store.getPendingMutations()],
  ['getLastSyncTime', (store) => store.getLastSyncTime('note')],
];

/** What every store has to do; `newPlace` makes an empty place. */
export function describeStorageContract(name: string, newPlace: () => Promise<StoragePlace>): void {
  describe(`${name}, as every store,`, () => {
    let place: StoragePlace;
    beforeEach(async () => {
      place = await newPlace();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    /** What another run finds, after `store` was let go of. */
    async function reopen(store: OfflineStorage): Promise<OfflineStorage> {
      await store.dispose();
      const { store: next, access, damaged } = await openStore(place);
      expect([access, damaged]).toEqual(['readWrite', []]);
      return next;
    }

    test('holds nothing at first, and lets the first client write', async () => {
      const { store, access } = await openStore(place);
      expect(access).toBe('readWrite');
      expect(await store.loadTableSnapshot('note')).toBeUndefined();
      expect(await store.getPendingMutations()).toEqual([]);
      expect(await store.getLastSyncTime('note')).toBeUndefined();
      await store.dispose();
    });

    test('keeps snapshots and the changes after them, table by table', async () => {
      let { store } = await openStore(place);
      await store.saveTableSnapshot('note', bytesOf('old'));
      await append(store, 'note', bytesOf('before'));
      await store.saveTableSnapshot('note', bytesOf('new'));
      await append(store, 'note', bytesOf('first'));
      await append(store, 'note', bytesOf('second'));
      await store.saveTableSnapshot('user', bytesOf('users'));
      for (let run = 0; run < 2; run++) {
        expect(await tableOf(store, 'note')).toEqual(['new', 'first', 'second']);
        expect(await tableOf(store, 'user')).toEqual(['users']);
        store = await reopen(store);
      }
      await append(store, 'note', bytesOf('third'));
      expect(await tableOf(store, 'note')).toEqual(['new', 'first', 'second', 'third']);
      await store.clearTableSnapshot('note');
      await store.clearTableSnapshot('never held');
      for (let run = 0; run < 2; run++) {
        expect(await tableOf(store, 'note')).toBeUndefined();
        expect(await tableOf(store, 'user')).toEqual(['users']);
        store = await reopen(store);
      }
      await store.saveTableSnapshot('note', bytesOf('again'));
      expect(await tableOf(store, 'note')).toEqual(['again']);
      await store.dispose();
    });

    test('refuses changes of a table that it holds nothing of', async () => {
      const { store } = await openStore(place);
      await expect(append(store, 'note', bytesOf('x'))).rejects.toThrow(StorageError);
      await store.saveTableSnapshot('note', bytesOf('rows'));
      await store.clearTableSnapshot('note');
      await expect(append(store, 'note', bytesOf('x'))).rejects.toThrow(/"note".*save one first/);
      expect(await tableOf(store, 'note')).toBeUndefined();
      await store.dispose();
    });

    test('tells any two names of tables apart', async () => {
      let { store } = await openStore(place);
      await Promise.all(
        oddNames.flatMap((table, index) => [
          store.saveTableSnapshot(table, bytesOf(`rows ${index}`)),
          append(store, table, bytesOf(`change ${index}`)),
          store.setLastSyncTime(table, BigInt(index)),
        ]),
      );
      store = await reopen(store);
      for (const [index, table] of oddNames.entries()) {
        expect([table, await tableOf(store, table)]).toEqual([table, [`rows ${index}`, `change ${index}`]]);
        expect(await store.getLastSyncTime(table)).toBe(BigInt(index));
      }
      await store.clearTableSnapshot('..');
      expect(await tableOf(store, '.')).toEqual(['rows 1', 'change 1']);
      expect(await tableOf(store, '..')).toBeUndefined();
      await store.dispose();
    });

    test('keeps bytes as they were when it was given them', async () => {
      let { store } = await openStore(place);
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const large = Uint8Array.from({ length: 1 << 18 }, (_, index) => (index * index) >> 7);
      await store.saveTableSnapshot('empty', new Uint8Array());
      await append(store, 'empty', new Uint8Array());
      await store.saveTableSnapshot('large', large);
      const reused = all.slice();
      const written = [
        store.saveTableSnapshot('part', reused.subarray(10, 20)),
        append(store, 'part', reused.subarray(20, 30)),
        store.enqueueMutation({ id: 'part', bytes: reused.subarray(30, 40) }),
      ];
      reused.fill(0);
      await Promise.all(written);
      for (let run = 0; run < 2; run++) {
        expect(await store.loadTableSnapshot('empty')).toEqual({
          snapshot: new Uint8Array(),
          changes: [new Uint8Array()],
        });
        const loaded = await store.loadTableSnapshot('large');
        expect(loaded?.snapshot).toHaveLength(large.length);
        expect(loaded?.snapshot.every((byte, index) => byte === large[index])).toBe(true);
        expect(await store.loadTableSnapshot('part')).toEqual({
          snapshot: all.slice(10, 20),
          changes: [all.slice(20, 30)],
        });
        expect(await store.getPendingMutations()).toEqual([{ id: 'part', bytes: all.slice(30, 40) }]);
        store = await reopen(store);
      }
      await store.dispose();
    });

    test('hands out bytes that are nobody else’s', async () => {
      const { store } = await openStore(place);
      await store.saveTableSnapshot('note', bytesOf('rows'));
      await append(store, 'note', bytesOf('change'));
      await store.enqueueMutation(call('1'));
      const table = await store.loadTableSnapshot('note');
      for (const bytes of [table?.snapshot, ...(table?.changes ?? [])]) bytes?.fill(0);
      for (const { bytes } of await store.getPendingMutations()) bytes.fill(0);
      expect(await tableOf(store, 'note')).toEqual(['rows', 'change']);
      expect(await queueOf(store)).toEqual(['1:call 1']);
      await store.dispose();
    });

    test('keeps the queue in its order, whatever leaves it', async () => {
      let { store } = await openStore(place);
      for (const id of ['9', '10', 'b', 'a', '0-0']) await store.enqueueMutation(call(id));
      for (let run = 0; run < 2; run++) {
        expect(await queueOf(store)).toEqual(['9:call 9', '10:call 10', 'b:call b', 'a:call a', '0-0:call 0-0']);
        store = await reopen(store);
      }
      await store.dequeueMutation('b');
      await store.dequeueMutation('9');
      await store.dequeueMutation('never there');
      await store.dequeueMutation('b');
      await store.enqueueMutation(call('c'));
      for (let run = 0; run < 2; run++) {
        expect(await queueOf(store)).toEqual(['10:call 10', 'a:call a', '0-0:call 0-0', 'c:call c']);
        store = await reopen(store);
      }
      await store.dispose();
    });

    test('clears the queue without the tables, and everything at once', async () => {
      let { store } = await openStore(place);
      const fill = async (): Promise<void> => {
        for (const id of ['1', '2', '3']) await store.enqueueMutation(call(id));
        await store.saveTableSnapshot('note', bytesOf('rows'));
        await append(store, 'note', bytesOf('change'));
        await store.setLastSyncTime('note', 5n);
      };
      await fill();
      await store.clearMutationQueue();
      for (let run = 0; run < 2; run++) {
        expect(await queueOf(store)).toEqual([]);
        expect(await tableOf(store, 'note')).toEqual(['rows', 'change']);
        expect(await store.getLastSyncTime('note')).toBe(5n);
        store = await reopen(store);
      }
      await fill();
      await store.clearAll();
      for (let run = 0; run < 2; run++) {
        expect(await queueOf(store)).toEqual([]);
        expect(await tableOf(store, 'note')).toBeUndefined();
        expect(await store.getLastSyncTime('note')).toBeUndefined();
        store = await reopen(store);
      }
      await fill();
      expect(await queueOf(store)).toHaveLength(3);
      expect(await tableOf(store, 'note')).toEqual(['rows', 'change']);
      await store.dispose();
    });

    test('remembers times of 64 bits, also of tables that it holds nothing of', async () => {
      let { store } = await openStore(place);
      const times = [0n, -1n, 1_700_000_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)];
      await store.setLastSyncTime('0', 7n);
      for (const [index, time] of times.entries()) await store.setLastSyncTime(String(index), time);
      await store.clearTableSnapshot('2');
      for (let run = 0; run < 2; run++) {
        for (const [index, time] of times.entries()) expect(await store.getLastSyncTime(String(index))).toBe(time);
        store = await reopen(store);
      }
      await store.dispose();
    });

    test('does things in the order in which it was asked, also when nobody waits', async () => {
      let { store } = await openStore(place);
      const work = Array.from({ length: 30 }, (_, index) => [
        store.enqueueMutation(call(String(index))),
        store.saveTableSnapshot('note', bytesOf(`rows ${index}`)),
        append(store, 'note', bytesOf(`change ${index}`)),
        ...(index % 3 === 1 ? [store.dequeueMutation(String(index))] : []),
        ...(index === 14 ? [store.clearMutationQueue(), store.clearTableSnapshot('user')] : []),
        store.saveTableSnapshot('user', bytesOf(`users ${index}`)),
      ]).flat();
      const seen = Promise.all([queueOf(store), tableOf(store, 'note'), tableOf(store, 'user')]);
      const late = append(store, 'user', bytesOf('late'));
      const left = [15, 17, 18, 20, 21, 23, 24, 26, 27, 29].map((index) => `${index}:call ${index}`);
      expect(await seen).toEqual([left, ['rows 29', 'change 29'], ['users 29']]);
      await Promise.all([...work, late]);
      store = await reopen(store);
      expect(await queueOf(store)).toEqual(left);
      expect(await tableOf(store, 'user')).toEqual(['users 29', 'late']);
      await store.dispose();
    });

    test('waits for what is under way before it lets go', async () => {
      const { store } = await openStore(place);
      const work = Array.from({ length: 20 }, (_, index) => store.enqueueMutation(call(String(index))));
      const saved = store.saveTableSnapshot('note', bytesOf('rows'));
      await store.dispose();
      await Promise.all([...work, saved]);
      const { store: next, access } = await openStore(place);
      expect(access).toBe('readWrite');
      expect(await next.getPendingMutations()).toHaveLength(20);
      expect(await tableOf(next, 'note')).toEqual(['rows']);
      await next.dispose();
    });

    test.each([...writes, ...reads])('refuses %s before it is open and after it was let go of', async (_, use) => {
      const unopened = await place.newStore();
      await expect(use(unopened)).rejects.toThrow(/initialize\(\)/);
      const { store } = await openStore(place);
      await store.dispose();
      const refused = use(store);
      await expect(refused).rejects.toThrow(StorageError);
      await expect(refused).rejects.toThrow(/disposed/);
    });

    test('is opened once', async () => {
      const { store } = await openStore(place);
      const events = { onBecameWriter: () => undefined, onDamaged: () => undefined };
      await expect(store.initialize(events)).rejects.toThrow(StorageError);
      await store.dispose();
      await store.dispose();
      await expect(store.initialize(events)).rejects.toThrow(StorageError);
    });

    test('lets a second client read what the first one writes, and not write itself', async () => {
      const writer = await openStore(place);
      await writer.store.enqueueMutation(call('1'));
      await writer.store.saveTableSnapshot('note', bytesOf('rows'));
      await writer.store.setLastSyncTime('note', 3n);
      const reader = await openStore(place);
      expect(reader.access).toBe('readOnly');
      for (const [, write] of writes) {
        await expect(write(reader.store)).rejects.toThrow(/another tab or process is its writer/);
      }
      for (const { store } of [writer, reader]) {
        expect(await queueOf(store)).toEqual(['1:call 1']);
        expect(await tableOf(store, 'note')).toEqual(['rows']);
        expect(await store.getLastSyncTime('note')).toBe(3n);
      }
      await append(writer.store, 'note', bytesOf('change'));
      await writer.store.enqueueMutation(call('2'));
      await writer.store.setLastSyncTime('note', 4n);
      expect(await tableOf(reader.store, 'note')).toEqual(['rows', 'change']);
      expect(await queueOf(reader.store)).toEqual(['1:call 1', '2:call 2']);
      expect(await reader.store.getLastSyncTime('note')).toBe(4n);
      expect([...writer.damaged, ...reader.damaged]).toEqual([]);
      await reader.store.dispose();
      await writer.store.dispose();
    });

    test('makes a client that waits its writer when the one before it is gone', async () => {
      const first = await openStore(place);
      const second = await openStore(place);
      const third = await openStore(place);
      expect([second.access, third.access]).toEqual(['readOnly', 'readOnly']);
      await first.store.enqueueMutation(call('1'));
      await first.store.saveTableSnapshot('note', bytesOf('rows'));
      await first.store.dispose();
      const [next, last] = await Promise.race([
        second.becameWriter.then(() => [second, third] as const),
        third.becameWriter.then(() => [third, second] as const),
      ]);
      expect(await queueOf(next.store)).toEqual(['1:call 1']);
      await next.store.dequeueMutation('1');
      await next.store.enqueueMutation(call('2'));
      await append(next.store, 'note', bytesOf('change'));
      expect(last.timesBecameWriter()).toBe(0);
      await expect(last.store.enqueueMutation(call('x'))).rejects.toThrow(StorageError);
      await next.store.dispose();
      await last.becameWriter;
      await last.store.enqueueMutation(call('3'));
      expect(await queueOf(last.store)).toEqual(['2:call 2', '3:call 3']);
      expect(await tableOf(last.store, 'note')).toEqual(['rows', 'change']);
      expect([first, second, third].map((one) => one.timesBecameWriter())).toEqual([0, 1, 1]);
      await last.store.dispose();
    });

    test('forgets a client that waits and is let go of', async () => {
      const first = await openStore(place);
      const second = await openStore(place);
      const third = await openStore(place);
      await second.store.dispose();
      await first.store.dispose();
      await third.becameWriter;
      await third.store.enqueueMutation(call('1'));
      expect(second.timesBecameWriter()).toBe(0);
      await third.store.dispose();
    });
  });
}
