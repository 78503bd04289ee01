import { describe, expect, test, vi } from 'vitest';
import { StorageError } from '../../../src/errors.ts';
import { IndexedDbOfflineStorage } from '../../../src/offline/indexed-db-offline-storage.ts';
import type { KeyValues } from '../../../src/offline/key-values.ts';
import { commandAt } from '../crash-commands.ts';
import { commandsIn, heldIn, PlainStorage, printHeld, type StorageCommand } from '../plain-storage.ts';
import { describeStorageModel } from '../storage-model.ts';
import { bytesOf, openStore, queueOf, type StoragePlace, tableOf } from '../storage-place.ts';

// Web Locks, which Node has from 24 on, last as long as the process: a tab that dies here would keep its own.
vi.stubGlobal('navigator', undefined);

/** What the database of each name holds, and what happens before each transaction that writes. */
const databases = new Map<string, Map<string, unknown>>();
let beforeWrite: () => Promise<void> = async () => undefined;

vi.mock('../../../src/offline/key-values.ts', () => ({
  openKeyValues: async (name: string): Promise<KeyValues> => {
    const held = databases.get(name) ?? new Map<string, unknown>();
    databases.set(name, held);
    return {
      keys: async () => [...held.keys()].sort(),
      get: async (key) => held.get(key) ?? null,
      set: async (key, value) => {
        await beforeWrite();
        held.set(key, value);
      },
      remove: async (key) => {
        await beforeWrite();
        held.delete(key);
      },
      clear: async () => {
        await beforeWrite();
        held.clear();
      },
    };
  },
}));

let places = 0;

function newPlace(): StoragePlace & { readonly name: string; readonly held: () => Map<string, unknown> } {
  const name = `place ${(places += 1)}`;
  return {
    name,
    newStore: async () => new IndexedDbOfflineStorage(name, { withoutLocks: 'readWrite', mergeAt: 3 }),
    held: () => databases.get(`spacetimedb-signals/${name}`) ?? new Map(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Runs 60 commands, one after the other; the number of those whose promise was fulfilled. */
async function runCommands(place: StoragePlace, seed: number): Promise<number> {
  const { store } = await openStore(place);
  const plain = new PlainStorage();
  for (let index = 0; index < 60; index++) {
    const isDone = await plain
      .run(commandAt(seed, index))(store)
      .then(
        () => true,
        () => false,
      );
    if (!isDone) return index;
  }
  return 60;
}

describeStorageModel('a store with a database of keys and values', async () => newPlace(), 100);

describe('a store whose every transaction writes one value', () => {
  test('holds whole methods only, after whichever transaction the tab dies', async () => {
    let transactions = 0;
    for (let seed = 0; seed < 4; seed++) {
      for (let dies = 0, isOver = false; !isOver; dies++) {
        const place = newPlace();
        let count = 0;
        beforeWrite = async () => {
          if (count++ >= dies) throw new Error('the tab is gone');
        };
        const done = await runCommands(place, seed);
        isOver = count <= dies;
        transactions += count;
        beforeWrite = async () => undefined;
        const next = await openStore(place);
        const held = await heldIn(next.store);
        const prefix = commandsIn(held, (index) => commandAt(seed, index), { done, started: done + 1 });
        if (prefix === undefined)
          throw new Error(`after ${dies} transactions: ${done} commands and ${printHeld(held)}`);
        // What was left behind is swept away at the next start.
        const live = held.queue.length + held.tables.flat().filter((one) => one !== undefined).length;
        const kept = [...place.held()].filter(([key]) => /^(?:table|change|merged|call)\//.test(key));
        expect(kept.flatMap(([, value]) => value)).toHaveLength(live);
        await next.store.dispose();
      }
    }
    expect(transactions).toBeGreaterThan(1000);
  });

  test('goes on after a transaction that failed, wherever that was', async () => {
    for (let fails = 0; fails < 100; fails++) {
      const place = newPlace();
      const { store } = await openStore(place);
      let count = 0;
      beforeWrite = async () => {
        if (count++ === fails) throw new Error('quota');
      };
      let plain = new PlainStorage();
      for (let index = 0; index < 60; index++) {
        const before = plain.copy();
        const written = plain.run(commandAt(7, index))(store);
        const error: unknown = await written.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) continue;
        expect(error).toBeInstanceOf(StorageError);
        expect(error).toHaveProperty('message', expect.stringMatching(/quota|save one first/));
        plain = before;
      }
      expect(await heldIn(store)).toEqual(plain.held());
      await store.dispose();
      const next = await openStore(place);
      expect(await heldIn(next.store)).toEqual(plain.held());
      await next.store.dispose();
    }
  });

  test('keeps many changes under few keys, in their order', async () => {
    const place = newPlace();
    let writes = 0;
    beforeWrite = async () => void (writes += 1);
    const store = new IndexedDbOfflineStorage(place.name, { withoutLocks: 'readWrite' });
    await store.initialize({ onBecameWriter: () => undefined, onDamaged: () => undefined });
    await store.saveTableSnapshot('note', bytesOf('rows'));
    const changes = Array.from({ length: 1050 }, (_, index) => `change ${index}`);
    for (const change of changes) await store.appendTableChanges('note', bytesOf(change));
    // The snapshot, ten times a hundred changes, and fifty.
    expect(place.held().size).toBe(1 + 10 + 50);
    expect(await tableOf(store, 'note')).toEqual(['rows', ...changes]);
    // Each change is written, and removed when it is merged.
    expect(writes).toBe(1 + 1050 + 10 + 1000);
    await store.saveTableSnapshot('note', bytesOf('new rows'));
    expect(place.held().size).toBe(1);
    await store.dispose();
  });

  test('never brings back what was cleared, also where garbage stays behind', async () => {
    const commands: readonly StorageCommand[] = [
      { kind: 'save', table: 'note', text: 'one' },
      { kind: 'append', table: 'note', text: 'change' },
      { kind: 'save', table: 'note', text: 'two' },
      { kind: 'clearTable', table: 'note' },
      { kind: 'enqueue', text: 'call' },
      { kind: 'clearQueue' },
      { kind: 'save', table: 'note', text: 'three' },
    ];
    for (let fails = 0; fails < 12; fails++) {
      for (let dies = fails + 1; dies < 14; dies++) {
        const place = newPlace();
        const { store } = await openStore(place);
        let count = 0;
        beforeWrite = async () => {
          const at = count++;
          if (at === fails || at >= dies) throw new Error('quota');
        };
        let plain = new PlainStorage();
        for (const command of commands) {
          const before = plain.copy();
          const isDone = await plain
            .run(command)(store)
            .then(
              () => true,
              () => false,
            );
          if (!isDone) plain = before;
        }
        beforeWrite = async () => undefined;
        const next = await openStore(place);
        expect([fails, dies, await heldIn(next.store)]).toEqual([fails, dies, plain.held()]);
        await next.store.dispose();
      }
    }
  });

  test('reports what it did not write, once, and keeps everything else', async () => {
    const place = newPlace();
    const first = await openStore(place);
    for (const id of ['1', '2', '3']) await first.store.enqueueMutation({ id, bytes: bytesOf('call') });
    await first.store.saveTableSnapshot('note', bytesOf('rows'));
    await first.store.saveTableSnapshot('user', bytesOf('users'));
    await first.store.setLastSyncTime('note', 5n);
    await first.store.dispose();
    const held = place.held();
    for (const [key, value] of held) {
      if (key.startsWith('call/') && key.endsWith('/2')) held.set(key, 'text');
      if (key.endsWith('/user')) held.set(key, [...(value instanceof Uint8Array ? value : [])]);
      if (key.startsWith('time/')) held.set(key, 5);
    }
    held.set('key of somebody', 1);
    const { store, damaged } = await openStore(place);
    for (let look = 0; look < 2; look++) {
      expect(await queueOf(store)).toEqual(['1:call', '3:call']);
      expect(await tableOf(store, 'note')).toEqual(['rows']);
      expect(await tableOf(store, 'user')).toBeUndefined();
      expect(await store.getLastSyncTime('note')).toBeUndefined();
    }
    expect(damaged.map(({ message }) => message)).toEqual([
      expect.stringContaining('the call 2 in the queue'),
      expect.stringContaining('the table "user"'),
      expect.stringContaining('the time of the table "note"'),
    ]);
    expect(held.get('key of somebody')).toBe(1);
    await store.dispose();
  });

  test('is not opened where there is no IndexedDB', async () => {
    const { openKeyValues } = await vi.importActual<typeof import('../../../src/offline/key-values.ts')>(
      '../../../src/offline/key-values.ts',
    );
    await expect(openKeyValues('name', 'store')).rejects.toThrow(/No available storage method found/);
    beforeWrite = async () => undefined;
    const store = new IndexedDbOfflineStorage('in Node');
    expect(await store.initialize({ onBecameWriter: () => undefined, onDamaged: () => undefined })).toBe('readOnly');
    await expect(store.enqueueMutation({ id: '1', bytes: bytesOf('x') })).rejects.toThrow(StorageError);
    await store.dispose();
  });
});
