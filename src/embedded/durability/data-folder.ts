import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasCode, messageOf, StorageError } from '../../errors.ts';

/*
 * dataDir/
 *   DATABASE/
 *     commits.log    all commits, see log-file.ts
 *     server.json    the key that signs tokens, and who the owner is
 *     lock           the id of the process that uses the folder
 */

/** What a server keeps besides the commits, so that tokens outlive it. */
export interface ServerSecrets {
  readonly key: KeyObject;
  /** The claim `sub` of the owner's token. */
  readonly ownerSubject: string;
}

/** The folders that this process uses. */
const inUse = new Set<string>();

/** The folder of one database. One process may use it at a time. */
export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder where there is none and takes its lock. Throws a {@link StorageError} while another server uses it. */
  static open(dataDir: string, database: string): DataFolder {
    const path = resolve(dataDir, database);
    try {
      mkdirSync(path, { recursive: true });
      takeLock(path);
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      throw new StorageError(`using the data folder ${path}: ${messageOf(cause)}`, { cause });
    }
    inUse.add(path);
    return new DataFolder(path);
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
      throw new StorageError(`reading ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Forgets all commits; the secrets stay. */
  clear(): void {
    rmSync(this.logPath, { force: true });
  }

  close(): void {
    rmSync(join(this.path, 'lock'), { force: true });
    inUse.delete(this.path);
  }
}

function takeLock(folder: string): void {
  const path = join(folder, 'lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(path, 'wx');
      writeFileSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const owner = Number(readFileSync(path, 'utf8'));
    if (owner === process.pid ? inUse.has(folder) : isAlive(owner)) {
      throw new StorageError(
        `the data folder ${folder} is in use by the process ${owner}; if that is no server, delete ${path}`,
      );
    }
    rmSync(path, { force: true });
  }
  throw new StorageError(`the data folder ${folder} was taken by another process just now`);
}

/** Whether there is such a process, be it somebody else's. */
function isAlive(pid: number): boolean {
  // A lock without a number was being written when its process died.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
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
