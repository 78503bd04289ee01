import { join } from 'node:path';
import { StorageError } from '../../errors.ts';
import { FileLock, type FileLockTimes } from '../../platform/file-lock.ts';
import {
  type OfflineStorage,
  type StorageAccess,
  type StorageEvents,
  type StoredMutation,
  type StoredTable,
} from '../offline-storage.ts';
import { StoreAccess } from '../store-access.ts';
import { recordsAt } from './file-format.ts';
import { draftSuffix, FileJournal, type JournalSurroundings, readOnlyJournal } from './file-journal.ts';
import { FileLane } from './file-lane.ts';
import { clearingFile, isOfStore, queueFile, timesFile } from './file-names.ts';
import { FileQueue, type QueueRecord } from './file-queue.ts';
import { type FileSystem, systemFiles } from './file-system.ts';
import { FileTables } from './file-tables.ts';
import { FileTimes, timeRecord } from './file-times.ts';

/** Shorter journals are never written anew. */
const longJournalBytes = 64 * 1024;

/** How a {@link FileOfflineStorage} writes. */
export interface FileOfflineStorageOptions {
  /**
   * What a promise waits for besides the operating system, which keeps what it was given when the process dies, but not
   * when the machine loses its power.
   *
   * - `'mutations'` (the default): calls in the queue, and files that take the place of others, wait for the disk. A
   *   call in the queue costs one wait (calls that come together share it): about a millisecond on a common SSD, some
   *   ten on a slow disk. Changes of tables cost none; after a power failure the last ones may be missing.
   * - `'always'`: everything waits; each step that changes a table costs a wait too.
   * - `'never'`: nothing waits. After a power failure calls may be missing, and tables are dropped and reported.
   */
  readonly flush?: 'mutations' | 'always' | 'never';
  /** @internal */
  readonly files?: FileSystem;
  /** @internal */
  readonly lockTimes?: FileLockTimes;
}

/**
 * Keeps rows and calls in a folder, for Node: one journal for the queue, one for each table. A call or a change costs
 * the bytes it has and some twenty more. Each record has checksums: what was being written when the process died is cut
 * off, what was damaged later is reported, kept aside and left out, a file of another format is reported and moved
 * aside.
 *
 * One process writes, others read. They learn at once when it lets go of the folder, and within about a second when it
 * dies (within half a minute where it ran in another machine or container). The folder has to be on a file system that
 * knows atomic renames. Its files can be read by their owner only; they are not encrypted.
 */
export class FileOfflineStorage implements OfflineStorage {
  readonly #folder: string;
  readonly #access: StoreAccess;
  readonly #files: FileSystem;
  readonly #isFlushed: { readonly calls: boolean; readonly rest: boolean };
  readonly #lane: FileLane = new FileLane(() => this.#requireLock());
  readonly #lock: FileLock;
  readonly #surroundings: JournalSurroundings;
  readonly #reported = new Set<string>();
  #onDamaged: (error: StorageError) => void = () => undefined;
  #onLost: (error: StorageError) => void = () => undefined;
  readonly #tables: FileTables;
  readonly #timesJournal: FileJournal;
  #times = new FileTimes();
  readonly #queueJournal: FileJournal;
  #queue = new FileQueue();
  #isHalfCleared = false;

  /** `folder` belongs to this store alone; it is made when it is missing, with those on the way to it. */
  constructor(folder: string, options: FileOfflineStorageOptions = {}) {
    const { flush = 'mutations', files = systemFiles, lockTimes } = options;
    this.#folder = folder;
    this.#access = new StoreAccess(`the folder ${folder}`);
    this.#files = files;
    this.#isFlushed = { calls: flush !== 'never', rest: flush === 'always' };
    this.#lock = new FileLock(folder, lockTimes, () => this.#lose());
    this.#surroundings = {
      files,
      flushesFiles: flush !== 'never',
      onDamaged: (error) => this.#report(error),
    };
    this.#tables = new FileTables(folder, this.#surroundings);
    this.#timesJournal = this.#journal(timesFile, 'times');
    this.#queueJournal = this.#journal(queueFile, 'queue');
  }

  async initialize(events: StorageEvents): Promise<StorageAccess> {
    this.#access.open();
    this.#onDamaged = events.onDamaged;
    if (events.onLost !== undefined) this.#onLost = events.onLost;
    const access = await this.#access.explain('opening the store', () =>
      this.#lane.read(async () => {
        await this.#files.makeFolder(this.#folder);
        if (!(await this.#lock.request())) return 'readOnly';
        try {
          await this.#takeOver();
        } catch (error) {
          await this.#lock.release();
          throw error;
        }
        return 'readWrite';
      }),
    );
    this.#access.grant(access);
    if (access === 'readOnly' && !this.#access.isDisposed) this.#lock.wait(() => void this.#becomeWriter(events));
    return access;
  }

  async dispose(): Promise<void> {
    this.#access.dispose();
    await this.#lane.drained();
    await this.#access.explain('letting go', async () => {
      try {
        for (const journal of [this.#queueJournal, this.#timesJournal, this.#tables]) await journal.close();
      } finally {
        await this.#lock.release();
      }
    });
  }

  async saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    const action = `saving the table ${JSON.stringify(table)}`;
    return this.#write(action, () => {
      const record = this.#tables.snapshotRecord(snapshot);
      return this.#lane.write(() => this.#tables.save(table, record));
    });
  }

  async loadTableSnapshot(table: string): Promise<StoredTable | undefined> {
    return this.#read(`loading the table ${JSON.stringify(table)}`, async () => {
      if (this.#access.isWriter) return this.#tables.load(table);
      return (await this.#isBeingCleared()) ? undefined : this.#tables.loadReadOnly(table);
    });
  }

  async clearTableSnapshot(table: string): Promise<void> {
    const action = `clearing the table ${JSON.stringify(table)}`;
    return this.#write(action, () => this.#lane.write(() => this.#tables.clear(table)));
  }

  async appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    return this.#write(`adding changes to the table ${JSON.stringify(table)}`, () =>
      this.#lane.append(this.#tables.appending(table, changes, this.#isFlushed.rest)),
    );
  }

  async enqueueMutation(mutation: StoredMutation): Promise<void> {
    return this.#write('adding a call to the queue', () => this.#appendToQueue(this.#queue.adding(mutation)));
  }

  async getPendingMutations(): Promise<readonly StoredMutation[]> {
    return this.#read('reading the queue', async () => {
      if (this.#access.isWriter) return this.#queue.list();
      return FileQueue.of(await this.#payloadsOf(queueFile, 'queue')).list();
    });
  }

  async dequeueMutation(id: string): Promise<void> {
    return this.#write('taking a call out of the queue', () => {
      const record = this.#queue.removing(id);
      // Also who asks for nothing waits for what was asked for before.
      return record === undefined ? this.#lane.read(async () => undefined) : this.#appendToQueue(record);
    });
  }

  async clearMutationQueue(): Promise<void> {
    return this.#write('clearing the queue', () => this.#appendToQueue(this.#queue.clearing()));
  }

  async setLastSyncTime(table: string, microseconds: bigint): Promise<void> {
    return this.#write('remembering a time', () => {
      const append = {
        journal: this.#timesJournal,
        record: timeRecord(table, microseconds),
        prepare: () => undefined,
        isFlushed: this.#isFlushed.rest,
      };
      const apply = (): void => {
        this.#times.set(table, microseconds);
        this.#shorten(this.#timesJournal, this.#times);
      };
      return this.#lane.append({ ...append, apply });
    });
  }

  async getLastSyncTime(table: string): Promise<bigint | undefined> {
    return this.#read('looking a time up', async () => {
      if (this.#access.isWriter) return this.#times.get(table);
      return FileTimes.of(await this.#payloadsOf(timesFile, 'times')).get(table);
    });
  }

  async clearAll(): Promise<void> {
    return this.#write('clearing everything', () => {
      const cleared = this.#queue.clearing();
      return this.#lane.write(async () => {
        await this.#tables.lookAt(await this.#files.list(this.#folder));
        // From here on everything is cleared, even if nobody comes to removing the files before the next start.
        const mark = await this.#files.open(join(this.#folder, clearingFile), true);
        await mark.close();
        this.#isHalfCleared = true;
        cleared.apply();
        this.#times.clear();
        if (this.#surroundings.flushesFiles) await this.#files.syncFolder(this.#folder);
        await this.#finishClearing();
      });
    });
  }

  #journal(name: string, kind: 'queue' | 'times'): FileJournal {
    return new FileJournal(join(this.#folder, name), kind, this.#surroundings);
  }

  #appendToQueue({ record, apply }: QueueRecord): Promise<void> {
    return this.#lane.append({
      journal: this.#queueJournal,
      record,
      prepare: () => this.#queue.complete(record),
      isFlushed: this.#isFlushed.calls,
      apply: () => {
        apply();
        this.#shorten(this.#queueJournal, this.#queue);
      },
    });
  }

  /** Writes a journal anew that holds little but what is over. */
  #shorten(
    journal: FileJournal,
    held: { readonly liveBytes: number; readonly compacted: () => readonly Buffer[] },
  ): void {
    const isLong = (): boolean => journal.size > longJournalBytes && journal.size > 4 * (recordsAt + held.liveBytes);
    if (!isLong()) return;
    const shortened = this.#lane.write(async () => {
      if (isLong()) await journal.replace(held.compacted());
    });
    // The long journal holds the same; where the disk is full, the next one who writes hears of it.
    shortened.catch(() => undefined);
  }

  /** Reads the folder as its writer. */
  async #takeOver(): Promise<void> {
    const names = await this.#files.list(this.#folder);
    for (const name of names) {
      if (isOfStore(name) && name.endsWith(draftSuffix)) await this.#files.remove(join(this.#folder, name));
    }
    if (names.includes(clearingFile)) await this.#finishClearing();
    this.#queue = FileQueue.of(await this.#queueJournal.load());
    this.#times = FileTimes.of(await this.#timesJournal.load());
  }

  async #becomeWriter(events: StorageEvents): Promise<void> {
    try {
      await this.#lane.read(() => this.#takeOver());
    } catch (cause) {
      await this.#lock.release();
      return this.#report(new StorageError(`taking over the folder ${this.#folder}: it stays read-only`, { cause }));
    }
    if (this.#access.isDisposed) return;
    this.#access.grant('readWrite');
    events.onBecameWriter();
  }

  async #finishClearing(): Promise<void> {
    this.#isHalfCleared = true;
    for (const journal of [this.#queueJournal, this.#timesJournal, this.#tables]) await journal.forget();
    for (const name of await this.#files.list(this.#folder)) {
      if (isOfStore(name)) await this.#files.remove(join(this.#folder, name));
    }
    // The mark goes when the names are gone for good.
    if (this.#surroundings.flushesFiles) await this.#files.syncFolder(this.#folder);
    await this.#files.remove(join(this.#folder, clearingFile));
    if (this.#surroundings.flushesFiles) await this.#files.syncFolder(this.#folder);
    this.#isHalfCleared = false;
  }

  async #requireLock(): Promise<void> {
    if (!(await this.#lock.isHeld())) throw this.#access.lose();
    if (this.#isHalfCleared) await this.#finishClearing();
  }

  /** What is here belongs to the new writer, who finishes what was begun. */
  #lose(): void {
    this.#isHalfCleared = false;
    this.#onLost(this.#access.lose());
  }

  async #isBeingCleared(): Promise<boolean> {
    return (await this.#files.read(join(this.#folder, clearingFile))) !== undefined;
  }

  /** What the journal of another process holds. */
  async #payloadsOf(name: string, kind: 'queue' | 'times'): Promise<readonly Uint8Array[]> {
    return (await this.#isBeingCleared()) ? [] : readOnlyJournal(join(this.#folder, name), kind, this.#surroundings);
  }

  #read<T>(action: string, task: () => Promise<T>): Promise<T> {
    return this.#access.explain(action, async () => {
      this.#access.requireOpen(action);
      return this.#lane.read(async () => {
        if (this.#isHalfCleared) await this.#finishClearing();
        return task();
      });
    });
  }

  #write(action: string, work: () => Promise<void>): Promise<void> {
    return this.#access.explain(action, async () => {
      this.#access.requireWriter(action);
      await work();
    });
  }

  /** Once each: those who only read meet the same damage again and again. */
  #report(error: StorageError): void {
    if (this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    this.#onDamaged(error);
  }
}
