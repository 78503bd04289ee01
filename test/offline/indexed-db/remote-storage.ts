import type { BrowserContext, Page } from 'playwright-core';
import { StorageError } from '../../../src/errors.ts';
import type {
  OfflineStorage,
  StorageAccess,
  StorageEvents,
  StoredMutation,
  StoredTable,
} from '../../../src/offline/offline-storage.ts';
import { pack, unpack } from './remote-values.ts';

type TellStorageEvent = (store: number, kind: string, message: string) => void;

/** A tab, in which stores can be opened one after the other. */
export interface Tab {
  readonly page: Page;
  readonly events: Map<number, StorageEvents>;
}

/** Opens a tab with `test/offline/indexed-db/page.ts` in it. */
export async function openTab(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage();
  const events = new Map<number, StorageEvents>();
  const tell: TellStorageEvent = (store, kind, message) => {
    if (kind === 'becameWriter') events.get(store)?.onBecameWriter();
    else events.get(store)?.onDamaged(new StorageError(message));
  };
  await page.exposeFunction('tellStorageEvent', tell);
  await page.goto(url);
  await page.waitForFunction('globalThis.offlineStores');
  return { page, events };
}

let lastStore = 0;

/** A store in a tab, used from here. */
export class RemoteStorage implements OfflineStorage {
  readonly tab: Tab;
  readonly #store: number = (lastStore += 1);
  readonly #onDispose: () => void;
  readonly #made: Promise<unknown>;

  constructor(tab: Tab, name: string, options: object, onDispose: () => void) {
    this.tab = tab;
    this.#onDispose = onDispose;
    this.#made = this.tab.page.evaluate(
      `offlineStores.make(${this.#store}, ${JSON.stringify(name)}, ${JSON.stringify(options)})`,
    );
  }

  async initialize(events: StorageEvents): Promise<StorageAccess> {
    await this.#made;
    this.tab.events.set(this.#store, events);
    const access = await this.#evaluate(`offlineStores.initialize(${this.#store})`);
    if (access !== 'readWrite' && access !== 'readOnly') throw new TypeError(`no access: ${String(access)}`);
    return access;
  }

  async dispose(): Promise<void> {
    await this.#call('dispose');
    this.#onDispose();
  }

  async saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    await this.#call('saveTableSnapshot', table, snapshot);
  }

  async loadTableSnapshot(table: string): Promise<StoredTable | undefined> {
    return (await this.#call('loadTableSnapshot', table)) as StoredTable | undefined;
  }

  async clearTableSnapshot(table: string): Promise<void> {
    await this.#call('clearTableSnapshot', table);
  }

  async appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    await this.#call('appendTableChanges', table, changes);
  }

  async enqueueMutation(mutation: StoredMutation): Promise<void> {
    await this.#call('enqueueMutation', mutation);
  }

  async getPendingMutations(): Promise<readonly StoredMutation[]> {
    return (await this.#call('getPendingMutations')) as readonly StoredMutation[];
  }

  async dequeueMutation(id: string): Promise<void> {
    await this.#call('dequeueMutation', id);
  }

  async clearMutationQueue(): Promise<void> {
    await this.#call('clearMutationQueue');
  }

  async setLastSyncTime(table: string, microseconds: bigint): Promise<void> {
    await this.#call('setLastSyncTime', table, microseconds);
  }

  async getLastSyncTime(table: string): Promise<bigint | undefined> {
    return (await this.#call('getLastSyncTime', table)) as bigint | undefined;
  }

  async clearAll(): Promise<void> {
    await this.#call('clearAll');
  }

  #call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const packed = JSON.stringify(pack(args));
    return this.#evaluate(`offlineStores.call(${this.#store}, '${method}', ${packed})`);
  }

  async #evaluate(script: string): Promise<unknown> {
    const answer = unpack(await this.tab.page.evaluate<string>(script)) as Readonly<Record<string, unknown>>;
    if ('error' in answer) throw new StorageError(String(answer['error']), { cause: answer['cause'] });
    return answer['result'];
  }
}
