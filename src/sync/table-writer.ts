import { type OfflineStorage } from '../offline/offline-storage.ts';
import { type RecordOwner } from '../offline/record.ts';
import { writeChanges, writeSnapshot } from '../offline/table-record.ts';
import { type TablePersistence } from '../store/table-persistence.ts';
import { asStorageError } from './mutation-store.ts';

/** What a writer works with. */
interface TableWriterOptions {
  readonly table: string;
  readonly shape: string;
  readonly rows: TablePersistence;
  readonly storage: OfflineStorage;
  readonly owner: () => RecordOwner;
  readonly onError: (error: unknown) => void;
}

/** Changes may take this many bytes before they are folded, however small the snapshot is. */
const leastFold = 4096;

/**
 * Keeps what a store holds of one table up to date. What steps change while something is being written is gathered, and written together next.
 *
 * ```text
 *   step ─► changed rows ─► appended to the snapshot          costs what the step touched
 *                        └► a new snapshot, once the changes  costs the table, and is as rare as
 *                           have outgrown the old one         the table is large
 * ```
 */
export class TableWriter {
  readonly #options: TableWriterOptions;
  /** The bytes of the snapshot in the store; undefined where it has none that changes could follow. */
  #snapshotBytes: number | undefined;
  #changeBytes = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: TableWriterOptions) {
    this.#options = options;
  }

  /** Begins to write; `held` is what the store holds of the rows that the table has now, in bytes. */
  start(held?: { readonly snapshotBytes: number; readonly changeBytes: number }): void {
    this.#snapshotBytes = held?.snapshotBytes;
    this.#changeBytes = held?.changeBytes ?? 0;
    this.#options.rows.follow(() => this.#begin());
  }

  /** Writes nothing more, and forgets what was not written. */
  stop(): void {
    this.#options.rows.follow(undefined);
  }

  /** What the store holds is gone, or belongs to somebody else. */
  invalidate(): void {
    this.#snapshotBytes = undefined;
  }

  /** Writes the table as a whole where the store does not have it. */
  refresh(): void {
    if (this.#snapshotBytes === undefined) this.#begin();
  }

  /** Fulfilled when everything so far is written, or has failed. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #begin(): void {
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // The step that changes the rows is over first, and others of the same microtask join.
    await Promise.resolve();
    const { rows, table, onError } = this.#options;
    try {
      do await this.#writeOnce();
      while (rows.changed > 0);
      this.#hasFailed = false;
    } catch (cause) {
      this.invalidate();
      if (!this.#hasFailed) onError(asStorageError(`keeping the rows of table ${table}`, cause));
      this.#hasFailed = true;
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeOnce(): Promise<void> {
    const { rows, table, storage } = this.#options;
    const isMost = rows.changed * 2 > rows.size;
    if (this.#snapshotBytes === undefined || isMost || storage.appendTableChanges === undefined) return this.#fold();
    const changes = writeChanges(rows.take());
    if (this.#changeBytes + changes.length > Math.max(leastFold, this.#snapshotBytes)) return this.#fold();
    this.#changeBytes += changes.length;
    await storage.appendTableChanges(table, changes);
  }

  async #fold(): Promise<void> {
    const { rows, table, storage, owner, shape } = this.#options;
    rows.take();
    const snapshot = writeSnapshot(owner(), shape, rows.rows());
    this.#snapshotBytes = snapshot.length;
    this.#changeBytes = 0;
    await storage.saveTableSnapshot(table, snapshot);
  }
}
