import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasCode, messageOf, StorageError } from '../../errors.ts';
import { FileLock, type FileLockTimes } from '../../platform/file-lock.ts';
import { isLockName, ownerOf } from '../../platform/file-lock-owner.ts';
import { makeFolder } from '../../platform/make-folder.ts';

/*
 * dataDir/
 *   DATABASE/
 *     commits.log    all commits, see log-file.ts
 *     server.json    the key that signs tokens, and who the owner is
 *     writer-….lock  of the process that uses the folder, see file-lock.ts
 */

/** What a server keeps besides the commits, so that tokens outlive it. */
export interface ServerSecrets {
  readonly key: KeyObject;
  /** The claim `sub` of the owner's token. */
  readonly ownerSubject: string;
}

/** The folder of one database. One server may use it at a time. */
export class DataFolder {
  readonly path: string;
  readonly #lock: FileLock;
  #onLost: (error: StorageError) => void = () => undefined;

  private constructor(path: string, lockTimes: FileLockTimes | undefined) {
    this.path = path;
    this.#lock = new FileLock(path, lockTimes, () => this.#onLost(this.#lost()));
  }

  /** Makes the folder where there is none and takes its lock. Rejects with a {@link StorageError} while another server uses it. */
  static async open(dataDir: string, database: string, lockTimes?: FileLockTimes): Promise<DataFolder> {
    const path = resolve(dataDir, database);
    try {
      await makeFolder(path);
      const folder = new DataFolder(path, lockTimes);
      if (await folder.#lock.request()) return folder;
    } catch (cause) {
      throw new StorageError(`using the data folder ${path}: ${messageOf(cause)}`, { cause });
    }
    throw inUse(path);
  }

  /** Has `listener` called, in the place of another one, when the folder has become that of another process. */
  onLost(listener: (error: StorageError) => void): void {
    this.#onLost = listener;
  }

  /** Throws a {@link StorageError} when the folder has become that of another process: nothing may be written here from then on. */
  requireWriter(): void {
    if (!this.#lock.isHeldNow()) throw this.#lost();
  }

  #lost(): StorageError {
    return new StorageError(
      `the data folder ${this.path} is that of another process now: it took this one, which stood still, for dead, or somebody deleted its lock file. Nothing more is kept; start the server again`,
    );
  }

  get logPath(): string {
    return join(this.path, 'commits.log');
  }

  /** The secrets of the server that used the folder before, or new ones. */
  secrets(newKey: KeyObject | undefined): ServerSecrets {
    const path = join(this.path, 'server.json');
    try {
      return readSecrets(path) ?? writeSecrets(path, newKey);
    } catch (cause) {
      throw new StorageError(
        `reading ${path}: ${messageOf(cause)}; restore it, or delete it to have new keys: tokens of before are good no more then`,
        { cause },
      );
    }
  }

  /** Forgets all commits; the secrets stay. Throws a {@link StorageError}. */
  clear(): void {
    this.requireWriter();
    rmSync(this.logPath, { force: true });
  }

  /** Lets others use the folder. */
  async close(): Promise<void> {
    await this.#lock.release();
  }
}

/** Says who has the folder, as far as the name of his lock file tells. */
function inUse(folder: string): StorageError {
  const name = readdirSync(folder).find(isLockName);
  if (name === undefined) return new StorageError(`the data folder ${folder} was in use just now; start once more`);
  const owner = ownerOf(name);
  const process = owner === undefined ? 'another process' : `the process ${owner.pid}`;
  return new StorageError(
    `the data folder ${folder} is in use by ${process}; if that is no server, delete ${join(folder, name)}`,
  );
}

function readSecrets(path: string): ServerSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const stored: unknown = JSON.parse(text);
  if (typeof stored !== 'object' || stored === null || !('key' in stored) || !('owner' in stored)) {
    throw new TypeError('it does not hold a key and an owner');
  }
  return { key: createPrivateKey(String(stored.key)), ownerSubject: String(stored.owner) };
}

function writeSecrets(path: string, newKey: KeyObject | undefined): ServerSecrets {
  const key = newKey ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ownerSubject = randomUUID();
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(`${path}.new`, `${JSON.stringify({ key: pem, owner: ownerSubject }, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return { key, ownerSubject };
}
