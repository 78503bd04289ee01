import { dirname } from 'node:path';
import { StorageError } from '../../errors.ts';
import {
  type JournalContent,
  type JournalKind,
  newJournal,
  newRecord,
  readJournal,
  recordsAt,
  sealRecord,
} from './file-format.ts';
import { type FileSystem, type OpenFile } from './file-system.ts';

/** What a journal needs besides its path. */
export interface JournalSurroundings {
  readonly files: FileSystem;
  /** Hears of what could not be read. */
  readonly onDamaged: (error: StorageError) => void;
  /** Whether files that take the place of others are waited for until they are on the disk. */
  readonly flushesFiles: boolean;
}

/** The file of this name is written, then takes the place of the journal. */
export const draftSuffix = '.new';
/** What a damaged journal was before it was mended. */
const damagedSuffix = '.damaged';
/** A file of another format that was in the place of a journal. */
const asideSuffix = '.set-aside';

/**
 * One journal, for its only writer. Nothing here may be called before the call before it is done.
 *
 * Records are written behind the last good one, wherever the file ends, so that what a failed write left behind is
 * overwritten; it is cut off at once too, for the case that no other write follows.
 */
export class FileJournal {
  readonly #path: string;
  readonly #kind: JournalKind;
  readonly #surroundings: JournalSurroundings;
  #marker = 0;
  /** Where the next record goes; 0 while there is no file. */
  #end = 0;
  #file: OpenFile | undefined;
  #hasRest = false;

  constructor(path: string, kind: JournalKind, surroundings: JournalSurroundings) {
    this.#path = path;
    this.#kind = kind;
    this.#surroundings = surroundings;
  }

  /** The length of the file in bytes. */
  get size(): number {
    return this.#end;
  }

  /**
   * Reads the file, and mends it: damage is reported and left out, what is no journal moved aside. A torn end is left out
   * too; it is cut off before anything is written behind it.
   */
  async load(): Promise<readonly Uint8Array[]> {
    const { files } = this.#surroundings;
    const bytes = await files.read(this.#path);
    const content = bytes && readJournal(bytes, this.#kind);
    await this.forget();
    if (bytes === undefined || content === undefined) return [];
    reportDamage(this.#path, content, this.#surroundings.onDamaged);
    if (content.kind === 'foreign') {
      await this.#setAside();
      return [];
    }
    this.#marker = content.marker;
    this.#end = content.end;
    this.#hasRest = bytes.length !== content.end;
    if (content.damaged.length > 0 || bytes.length < recordsAt) await this.#mend(content.payloads);
    return content.payloads;
  }

  /** Adds records at the end. When it rejects, none of them is there. */
  async append(records: readonly Buffer[]): Promise<void> {
    if (this.#end < recordsAt) return this.replace(records);
    for (const record of records) sealRecord(record, this.#marker);
    const [only] = records;
    const bytes = records.length === 1 && only !== undefined ? only : Buffer.concat(records);
    const file = await this.#open();
    if (this.#hasRest) await this.#cut();
    this.#hasRest = true;
    try {
      await file.write(bytes, this.#end);
    } catch (error) {
      await this.#cutOrLeave();
      throw error;
    }
    this.#hasRest = false;
    this.#end += bytes.length;
  }

  /** Waits until what was added is on the disk. When it rejects, everything behind `end` is gone. */
  async flush(end: number): Promise<void> {
    try {
      await this.#file?.sync();
    } catch (error) {
      // What a failed sync did write nobody knows; what is added next is written and synced anew.
      this.#end = Math.max(recordsAt, Math.min(this.#end, end));
      await this.#cutOrLeave();
      throw error;
    }
  }

  /** Puts a new file with these records in the place of the old one: there is always one of the two. */
  async replace(records: readonly Buffer[]): Promise<void> {
    const { files, flushesFiles } = this.#surroundings;
    const { header, marker } = newJournal(this.#kind);
    for (const record of records) sealRecord(record, marker);
    const draft = this.#path + draftSuffix;
    const file = await files.open(draft, true);
    let end = 0;
    try {
      for (const bytes of [header, ...records]) {
        await file.write(bytes, end);
        end += bytes.length;
      }
      if (flushesFiles) await file.sync();
      await this.close();
      await files.rename(draft, this.#path);
    } catch (error) {
      await file.close();
      await files.remove(draft).catch(() => undefined);
      throw error;
    }
    this.#file = file;
    this.#marker = marker;
    this.#end = end;
    this.#hasRest = false;
    if (flushesFiles) await files.syncFolder(dirname(this.#path));
  }

  async remove(): Promise<void> {
    const { files, flushesFiles } = this.#surroundings;
    await this.forget();
    await files.remove(this.#path);
    if (flushesFiles) await files.syncFolder(dirname(this.#path));
  }

  /** Lets go of the file, which somebody else is about to remove. */
  async forget(): Promise<void> {
    await this.close();
    this.#end = 0;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<OpenFile> {
    this.#file ??= await this.#surroundings.files.open(this.#path, false);
    return this.#file;
  }

  async #cut(): Promise<void> {
    const file = await this.#open();
    await file.truncate(this.#end);
    this.#hasRest = false;
  }

  /** Cuts off what a failed write left behind; where even that fails, the next write does it. */
  async #cutOrLeave(): Promise<void> {
    this.#hasRest = true;
    await this.#cut().catch(() => undefined);
  }

  /** Writes what could be read to a new file; the damaged one stays beside it, for somebody who wants to look into it. */
  async #mend(payloads: readonly Uint8Array[]): Promise<void> {
    const { files, onDamaged } = this.#surroundings;
    try {
      await files.copy(this.#path, this.#path + damagedSuffix);
      await this.replace(payloads.map(recordOf));
    } catch (cause) {
      // What could be read is behind no damage that matters: records go behind the last good one.
      onDamaged(new StorageError(`mending ${this.#path}: the damage stays in the file for now`, { cause }));
    }
  }

  async #setAside(): Promise<void> {
    const { files } = this.#surroundings;
    const taken = new Set(await files.list(dirname(this.#path)));
    const name = this.#path.slice(dirname(this.#path).length + 1);
    let suffix = asideSuffix;
    for (let count = 2; taken.has(name + suffix); count++) suffix = `${asideSuffix}-${count}`;
    await files.rename(this.#path, this.#path + suffix);
  }
}

/** What somebody else's journal holds; nothing is mended. */
export async function readOnlyJournal(
  path: string,
  kind: JournalKind,
  { files, onDamaged }: JournalSurroundings,
): Promise<readonly Uint8Array[]> {
  const read = async (): Promise<JournalContent | undefined> => {
    const bytes = await files.read(path);
    return bytes && readJournal(bytes, kind);
  };
  let content = await read();
  // What looks damaged may have been written that very moment.
  if (content?.kind === 'journal' && content.damaged.length > 0) content = await read();
  if (content === undefined) return [];
  reportDamage(path, content, onDamaged);
  return content.kind === 'foreign' ? [] : content.payloads;
}

function reportDamage(path: string, content: JournalContent, onDamaged: (error: StorageError) => void): void {
  if (content.kind === 'foreign') {
    const advice = `the writer of the store moves it to ${path}${asideSuffix} and never touches it again`;
    return onDamaged(new StorageError(`reading ${path}: ${content.reason}; ${advice}`));
  }
  for (const { from, to } of content.damaged) {
    const what = `bytes ${from} to ${to} are damaged and were left out`;
    onDamaged(new StorageError(`reading ${path}: ${what}; the file as it was is kept as ${path}${damagedSuffix}`));
  }
}

function recordOf(payload: Uint8Array): Buffer {
  const record = newRecord(payload.length);
  record.set(payload, record.length - payload.length);
  return record;
}
