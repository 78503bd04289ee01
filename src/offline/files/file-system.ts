import { constants } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { hasCode } from '../../errors.ts';
import { makeFolder } from '../../platform/make-folder.ts';
import { syncFolder } from '../../platform/sync-folder.ts';

/** A file that is open for writing. */
export interface OpenFile {
  /** Writes all of `bytes`, or rejects; then any part of them may have been written. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Waits until what was written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What the store needs of a file system. Every method rejects with the system's own error. */
export interface FileSystem {
  /** Makes a folder that only its owner may enter, and those on the way to it. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** All of a file; `undefined` when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Opens a file for writing; `isNew` makes an empty one that only its owner may read. */
  open(path: string, isNew: boolean): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name, or copies it where a file can have only one. Replaces what has that name. */
  copy(from: string, to: string): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
  /** Waits until the names in a folder are on the disk. */
  syncFolder(folder: string): Promise<void>;
}

/** The file system of this machine. */
export const systemFiles: FileSystem = {
  makeFolder: (path) => makeFolder(path, 0o700),
  list: (folder) => readdir(folder),
  read: async (path) => {
    try {
      return await readFile(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  },
  open: async (path, isNew) => {
    const file = await open(path, isNew ? constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC : 'r+', 0o600);
    return {
      write: async (bytes, position) => {
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
          done += bytesWritten;
        }
      },
      truncate: (length) => file.truncate(length),
      sync: () => file.datasync(),
      close: () => file.close(),
    };
  },
  rename,
  copy: async (from, to) => {
    await rm(to, { force: true });
    await link(from, to).catch(() => copyFile(from, to));
  },
  remove: (path) => rm(path, { force: true }),
  syncFolder,
};
