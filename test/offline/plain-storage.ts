import type { OfflineStorage } from '../../src/offline/offline-storage.ts';
import { append, bytesOf, queueOf, tableOf } from './storage-place.ts';

/** What may happen to a store. */
export type StorageCommand =
  | { readonly kind: 'save' | 'append'; readonly table: string; readonly text: string }
  | { readonly kind: 'clearTable'; readonly table: string }
  | { readonly kind: 'time'; readonly table: string; readonly time: bigint }
  | { readonly kind: 'enqueue'; readonly text: string }
  /** Takes one out that is in the queue, counted from its beginning, or none. */
  | { readonly kind: 'dequeue'; readonly at: number }
  | { readonly kind: 'clearQueue' | 'clearAll' | 'reopen' };

/** The tables of random commands. */
export const tables = ['note', 'Note', 'a/b'] as const;

/** All that can be read. */
export interface HeldData {
  readonly queue: readonly string[];
  readonly tables: readonly (readonly string[] | undefined)[];
  readonly times: readonly (bigint | undefined)[];
}

/** What a store holds, as plain data. */
export class PlainStorage {
  #tables: ReadonlyMap<string, readonly string[]> = new Map();
  #times: ReadonlyMap<string, bigint> = new Map();
  #queue: readonly { readonly id: string; readonly text: string }[] = [];
  #nextId = 0;

  /** The same data, for the case that a command fails. */
  copy(): PlainStorage {
    const copy = new PlainStorage();
    copy.#tables = this.#tables;
    copy.#times = this.#times;
    copy.#queue = this.#queue;
    copy.#nextId = this.#nextId;
    return copy;
  }

  /** What a store that holds the same answers. */
  held(): HeldData {
    return {
      queue: this.#queue.map(({ id, text }) => `${id}:${text}`),
      tables: tables.map((table) => this.#tables.get(table)),
      times: tables.map((table) => this.#times.get(table)),
    };
  }

  /** Does to the data what it returns a call for that does it to a store. */
  run(command: StorageCommand): (store: OfflineStorage) => Promise<void> {
    switch (command.kind) {
      case 'save':
        this.#setTable(command.table, [command.text]);
        return (store) => store.saveTableSnapshot(command.table, bytesOf(command.text));
      case 'append': {
        const held = this.#tables.get(command.table);
        this.#setTable(command.table, held && [...held, command.text]);
        return async (store) => {
          const appended = append(store, command.table, bytesOf(command.text));
          if (held === undefined) await refused(appended);
          else await appended;
        };
      }
      case 'clearTable':
        this.#setTable(command.table, undefined);
        return (store) => store.clearTableSnapshot(command.table);
      case 'time':
        this.#times = new Map(this.#times).set(command.table, command.time);
        return (store) => store.setLastSyncTime(command.table, command.time);
      case 'enqueue': {
        const id = `id-${this.#nextId++}`;
        this.#queue = [...this.#queue, { id, text: command.text }];
        return (store) => store.enqueueMutation({ id, bytes: bytesOf(command.text) });
      }
      case 'dequeue': {
        const id = this.#queue[command.at]?.id ?? 'never there';
        this.#queue = this.#queue.filter((mutation) => mutation.id !== id);
        return (store) => store.dequeueMutation(id);
      }
      case 'clearQueue':
        this.#queue = [];
        return (store) => store.clearMutationQueue();
      case 'clearAll':
        this.#queue = [];
        this.#tables = new Map();
        this.#times = new Map();
        return (store) => store.clearAll();
      case 'reopen':
        return async () => undefined;
    }
  }

  #setTable(table: string, held: readonly string[] | undefined): void {
    const next = new Map(this.#tables);
    if (held === undefined) next.delete(table);
    else next.set(table, held);
    this.#tables = next;
  }
}

/** All that a store holds of what random commands do. */
export async function heldIn(store: OfflineStorage): Promise<HeldData> {
  return {
    queue: await queueOf(store),
    tables: await Promise.all(tables.map((table) => tableOf(store, table))),
    times: await Promise.all(tables.map((table) => store.getLastSyncTime(table))),
  };
}

/** The number of commands after which plain data holds the same, from `done` to `started`; `undefined` when there is none. */
export function commandsIn(
  held: HeldData,
  commandAt: (index: number) => StorageCommand,
  { done, started }: { readonly done: number; readonly started: number },
): number | undefined {
  const plain = new PlainStorage();
  for (let index = 0; index <= started; index++) {
    if (index >= done && printHeld(plain.held()) === printHeld(held)) return index;
    plain.run(commandAt(index));
  }
  return undefined;
}

/** As text: the same for the same data. */
export function printHeld(held: HeldData): string {
  return JSON.stringify(held, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
}

/** Fulfilled when changes were refused because there was nothing to add them to. */
async function refused(appended: Promise<void>): Promise<void> {
  const error = await appended.then(
    () => new Error('changes were added to nothing'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error) || !error.message.includes('save one first')) throw error;
}
