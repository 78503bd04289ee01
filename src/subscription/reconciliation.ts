import { type SubscriptionEvent } from './query-sets.ts';

/** How long rows and calls wait for the query sets of a new connection, in milliseconds. */
export const reconciliationTimeoutMs = 30_000;

/** An answer that was gathered, and what to run when it is carried out. */
export interface GatheredAnswer {
  readonly event: SubscriptionEvent;
  /** The tables that the set fills; of one that has ended none. */
  readonly tables: readonly string[];
  readonly afterwards: () => void;
}

/**
 * Gathers what a new connection says until every query set is answered, so that the rows of the old connection are replaced in one step: nothing
 * flashes, and rows that did not change cause no event.
 */
export class Reconciliation<Change extends { readonly querySetId: number }> {
  readonly #answers: GatheredAnswer[] = [];
  readonly #changes: Change[] = [];
  /** By set, how many changes there were at its last answer: those are void for it. */
  readonly #void = new Map<number, number>();

  /** The answers so far, in order. */
  get answers(): readonly GatheredAnswer[] {
    return this.#answers;
  }

  /** The query sets whose rows of the old connection are replaced or gone. */
  get forget(): readonly number[] {
    return [...this.#void.keys()];
  }

  /** The rows of the new connection in the order in which they came, without those of sets that were refused or ended meanwhile. */
  get changes(): readonly Change[] {
    return this.#changes.filter(({ querySetId }, index) => index >= (this.#void.get(querySetId) ?? 0));
  }

  /** A set was answered, with `rows`, or refused, or ended. */
  add(answer: GatheredAnswer, rows: readonly Change[]): void {
    const { querySetId } = answer.event;
    this.#void.set(querySetId, this.#changes.length);
    this.#answers.push(answer);
    this.addUpdates(rows);
  }

  /** A transaction came in between: it belongs behind the rows that it builds on. */
  addUpdates(changes: readonly Change[]): void {
    for (const change of changes) this.#changes.push(change);
  }
}
