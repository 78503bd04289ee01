import { SchemaError } from '../errors.ts';
import { type OfflineStorage, type StoredTable } from '../offline/offline-storage.ts';
import { isSameOwner, type RecordOwner } from '../offline/record.ts';
import { readChanges, readSnapshot } from '../offline/table-record.ts';
import { type Clock } from '../platform/clock.ts';
import { contextOf } from '../store/event-context.ts';
import { noRows, type RowChanges, type StepResult } from '../store/step.ts';
import { type Store } from '../store/store.ts';
import { type StoreTable } from '../store/store-table.ts';
import { type TablePersistence } from '../store/table-persistence.ts';
import { rowListOf } from '../wire/row-list.ts';
import { earliest } from './earliest.ts';
import { asStorageError } from './storage-error.ts';
import { type HeldBytes, TableWriter } from './table-writer.ts';

/** What the cached tables work with. */
interface CachedTablesOptions {
  readonly store: Store;
  readonly storage: OfflineStorage;
  readonly owner: () => RecordOwner;
  readonly clock: Clock;
  /** Whether rows of this table are on their way, in a set that is not among `answered`. */
  readonly isAwaited: (table: string, answered: ReadonlySet<number>) => boolean;
  readonly onError: (error: unknown) => void;
  readonly onRetryChanged: () => void;
}

/** A table whose rows are stored. */
interface CachedTable {
  readonly name: string;
  readonly shape: string;
  readonly rows: TablePersistence;
  readonly writer: TableWriter;
  /** The query set that its rows of an earlier run belong to; no set of the server has a negative id. */
  readonly cacheSet: number;
  /** The query sets whose rows are still those that somebody else was shown, who the client was before. */
  readonly strangers: Set<number>;
}

interface LoadedTable {
  readonly table: CachedTable;
  readonly changes: RowChanges;
  readonly held: HeldBytes;
}

/**
 * The rows of an earlier run. They are shown as those of a query set of their own for each table, and leave in the step in which the rows of the server
 * come for that table: from then on they are rows like any others.
 */
export class CachedTables {
  readonly #options: CachedTablesOptions;
  readonly #tables: readonly CachedTable[];

  constructor(options: CachedTablesOptions) {
    this.#options = options;
    this.#tables = Array.from(options.store.tables()).flatMap((table, index) => this.#cached(table, -1 - index));
  }

  #cached({ name, shape, persistence }: StoreTable, cacheSet: number): CachedTable[] {
    if (shape === undefined || persistence === undefined) return [];
    const strangers = new Set<number>();
    const owner = (): RecordOwner | undefined => (strangers.size > 0 ? undefined : this.#options.owner());
    const writer = new TableWriter({ ...this.#options, table: name, shape, rows: persistence, owner });
    return [{ name, shape, rows: persistence, writer, cacheSet, strangers }];
  }

  /** When a store is asked again that has refused rows, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return earliest(this.#tables.map(({ writer }) => writer.retryAt));
  }

  /**
   * Shows what the store holds, in one step that nobody hears of, and keeps it up to date from here on where this client is the writer. Gives the latest
   * time at which the server confirmed rows, in milliseconds since the Unix epoch.
   */
  async load(isWriter: boolean): Promise<number | undefined> {
    const owner = this.#options.owner();
    const read = await Promise.all(this.#tables.map((table) => this.#read(table, isWriter)));
    // A connection may have come meanwhile, and be somebody else's.
    const loaded = isSameOwner(owner, this.#options.owner()) ? read : [];
    this.#show(
      loaded.flatMap((each) => each?.read ?? []),
      isWriter,
    );
    const times = loaded.flatMap((each) => each?.syncTime ?? []);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** This client is the writer now, and has rows of the server: they are written over what the former writer left. */
  takeOver(isFresh: (table: string) => boolean): void {
    for (const { name, writer } of this.#tables) {
      writer.start();
      if (isFresh(name)) writer.refresh();
    }
  }

  /** The sets of cached rows whose tables are answered for by these sets, and no longer awaited; and those of somebody else. */
  replacedBy(answers: readonly { readonly querySetId: number; readonly tables: readonly string[] }[]): number[] {
    const answered = new Set(answers.map(({ querySetId }) => querySetId));
    const named = new Set(answers.flatMap(({ tables }) => tables));
    return this.#held().flatMap(({ name, cacheSet, strangers }) =>
      strangers.has(cacheSet) || (named.has(name) && !this.#options.isAwaited(name, answered)) ? cacheSet : [],
    );
  }

  /** A step was applied that was to forget these sets. */
  onStep(forgotten: readonly number[], { error, rejected }: StepResult): void {
    if (error === undefined && forgotten.length > 0) this.onReplaced(forgotten);
    if (rejected.length > 0) this.onReplaced(rejected.map(({ querySetId }) => querySetId));
  }

  /** The rows of these sets have left, or others have taken their place. */
  onReplaced(sets: readonly number[]): void {
    for (const { strangers, writer } of this.#tables) {
      if (strangers.size === 0) continue;
      for (const querySetId of sets) strangers.delete(querySetId);
      if (strangers.size === 0) writer.refresh();
    }
  }

  /** The sets of all cached rows. */
  sets(): number[] {
    return this.#held().map(({ cacheSet }) => cacheSet);
  }

  /** What is shown and what the store holds is not of whom the client is now: a table is written anew when all of its rows have been replaced. */
  onIdentityChanged(): void {
    for (const { name, strangers, writer } of this.#tables) {
      for (const querySetId of this.#options.store.table(name)?.querySetIds() ?? []) strangers.add(querySetId);
      writer.invalidate();
    }
  }

  /** The store holds nothing of any table: it is written anew with the rows that come. */
  invalidate(): void {
    for (const { writer } of this.#tables) writer.invalidate();
  }

  /** Writes what the store does not have, and remembers that the server confirmed this table; `now` in milliseconds since the Unix epoch. */
  confirm(table: string, now: number): void {
    this.#tables.find(({ name }) => name === table)?.writer.confirm(BigInt(Math.trunc(now)) * 1000n);
  }

  /** Fulfilled when everything so far is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#tables.map(({ writer }) => writer.flush()));
  }

  /** Writes nothing more. */
  stop(): void {
    for (const { writer } of this.#tables) writer.stop();
  }

  #held(): readonly CachedTable[] {
    return this.#tables.filter(({ name, cacheSet }) => this.#options.store.table(name)?.holds(cacheSet) === true);
  }

  async #read(
    table: CachedTable,
    isWriter: boolean,
  ): Promise<{ readonly read: LoadedTable; readonly syncTime: number | undefined } | undefined> {
    const { storage, onError } = this.#options;
    try {
      const stored = await storage.loadTableSnapshot(table.name);
      if (stored === undefined) return undefined;
      const read = this.#decode(table, stored);
      if (read === undefined) {
        if (isWriter) await this.#clear(table);
        return undefined;
      }
      const micros = await storage.getLastSyncTime(table.name);
      return { read, syncTime: micros === undefined ? undefined : Number(micros / 1000n) };
    } catch (cause) {
      onError(asStorageError(`reading the rows of table ${table.name} of an earlier run, which are left out`, cause));
      if (isWriter) await this.#clear(table);
      return undefined;
    }
  }

  async #clear({ name }: CachedTable): Promise<void> {
    const { storage, onError } = this.#options;
    try {
      await storage.clearTableSnapshot(name);
    } catch (cause) {
      onError(asStorageError(`forgetting rows of table ${name} that are not shown`, cause));
    }
  }

  /**
   * Undefined where the rows are of somebody else, who the client was before the last run ended: that was told then. Throws where they are not of this table
   * as it is now, or nobody knows why they are not of this client.
   */
  #decode(table: CachedTable, stored: StoredTable): LoadedTable | undefined {
    const owner = this.#options.owner();
    const { header, rows } = readSnapshot(table.name, stored.snapshot);
    if (!isSameOwner(header, owner)) {
      if (header.address === owner.address && owner.identity !== undefined) return undefined;
      throw new SchemaError('they are of another database or another identity', { table: table.name });
    }
    if (header.shape !== table.shape) {
      throw new SchemaError(`the table was another one then (${header.shape}, now ${table.shape})`, {
        table: table.name,
      });
    }
    const changes = stored.changes.map((bytes) => readChanges(table.name, bytes));
    const inserts = changes.length === 0 ? rows : rowListOf(table.rows.replay(rows, changes));
    return {
      table,
      changes: {
        querySetId: table.cacheSet,
        table: table.name,
        rows: { tag: 'PersistentTable', inserts, deletes: noRows },
      },
      held: {
        snapshotBytes: stored.snapshot.length,
        changeBytes: stored.changes.reduce((sum, { length }) => sum + length, 0),
      },
    };
  }

  /** Rows of the server are not replaced by older ones. */
  #show(loaded: readonly LoadedTable[], isWriter: boolean): void {
    const { store, onError } = this.#options;
    const fitting = loaded.filter(({ table }) => {
      const sets = [...(store.table(table.name)?.querySetIds() ?? [])];
      return sets.every((querySetId) => querySetId === table.cacheSet);
    });
    const rejected = new Set<number>();
    store.apply(
      {
        context: contextOf({ kind: 'reconnect' }),
        isSilent: true,
        forget: fitting.map(({ table }) => table.cacheSet),
        changes: fitting.map(({ changes }) => changes),
      },
      (result) => {
        for (const { querySetId, error } of result.rejected) {
          rejected.add(querySetId);
          onError(error);
        }
        if (result.error !== undefined) onError(result.error);
      },
    );
    if (!isWriter) return;
    const held = new Map(fitting.map((each) => [each.table, each.held]));
    for (const table of this.#tables) {
      table.writer.start(rejected.has(table.cacheSet) ? undefined : held.get(table));
    }
  }
}
