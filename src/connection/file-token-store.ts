import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, messageOf, StorageError } from '../errors.ts';
import { makeFolder } from '../platform/make-folder.ts';
import { syncFolder } from '../platform/sync-folder.ts';
import { type AuthTokenStore } from './token-store.ts';

/** Keeps the token in a file that only its owner can read (mode 0600). Every method rejects with a {@link StorageError} when the file system does. */
export class FileTokenStore implements AuthTokenStore {
  readonly #path: string;

  /** `path` of the file; folders on the way to it are made. */
  constructor(path: string) {
    this.#path = path;
  }

  async loadToken(): Promise<string | undefined> {
    try {
      const text = await readFile(this.#path, 'utf8');
      return text.trim() === '' ? undefined : text.trim();
    } catch (cause) {
      if (hasCode(cause, 'ENOENT')) return undefined;
      throw new StorageError(`loading the token from ${this.#path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Writes a file beside the old one and renames it, so that a crash leaves one of the two whole; fulfilled when a power failure leaves the new one. */
  async saveToken(token: string): Promise<void> {
    // A file that is there already keeps its mode, so this has to be a new one.
    const temporary = `${this.#path}.${randomUUID()}`;
    try {
      await makeFolder(dirname(this.#path));
      await writeFile(temporary, token, { mode: 0o600, flag: 'wx', flush: true });
      await rename(temporary, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw new StorageError(`saving the token to ${this.#path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Deletes the file, if it is there. */
  async clearToken(): Promise<void> {
    try {
      await rm(this.#path, { force: true });
    } catch (cause) {
      throw new StorageError(`clearing the token in ${this.#path}: ${messageOf(cause)}`, { cause });
    }
  }
}
