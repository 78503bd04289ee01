import {
  type OfflineStorage,
  type StorageAccess,
  type StorageEvents,
  type StoredMutation,
  type StoredTable,
} from './offline-storage.ts';
import { nothingToAddTo, StoreAccess } from './store-access.ts';

/** What several stores may share, as two tabs share a disk. */
interface Memory {
  readonly tables: Map<string, { snapshot: Uint8Array; changes: Uint8Array[] }>;
  readonly times: Map<string, bigint>;
  readonly mutations: Map<string, Uint8Array>;
  /** Its writer and, behind it, those who wait to be it: what makes each of them the writer. */
  readonly line: (() => void)[];
}

/**
 * Keeps rows and calls as long as the process or page lives: they survive a lost connection, not a restart. For tests of what a restart
 * does, a second store can be made that shares what the first one holds.
 */
export class InMemoryOfflineStorage implements OfflineStorage {
  readonly #access = new StoreAccess('memory');
  readonly #memory: Memory;
  #place: () => void = () => undefined;

  /** `sharing`: the store whose contents and lock this one shares, as another run, tab or process would. */
  constructor(sharing?: InMemoryOfflineStorage) {
    this.#memory =
      sharing === undefined ? { tables: new Map(), times: new Map(), mutations: new Map(), line: [] } : sharing.#memory;
  }

  async initialize(events: StorageEvents): Promise<StorageAccess> {
    this.#access.open();
    this.#place = () => {
      this.#access.grant('readWrite');
      events.onBecameWriter();
    };
    const isFirst = this.#memory.line.push(this.#place) === 1;
    const access = isFirst ? 'readWrite' : 'readOnly';
    this.#access.grant(access);
    return access;
  }

  async dispose(): Promise<void> {
    this.#access.dispose();
    const { line } = this.#memory;
    const at = line.indexOf(this.#place);
    if (at < 0) return;
    line.splice(at, 1);
    const next = line[0];
    // As elsewhere, the next writer hears of it later; by then it may be gone itself.
    if (at === 0 && next !== undefined) queueMicrotask(() => line[0] === next && next());
  }

  async saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    this.#access.requireWriter('saving a table');
    this.#memory.tables.set(table, { snapshot: snapshot.slice(), changes: [] });
  }

  async loadTableSnapshot(table: string): Promise<StoredTable | undefined> {
    this.#access.requireOpen('loading a table');
    const held = this.#memory.tables.get(table);
    return held && { snapshot: held.snapshot.slice(), changes: held.changes.map((change) => change.slice()) };
  }

  async clearTableSnapshot(table: string): Promise<void> {
    this.#access.requireWriter('clearing a table');
    this.#memory.tables.delete(table);
  }

  async appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    this.#access.requireWriter('adding changes to a table');
    const held = this.#memory.tables.get(table);
    if (held === undefined) throw nothingToAddTo(table);
    held.changes.push(changes.slice());
  }

  async enqueueMutation({ id, bytes }: StoredMutation): Promise<void> {
    this.#access.requireWriter('adding a call to the queue');
    this.#memory.mutations.set(id, bytes.slice());
  }

  async getPendingMutations(): Promise<readonly StoredMutation[]> {
    this.#access.requireOpen('reading the queue');
    return Array.from(this.#memory.mutations, ([id, bytes]) => ({ id, bytes: bytes.slice() }));
  }

  async dequeueMutation(id: string): Promise<void> {
    this.#access.requireWriter('taking a call out of the queue');
    this.#memory.mutations.delete(id);
  }

  async clearMutationQueue(): Promise<void> {
    this.#access.requireWriter('clearing the queue');
    this.#memory.mutations.clear();
  }

  async setLastSyncTime(table: string, microseconds: bigint): Promise<void> {
    this.#access.requireWriter('remembering a time');
    this.#memory.times.set(table, microseconds);
  }

  async getLastSyncTime(table: string): Promise<bigint | undefined> {
    this.#access.requireOpen('looking a time up');
    return this.#memory.times.get(table);
  }

  async clearAll(): Promise<void> {
    this.#access.requireWriter('clearing everything');
    for (const held of [this.#memory.tables, this.#memory.times, this.#memory.mutations]) held.clear();
  }
}
