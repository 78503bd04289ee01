import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type OfflineStorage } from '../../src/offline/offline-storage.ts';
import { propertyOptions } from '../support/property.ts';
import { append, openStore, queueOf, type StoragePlace, tableOf, bytesOf } from './storage-place.ts';

/** What may happen to a store. */
export type StorageCommand =
  | { readonly kind: 'save' | 'append'; readonly table: string; readonly text: string }
  | { readonly kind: 'clearTable'; readonly table: string }
  | { readonly kind: 'time'; readonly table: string; readonly time: bigint }
  | { readonly kind: 'enqueue'; readonly text: string }
  /** Takes one out that is in the queue, counted from its beginning, or none. */
  | { readonly kind: 'dequeue'; readonly at: number }
  | { readonly kind: 'clearQueue' | 'clearAll' | 'reopen' };

const tables = ['note', 'Note', 'a/b'] as const;
const tableOfCommand = fc.constantFrom(...tables);
const textOfCommand = fc.string({ maxLength: 40 });

/** Random commands, mostly those that an app causes most. */
const storageCommandOf: fc.Arbitrary<StorageCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append'), table: tableOfCommand, text: textOfCommand }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('save'), table: tableOfCommand, text: textOfCommand }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enqueue'), text: textOfCommand }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('dequeue'), at: fc.nat({ max: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('time'),
      table: tableOfCommand,
      time: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('clearQueue', 'clearAll') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clearTable'), table: tableOfCommand }) },
);

/** What a store holds, as plain data. */
export class StorageModel {
  tables: Map<string, readonly string[]> = new Map();
  times: Map<string, bigint> = new Map();
  queue: readonly { readonly id: string; readonly text: string }[] = [];
  #nextId = 0;

  /** Does to the model what it returns a call for that does it to a store. */
  run(command: StorageCommand): (store: OfflineStorage) => Promise<void> {
    switch (command.kind) {
      case 'save':
        this.tables.set(command.table, [command.text]);
        return (store) => store.saveTableSnapshot(command.table, bytesOf(command.text));
      case 'append': {
        const held = this.tables.get(command.table);
        if (held !== undefined) this.tables.set(command.table, [...held, command.text]);
        const isRefused = held === undefined;
        return (store) => {
          const appended = append(store, command.table, bytesOf(command.text));
          return isRefused ? expect(appended).rejects.toThrow('save one first') : appended;
        };
      }
      case 'clearTable':
        this.tables.delete(command.table);
        return (store) => store.clearTableSnapshot(command.table);
      case 'time':
        this.times.set(command.table, command.time);
        return (store) => store.setLastSyncTime(command.table, command.time);
      case 'enqueue': {
        const id = `id-${this.#nextId++}`;
        this.queue = [...this.queue, { id, text: command.text }];
        return (store) => store.enqueueMutation({ id, bytes: bytesOf(command.text) });
      }
      case 'dequeue': {
        const id = this.queue[command.at]?.id ?? 'never there';
        this.queue = this.queue.filter((mutation) => mutation.id !== id);
        return (store) => store.dequeueMutation(id);
      }
      case 'clearQueue':
        this.queue = [];
        return (store) => store.clearMutationQueue();
      case 'clearAll':
        this.queue = [];
        this.tables.clear();
        this.times.clear();
        return (store) => store.clearAll();
      case 'reopen':
        return async () => undefined;
    }
  }

  /** The same data, for the case that a command fails. */
  copy(): StorageModel {
    const copy = new StorageModel();
    copy.tables = new Map(this.tables);
    copy.times = new Map(this.times);
    copy.queue = this.queue;
    copy.#nextId = this.#nextId;
    return copy;
  }

  /** Compares. */
  async expectIn(store: OfflineStorage): Promise<void> {
    expect(await queueOf(store)).toEqual(this.queue.map(({ id, text }) => `${id}:${text}`));
    for (const table of tables) {
      expect(await tableOf(store, table)).toEqual(this.tables.get(table));
      expect(await store.getLastSyncTime(table)).toEqual(this.times.get(table));
    }
  }
}

/** A property: whatever is done to a store, it holds what the model holds, also after it was opened anew. */
export function describeStorageModel(name: string, newPlace: () => Promise<StoragePlace>, runs: number): void {
  test(`${name} holds what a model of plain data holds, whatever is done to it and however often it is opened`, async () => {
    const commands = fc.array(fc.record({ command: storageCommandOf, isAwaited: fc.boolean() }), {
      maxLength: 40,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        await using place = await newPlace();
        const model = new StorageModel();
        let { store } = await openStore(place);
        let working: Promise<void>[] = [];
        for (const { command, isAwaited } of [...steps, { command: { kind: 'reopen' }, isAwaited: true } as const]) {
          working.push(model.run(command)(store));
          if (isAwaited) {
            await Promise.all(working);
            working = [];
          }
          if (command.kind !== 'reopen') continue;
          if (isAwaited) await model.expectIn(store);
          await store.dispose();
          const opened = await openStore(place);
          expect([opened.access, opened.damaged]).toEqual(['readWrite', []]);
          store = opened.store;
          await model.expectIn(store);
        }
        await Promise.all(working);
        await store.dispose();
      }),
      propertyOptions(runs),
    );
  });
}
