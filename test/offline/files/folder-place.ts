import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileOfflineStorage, type FileOfflineStorageOptions } from '../../../src/offline/files/file-offline-storage.ts';
import type { StoragePlace } from '../storage-place.ts';

/** A folder with stores in it, which wait for each other for no longer than a test can bear. */
export interface FolderPlace extends StoragePlace {
  readonly folder: string;
}

/** Makes an empty folder; its stores are opened with `options`. */
export async function newFolderPlace(options: FileOfflineStorageOptions = {}): Promise<FolderPlace> {
  const parent = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-folder-'));
  const folder = join(parent, 'store');
  return {
    folder,
    newStore: async () => new FileOfflineStorage(folder, options),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}
