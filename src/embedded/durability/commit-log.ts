import { equalBytes } from '../../bsatn/bytes.ts';
import { messageOf, StorageError } from '../../errors.ts';
import { type DatabaseImage } from '../database-image.ts';
import { ImageBuilder } from './image-builder.ts';
import { type CommitRecord, type Journal } from './journal.ts';
import { LogFile } from './log-file.ts';
import { decodeRecord, encodeCommit, encodeStart } from './log-records.ts';

/** What a log is opened with. */
export interface CommitLogOptions {
  readonly path: string;
  /** Whether each commit is on the disk before anybody hears of it; otherwise several are brought there together, soon. */
  readonly durable: boolean;
  /** Called with what nobody waits for: a tail that was cut off, a disk that fails. */
  readonly warn: (message: string) => void;
  /** Throws a {@link StorageError} when the file has become that of another process: nothing is written then. */
  readonly requireWriter?: () => void;
  /** How large a log may grow before it is written anew, in bytes: never before this, and not before it is four times as large as after the last time. */
  readonly compactAbove?: number;
}

const defaultCompactAbove = 1 << 20;
const growth = 4;

/** How long a disk that failed is left alone until it is tried again, in milliseconds. */
const recoveryPauseMs = 1000;

/** How many bytes of rows a record of a compacted log holds, about. */
const chunkBytes = 1 << 20;

/**
 * Keeps the commits of a database in a file:
 *
 * ```text
 * append ──► system ──(sync)──► disk      durable: both before anybody hears of the commit
 *    │
 *    └─ the file is four times what it was ──► it is written anew, with the rows that are left
 * ```
 *
 * A disk that could not bring something to safety once may have lost it, whatever it says the next time: nothing is confirmed and no commit taken until all rows could
 * be written anew, which is tried when somebody wants to commit.
 */
export class CommitLog implements Journal {
  readonly #options: CommitLogOptions;
  readonly #listeners = new Set<() => void>();
  #file: LogFile | undefined;
  #takeImage: (() => DatabaseImage) | undefined;
  /** Of the module whose rows the file has. */
  #definition: Uint8Array | undefined;
  #lastCommit = 0;
  #durableCommit = 0;
  #isSyncing = false;
  #isRewriteDue = false;
  #compactAt = Infinity;
  /** Before this time a disk that failed is not tried again, in milliseconds. */
  #recoverAt = 0;
  #failure: StorageError | undefined;

  private constructor(options: CommitLogOptions, file: LogFile | undefined, definition: Uint8Array | undefined) {
    this.#options = options;
    this.#file = file;
    this.#definition = definition;
  }

  /** Opens a log; `image` is what it came to, `undefined` when it is new. Throws a {@link StorageError} for a file that is damaged or no log. */
  static open(options: CommitLogOptions): { readonly log: CommitLog; readonly image: DatabaseImage | undefined } {
    const builder = new ImageBuilder();
    const opened = LogFile.open(options.path, (payload) => builder.add(decodeRecord(payload)));
    if (opened !== undefined && opened.recovery.tornBytes > 0) {
      const { tornBytes } = opened.recovery;
      options.warn(`${options.path}: the last ${tornBytes} bytes were not written to their end and are cut off`);
    }
    const image = builder.image();
    return { log: new CommitLog(options, opened?.log, image?.definition), image };
  }

  get lastCommit(): number {
    return this.#lastCommit;
  }

  get durableCommit(): number {
    return this.#durableCommit;
  }

  get failure(): StorageError | undefined {
    return this.#failure;
  }

  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  begin(takeImage: () => DatabaseImage): void {
    const { definition } = takeImage();
    const isSame = this.#definition !== undefined && equalBytes(this.#definition, definition);
    if (this.#file !== undefined && isSame && this.#failure === undefined) this.#plan(this.#file);
    else this.#rewrite(takeImage);
    this.#takeImage = takeImage;
  }

  append(record: CommitRecord): void {
    const file = this.#open();
    const end = file.size;
    this.#append(file, record);
    if (this.#options.durable) this.#syncOrTakeBack(file, end);
    this.#lastCommit++;
    if (this.#options.durable) this.#durableCommit = this.#lastCommit;
    else this.#syncSoon(file);
    if (file.size >= this.#compactAt) this.#rewriteSoon();
  }

  /** Writes the file anew, with only what the database has now. */
  compact(): void {
    if (this.#takeImage === undefined) throw new Error(`${this.#options.path} has not begun`);
    this.#rewrite(this.#takeImage);
  }

  /** Takes no more commits, and confirms none of those that are not on the disk yet. */
  fail(error: StorageError): void {
    this.#failure = error;
    this.#options.warn(error.message);
    // Not now: the commit that the disk refuses is not over yet, and who hears of it may disconnect clients.
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener();
    });
  }

  /** Brings all commits to the disk and ends. Nobody waits for the sync that may be under way. */
  close(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      if (this.#failure !== undefined) return;
      this.#syncNow(file);
      this.#reach(this.#lastCommit);
    } finally {
      this.#listeners.clear();
      this.#closeFile(file);
    }
  }

  #open(): LogFile {
    if (this.#file === undefined) throw new Error(`${this.#options.path} is closed`);
    this.#options.requireWriter?.();
    if (this.#failure === undefined) return this.#file;
    this.#rewriteSoon();
    throw new StorageError(
      `${this.#failure.message}; no commit is taken until the disk works again, which each call tries`,
      {
        cause: this.#failure,
      },
    );
  }

  #append(file: LogFile, record: CommitRecord): void {
    try {
      file.append(encodeCommit(record));
    } catch (error) {
      if (file.isBroken && error instanceof StorageError) this.fail(error);
      throw error;
    }
  }

  /** A commit that nobody is told of must not be there when the file is read again. */
  #syncOrTakeBack(file: LogFile, end: number): void {
    try {
      this.#syncNow(file);
    } catch (error) {
      file.takeBack(end);
      throw error;
    }
  }

  #syncNow(file: LogFile): void {
    this.#orFail(() => file.sync());
  }

  /** After what goes wrong here nobody knows what is on the disk. */
  #orFail(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof StorageError) this.fail(error);
      throw error;
    }
  }

  #syncSoon(file: LogFile): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const reached = this.#lastCommit;
    file.syncSoon((error) => {
      this.#isSyncing = false;
      if (file === this.#file) this.#synced(reached, error);
      // The file was written anew, or ended, meanwhile: that brought everything to the disk.
      else file.close();
      if (this.#file === undefined || this.#failure !== undefined) return;
      if (this.#durableCommit < this.#lastCommit) this.#syncSoon(this.#file);
    });
  }

  #synced(commit: number, error: StorageError | undefined): void {
    if (error === undefined) {
      this.#reach(commit);
      return;
    }
    this.fail(error);
  }

  #reach(commit: number): void {
    if (commit <= this.#durableCommit) return;
    this.#durableCommit = commit;
    for (const listener of this.#listeners) listener();
  }

  /** Not now: the commit that made the file too large, or was refused, is not over yet. */
  #rewriteSoon(): void {
    if (this.#isRewriteDue || (this.#failure !== undefined && performance.now() < this.#recoverAt)) return;
    this.#isRewriteDue = true;
    queueMicrotask(() => {
      this.#isRewriteDue = false;
      const file = this.#file;
      if (file === undefined) return;
      const hadFailed = this.#failure !== undefined;
      try {
        this.compact();
        if (hadFailed) this.#options.warn(`${this.#options.path}: the disk works again, and has all rows`);
      } catch (error) {
        // The log as it is goes on, or the disk is tried once more later.
        this.#compactAt = file.size * growth;
        this.#recoverAt = performance.now() + recoveryPauseMs;
        this.#options.warn(messageOf(error));
      }
    });
  }

  #rewrite(takeImage: () => DatabaseImage): void {
    this.#options.requireWriter?.();
    const old = this.#file;
    const image = takeImage();
    const file = LogFile.replace(this.#options.path, payloadsOf(image));
    this.#file = file;
    this.#definition = image.definition;
    this.#plan(file);
    if (old !== undefined) this.#closeFile(old);
    this.#orFail(() => file.settle());
    this.#failure = undefined;
    this.#reach(this.#lastCommit);
  }

  /** A file that is being synced is closed when that is done. */
  #closeFile(file: LogFile): void {
    if (!this.#isSyncing) file.close();
  }

  #plan(file: LogFile): void {
    this.#compactAt = Math.max(this.#options.compactAbove ?? defaultCompactAbove, file.size * growth);
  }
}

function* payloadsOf({ definition, tables, connections }: DatabaseImage): Generator<Uint8Array> {
  yield encodeStart(definition);
  const none = { timestamp: 0n, client: undefined, deleted: [], sequences: new Map<number, bigint>() };
  for (const [table, { rows, sequences }] of tables) {
    for (const inserted of chunks(rows)) {
      yield encodeCommit({ ...none, tables: [{ table, deleted: [], inserted, sequences: new Map() }] });
    }
    if (sequences.size > 0) yield encodeCommit({ ...none, tables: [{ table, deleted: [], inserted: [], sequences }] });
  }
  for (const { identity, connectionId } of connections) {
    yield encodeCommit({ timestamp: 0n, client: { kind: 'connected', identity, connectionId }, tables: [] });
  }
}

function* chunks(rows: Iterable<Uint8Array>): Generator<readonly Uint8Array[]> {
  let chunk: Uint8Array[] = [];
  let size = 0;
  for (const row of rows) {
    chunk.push(row);
    size += row.length;
    if (size < chunkBytes) continue;
    yield chunk;
    chunk = [];
    size = 0;
  }
  if (chunk.length > 0) yield chunk;
}
