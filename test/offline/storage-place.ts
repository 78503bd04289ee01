import type { StorageError } from '../../src/errors.ts';
import type { OfflineStorage, StorageAccess } from '../../src/offline/offline-storage.ts';

/** Where stores live: a folder, a database of a browser, some memory. All that `newStore` makes share what is held there. */
export interface StoragePlace extends AsyncDisposable {
  readonly newStore: () => Promise<OfflineStorage>;
}

/** A store that was opened, and what it told since. */
export interface OpenedStore {
  readonly store: OfflineStorage;
  readonly access: StorageAccess;
  readonly damaged: readonly StorageError[];
  /** Fulfilled when the store became its writer. */
  readonly becameWriter: Promise<void>;
  readonly timesBecameWriter: () => number;
  /** Fulfilled when another one has become its writer, which took this one for dead. */
  readonly lost: Promise<StorageError>;
}

/** Opens a store of `place`. */
export async function openStore(place: StoragePlace): Promise<OpenedStore> {
  const store = await place.newStore();
  const damaged: StorageError[] = [];
  let times = 0;
  let becameWriter = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    becameWriter = resolve;
  });
  let lose = (_error: StorageError): void => undefined;
  const lost = new Promise<StorageError>((resolve) => {
    lose = resolve;
  });
  const access = await store.initialize({
    onBecameWriter: () => {
      times += 1;
      becameWriter();
    },
    onDamaged: (error) => damaged.push(error),
    onLost: (error) => lose(error),
  });
  return { store, access, damaged, becameWriter: promise, timesBecameWriter: () => times, lost };
}

/** Adds changes to a table: all stores here can. */
export async function append(store: OfflineStorage, table: string, changes: Uint8Array): Promise<void> {
  if (store.appendTableChanges === undefined) throw new TypeError('the store cannot add changes');
  return store.appendTableChanges(table, changes);
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes as text. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The queue, as `id:bytes`. */
export async function queueOf(store: OfflineStorage): Promise<readonly string[]> {
  return (await store.getPendingMutations()).map(({ id, bytes }) => `${id}:${textOf(bytes)}`);
}

/** A table: its snapshot, then its changes. */
export async function tableOf(store: OfflineStorage, table: string): Promise<readonly string[] | undefined> {
  const held = await store.loadTableSnapshot(table);
  return held && [held.snapshot, ...held.changes].map(textOf);
}
