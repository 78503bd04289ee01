import { IndexedDbOfflineStorage } from 'spacetimedb-signals';

/** Keeps notes, chat and calls over a reload; of the world, which is another one a moment later, nothing. */
export class DemoStorage extends IndexedDbOfflineStorage {
  override async saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    if (table !== 'entity') await super.saveTableSnapshot(table, snapshot);
  }

  override async appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    if (table !== 'entity') await super.appendTableChanges(table, changes);
  }
}
