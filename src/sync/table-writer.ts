import { type OfflineStorage } from '../offline/offline-storage.ts';
import { type RecordOwner } from '../offline/record.ts';
import { writeChanges, writeSnapshot } from '../offline/table-record.ts';
import { type Clock } from '../platform/clock.ts';
import { type TablePersistence } from '../store/table-persistence.ts';
import { RetriedWrites } from './retried-writes.ts';

/** What a writer works with. */
interface TableWriterOptions {
  readonly table: string;
  readonly shape: string;
  readonly rows: TablePersistence;
  readonly storage: OfflineStorage;
  /** Whose the rows are; undefined while some are of the one and some of the other, or none are of whom the client is now. */
  readonly owner: () => RecordOwner | undefined;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly onRetryChanged: () => void;
}

/** How much the store holds, in bytes: a snapshot, and the changes that follow it. */
export interface HeldBytes {
  readonly snapshotBytes: number;
  readonly changeBytes: number;
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
  readonly #writes: RetriedWrites;
  /**
   * What the store has that changes could follow. `nothing`: no such thing, and nobody asks for it; `owed`: the next to be written is all of the table.
   * Undefined while this client writes nothing.
   */
  #held: HeldBytes | 'nothing' | 'owed' | undefined;
  /** When the server last confirmed the rows, in microseconds since the Unix epoch, where the store does not know it. */
  #confirmed: bigint | undefined;

  constructor(options: TableWriterOptions) {
    const { table, owner } = options;
    this.#options = options;
    this.#writes = new RetriedWrites({
      ...options,
      doing: `keeping the rows of table ${table}`,
      isOutstanding: () => (this.#areRowsOutstanding || this.#confirmed !== undefined) && owner() !== undefined,
      writeNext: () => this.#writeNext(),
    });
  }

  /** When the store is asked again that has refused, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return this.#writes.retryAt;
  }

  /** Begins to write; `held` is what the store holds of the rows that the table has now. */
  start(held?: HeldBytes): void {
    this.#held = held ?? 'nothing';
    this.#options.rows.follow(() => this.#writes.begin());
  }

  /** Writes nothing more, and forgets what was not written. */
  stop(): void {
    this.#held = undefined;
    this.#confirmed = undefined;
    this.#options.rows.follow(undefined);
    this.#writes.stop();
  }

  /** What the store holds is gone, or belongs to somebody else. */
  invalidate(): void {
    if (this.#held !== undefined) this.#held = 'nothing';
    this.#confirmed = undefined;
  }

  /** Writes the table as a whole where the store does not have it. */
  refresh(): void {
    if (this.#held === 'nothing') this.#held = 'owed';
    if (this.#held === 'owed') this.#writes.begin();
  }

  /** The server has confirmed the rows: the table is written where the store does not have it, then the time, in microseconds since the Unix epoch. */
  confirm(microseconds: bigint): void {
    if (this.#held === undefined) return;
    this.#confirmed = microseconds;
    this.refresh();
    this.#writes.begin();
  }

  /** Fulfilled when everything so far is written, or has failed. */
  flush(): Promise<void> {
    return this.#writes.flush();
  }

  async #writeNext(): Promise<void> {
    const owner = this.#options.owner();
    if (owner === undefined) return;
    if (!this.#areRowsOutstanding) return this.#writeTime();
    try {
      await (this.#append() ?? this.#fold(owner));
    } catch (cause) {
      if (this.#held !== undefined) this.#held = 'owed';
      throw cause;
    }
  }

  async #writeTime(): Promise<void> {
    const { storage, table } = this.#options;
    const confirmed = this.#confirmed;
    if (confirmed === undefined) return;
    await storage.setLastSyncTime(table, confirmed);
    if (this.#confirmed === confirmed) this.#confirmed = undefined;
  }

  get #areRowsOutstanding(): boolean {
    return this.#held === 'owed' || this.#options.rows.changed > 0;
  }

  /** Undefined where a new snapshot is what has to be written. */
  #append(): Promise<void> | undefined {
    const { rows, table, storage } = this.#options;
    const held = this.#held;
    const isMost = rows.changed * 2 > rows.size;
    if (typeof held !== 'object' || isMost || storage.appendTableChanges === undefined) return undefined;
    const changes = writeChanges(rows.take());
    const changeBytes = held.changeBytes + changes.length;
    if (changeBytes > Math.max(leastFold, held.snapshotBytes)) return undefined;
    this.#held = { ...held, changeBytes };
    return storage.appendTableChanges(table, changes);
  }

  #fold(owner: RecordOwner): Promise<void> {
    const { rows, table, storage, shape } = this.#options;
    rows.take();
    const snapshot = writeSnapshot(owner, shape, rows.rows());
    this.#held = { snapshotBytes: snapshot.length, changeBytes: 0 };
    return storage.saveTableSnapshot(table, snapshot);
  }
}
