import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Commit } from './commit.ts';
import { Transaction } from './datastore/transaction.ts';
import { type Schedules } from './schedules.ts';
import { type ViewRefresh, type Views } from './views.ts';

/** Where the changes of a transaction come from. */
export type Origin = Pick<Commit, 'timestamp' | 'functionName'> & {
  readonly callerConnection: ConnectionId | undefined;
};

/** A view that somebody holds failed because of a transaction, which was rolled back. */
export class ViewFailure extends Error {
  constructor(cause: unknown) {
    super(`a view failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ViewFailure';
  }
}

/**
 * Opens and ends transactions, one at a time:
 *
 * ```text
 * begin ── changes ── commit: views computed again ── rows final, timers armed ── listeners
 *                └─── rollback
 * ```
 */
export class Transactions {
  readonly #views: Views;
  readonly #schedules: Schedules;
  readonly #listeners = new Set<(commit: Commit) => void>();
  #open: Transaction | undefined;
  #isAnnouncing = false;

  constructor(views: Views, schedules: Schedules) {
    this.#views = views;
    this.#schedules = schedules;
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Throws an `Error` while another transaction is open or being announced: whoever comes then would break the order of commits. */
  begin(): Transaction {
    if (this.#open !== undefined) throw new Error('a transaction is open already; calls run one after the other');
    if (this.#isAnnouncing) throw new Error('a listener of commits must not call the database; do it afterwards');
    this.#open = new Transaction();
    return this.#open;
  }

  rollback(transaction: Transaction): void {
    transaction.rollback();
    this.#open = undefined;
  }

  /** Throws a {@link ViewFailure} after a rollback. An error of a listener is thrown after the commit, when all others have been called. */
  commit(transaction: Transaction, origin: Origin): Commit {
    const deltas = transaction.deltas();
    const refresh = this.#refreshViews(transaction, () => this.#views.refresh(deltas));
    transaction.commit();
    this.#open = undefined;
    const viewDeltas = refresh.apply();
    this.#schedules.apply(deltas);
    const byName = new Map([...deltas].map(([table, delta]) => [table.name, delta]));
    const commit = { ...origin, deltas: byName, viewDeltas };
    this.#announce(commit);
    return commit;
  }

  #refreshViews(transaction: Transaction, refresh: () => ViewRefresh): ViewRefresh {
    try {
      return refresh();
    } catch (cause) {
      this.rollback(transaction);
      throw new ViewFailure(cause);
    }
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
