import { LocalStorageTokenStore } from '../../../src/connection/local-storage-token-store.ts';
import { IndexedDbOfflineStorage } from '../../../src/offline/indexed-db-offline-storage.ts';
import { NotesApp } from './notes-app.ts';

/** For the test, which calls it by name. */
async function openNotes(host: string): Promise<void> {
  const app = await NotesApp.open({
    host,
    database: 'notes',
    authStorage: new LocalStorageTokenStore(),
    offlineStorage: new IndexedDbOfflineStorage('notes'),
  });
  Object.assign(globalThis, { app });
}

Object.assign(globalThis, { openNotes });
