import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { ConnectionError, messageOf } from '../errors.ts';
import { type Commit } from './commit.ts';
import { type Table } from './datastore/table.ts';
import { type TableDelta, type TableDeltas, Transaction } from './datastore/transaction.ts';
import { type ClientChange, type Journal, type TableChange } from './durability/journal.ts';
import { type Schedules } from './schedules.ts';
import { type Views } from './views.ts';

/** Where the changes of a transaction come from. */
export type Origin = Pick<Commit, 'timestamp' | 'functionName'> & {
  readonly callerConnection: ConnectionId | undefined;
  /** Who connects or leaves by this. */
  readonly client?: ClientChange | undefined;
};

/** A transaction could not be committed and was rolled back: a view that somebody holds failed because of it, or it could not be stored. */
export class CommitFailure extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'CommitFailure';
  }
}

/**
 * Opens and ends transactions, one at a time:
 *
 * ```text
 * begin ── changes ── commit: views computed again ── kept ── rows final, timers armed ── listeners
 *                └─── rollback
 * ```
 */
export class Transactions {
  readonly #views: Views;
  readonly #schedules: Schedules;
  readonly #journal: () => Journal | undefined;
  readonly #listeners = new Set<(commit: Commit) => void>();
  #open: Transaction | undefined;
  #isAnnouncing = false;
  #isClosed = false;

  /** `journal`: where commits are kept now; nowhere without one. */
  constructor(views: Views, schedules: Schedules, journal: () => Journal | undefined) {
    this.#views = views;
    this.#schedules = schedules;
    this.#journal = journal;
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** No more transactions: nobody would have what they write. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Throws an `Error` while another transaction is open or being announced: whoever comes then would break the order of commits; a `ConnectionError` when they are
   * closed.
   */
  begin(): Transaction {
    if (this.#isClosed) throw new ConnectionError('the database is closed');
    if (this.#open !== undefined) throw new Error('a transaction is open already; calls run one after the other');
    if (this.#isAnnouncing) throw new Error('a listener of commits must not call the database; do it afterwards');
    this.#open = new Transaction();
    return this.#open;
  }

  rollback(transaction: Transaction): void {
    transaction.rollback();
    this.#open = undefined;
  }

  /** Throws a {@link CommitFailure} after a rollback. An error of a listener is thrown after the commit, when all others have been called. */
  commit(transaction: Transaction, origin: Origin): Commit {
    const deltas = transaction.deltas();
    const refresh = this.#attempt(transaction, () => this.#views.refresh(deltas));
    this.#attempt(transaction, () => this.#keep(transaction, deltas, origin), 'its changes could not be stored: ');
    transaction.commit();
    this.#open = undefined;
    const viewDeltas = refresh.apply();
    this.#schedules.apply(deltas);
    const byName = new Map([...deltas].map(([table, delta]) => [table.name, delta]));
    const { timestamp, functionName, callerConnection } = origin;
    const commit = { timestamp, functionName, callerConnection, deltas: byName, viewDeltas };
    this.#announce(commit);
    return commit;
  }

  #attempt<T>(transaction: Transaction, run: () => T, problem = ''): T {
    try {
      return run();
    } catch (cause) {
      this.rollback(transaction);
      throw new CommitFailure(problem + messageOf(cause), cause);
    }
  }

  /** Numbers that were given count even where no row is left of them: others may have them. */
  #keep(transaction: Transaction, deltas: TableDeltas, { timestamp, client }: Origin): void {
    const journal = this.#journal();
    if (journal === undefined) return;
    const tables = [...deltas].filter(([table]) => !table.model.isEvent).map(changeOf);
    for (const table of transaction.numbered()) {
      if (table.model.isEvent || !deltas.has(table)) tables.push(changeOf([table, noRows]));
    }
    if (tables.length > 0 || client !== undefined) journal.append({ timestamp, client, tables });
  }

  #announce(commit: Commit): void {
    const errors: unknown[] = [];
    this.#isAnnouncing = true;
    for (const listener of this.#listeners) {
      try {
        listener(commit);
      } catch (error) {
        errors.push(error);
      }
    }
    this.#isAnnouncing = false;
    if (errors.length > 0) throw errors[0];
  }
}

const noRows: TableDelta = { inserted: [], deleted: [] };

function changeOf([table, { inserted, deleted }]: readonly [Table, TableDelta]): TableChange {
  return {
    table: table.name,
    inserted: inserted.map(({ bytes }) => bytes),
    deleted: deleted.map(({ bytes }) => bytes),
    sequences: table.image().sequences,
  };
}
