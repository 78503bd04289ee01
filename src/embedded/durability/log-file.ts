import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { hasCode, messageOf, StorageError } from '../../errors.ts';

/*
 * file     "STDBSLOG" version:u32 record record …
 * record   length:u32 crc:u32 payload            length: of the payload, never 0; crc: CRC-32 of the payload
 *
 * A process that dies while it writes leaves a record without its end. It is cut off when the file is opened again: nobody was told of it. A record that
 * is wrong while the one behind it is right is no torn end but damage, and is not repaired.
 *
 * The journals of offline stores have another format, on purpose: each of their records stands for itself, so they are read whole and what can be saved is. Here a
 * record builds on all before it, and there may be more of them than memory holds.
 */

const magic = 'STDBSLOG';
const version = 1;
const headerBytes = magic.length + 4;
const prefixBytes = 8;

/** How much is read at once. */
const blockBytes = 1 << 20;

/** What was found in a file. */
interface Recovery {
  /** How many bytes of a record that was not written to its end were cut off. */
  readonly tornBytes: number;
}

/** A file of records that are only ever appended. All of its methods throw a {@link StorageError} when the disk does not do what it is asked. */
export class LogFile {
  readonly path: string;
  #file: number;
  #size: number;
  #isBroken = false;

  private constructor(path: string, file: number, size: number) {
    this.path = path;
    this.#file = file;
    this.#size = size;
  }

  /** Opens a file and hands each of its records to `read`, in order. `undefined`: there is no such file, or nothing was ever kept in it. */
  static open(path: string, read: (payload: Uint8Array) => void): { log: LogFile; recovery: Recovery } | undefined {
    const file = attempt(`opening ${path}`, () => openIfThere(path));
    if (file === undefined) return undefined;
    try {
      return attempt(`reading ${path}`, () => {
        const length = fstatSync(file).size;
        const end = scan(path, file, length, read);
        if (end < length) ftruncateSync(file, end);
        return { log: new LogFile(path, file, end), recovery: { tornBytes: length - end } };
      });
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Writes a new file with `payloads` in the place of the one at `path`: at any moment either is there whole. Which one is certain after `settle`. */
  static replace(path: string, payloads: Iterable<Uint8Array>): LogFile {
    const draft = `${path}.new`;
    return attempt(`writing ${path}`, () => {
      rmSync(draft, { force: true });
      const file = openSync(draft, 'wx+', 0o600);
      try {
        const header = Buffer.alloc(headerBytes);
        header.write(magic, 'latin1');
        header.writeUInt32LE(version, magic.length);
        writeWhole(file, header, 0);
        const log = new LogFile(path, file, headerBytes);
        for (const payload of payloads) log.append(payload);
        log.sync();
        renameSync(draft, path);
        return log;
      } catch (error) {
        closeSync(file);
        // It may be what fills the disk.
        rmSync(draft, { force: true });
        throw error;
      }
    });
  }

  /** The size of the file in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Whether there is something behind its end that could not be taken back: nothing more can be added. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Adds a record; the system has it then, the disk not yet. Nothing of it stays when this throws. */
  append(payload: Uint8Array): void {
    if (this.#isBroken) throw new StorageError(`writing ${this.path}: an earlier record could not be taken back`);
    const record = Buffer.allocUnsafe(prefixBytes + payload.length);
    record.writeUInt32LE(payload.length, 0);
    record.writeUInt32LE(crc32(payload), 4);
    record.set(payload, prefixBytes);
    try {
      writeWhole(this.#file, record, this.#size);
    } catch (cause) {
      this.takeBack(this.#size);
      throw storageError(`writing ${this.path}`, cause);
    }
    this.#size += record.length;
  }

  /** Returns when all records are on the disk. */
  sync(): void {
    attempt(`syncing ${this.path}`, () => fdatasyncSync(this.#file));
  }

  /** Returns when it is on the disk that the file is the one of its name. */
  settle(): void {
    attempt(`writing ${this.path}`, () => syncFolder(dirname(this.path)));
  }

  /** As `sync`, without making anybody wait: `done` gets the error, if there is one. */
  syncSoon(done: (error: StorageError | undefined) => void): void {
    fdatasync(this.#file, (cause) => done(cause === null ? undefined : storageError(`syncing ${this.path}`, cause)));
  }

  close(): void {
    attempt(`closing ${this.path}`, () => closeSync(this.#file));
  }

  /** Takes back what was written behind `size`: half a record would be in the way of all that come after it, and a whole one would be read as if it counted. */
  takeBack(size: number): void {
    this.#size = size;
    try {
      ftruncateSync(this.#file, size);
    } catch {
      // The error that is thrown is the first one; this one is told by every write from now on.
      this.#isBroken = true;
    }
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Reads all records; the result is where the last good one ends. */
function scan(path: string, file: number, length: number, read: (payload: Uint8Array) => void): number {
  const blocks = new Blocks(file, length);
  const header = blocks.take(0, headerBytes);
  if (header?.toString('latin1', 0, magic.length) !== magic)
    throw new StorageError(`${path} is not a log of commits; move it away to begin anew`);
  if (header.readUInt32LE(magic.length) !== version) {
    throw new StorageError(
      `${path} was written by another version of this package, in format ${header.readUInt32LE(magic.length)}; move it away to begin anew`,
    );
  }
  let end = headerBytes;
  for (let payload = recordAt(blocks, end); payload !== undefined; payload = recordAt(blocks, end)) {
    read(payload);
    end += prefixBytes + payload.length;
  }
  refuseDamage(path, blocks, end);
  return end;
}

/** The payload of the record at `offset`; `undefined` when there is no good one. */
function recordAt(blocks: Blocks, offset: number): Uint8Array | undefined {
  const prefix = blocks.take(offset, prefixBytes);
  const length = prefix?.readUInt32LE(0) ?? 0;
  // A file that grew before its bytes were written is full of zeros, whose checksum is right.
  if (length === 0) return undefined;
  const checksum = prefix?.readUInt32LE(4);
  const payload = blocks.take(offset + prefixBytes, length);
  return payload !== undefined && crc32(payload) === checksum ? payload : undefined;
}

function refuseDamage(path: string, blocks: Blocks, offset: number): void {
  const length = blocks.take(offset, prefixBytes)?.readUInt32LE(0) ?? 0;
  if (length === 0 || recordAt(blocks, offset + prefixBytes + length) === undefined) return;
  throw new StorageError(
    `${path} is damaged at byte ${offset}, with good records behind it; restore it, or delete it to begin anew`,
  );
}

/** Reads a file in large pieces. */
class Blocks {
  readonly #file: number;
  readonly #length: number;
  #block = Buffer.alloc(0);
  #start = 0;

  constructor(file: number, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** The bytes at `offset`, good until the next call; `undefined` when the file ends before them. */
  take(offset: number, size: number): Buffer | undefined {
    if (offset + size > this.#length) return undefined;
    if (offset < this.#start || offset + size > this.#start + this.#block.length) this.#load(offset, size);
    return this.#block.subarray(offset - this.#start, offset - this.#start + size);
  }

  #load(offset: number, size: number): void {
    const block = Buffer.alloc(Math.min(Math.max(size, blockBytes), this.#length - offset));
    for (let read = 0; read < block.length;) {
      const count = readSync(this.#file, block, read, block.length - read, offset + read);
      if (count === 0) throw new Error('the file became shorter while it was read');
      read += count;
    }
    this.#block = block;
    this.#start = offset;
  }
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}

/** A file that was renamed is in its folder only when the folder is on the disk. Windows has no such thing. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof StorageError ? error : storageError(what, error);
  }
}

function storageError(what: string, cause: unknown): StorageError {
  return new StorageError(`${what}: ${messageOf(cause)}`, { cause });
}
