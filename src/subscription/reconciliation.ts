import { type QuerySetUpdate } from '../wire/server-message.ts';
import { type Snapshot, type SubscriptionStep } from './query-sets.ts';

/** Rows of the new connection, in the order in which they came. */
export type ReconciliationPart =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'updates'; readonly querySets: readonly QuerySetUpdate[] };

/** An answer that was gathered, and what to run when it is carried out. */
export interface GatheredAnswer {
  readonly querySetId: number;
  readonly kind: SubscriptionStep['kind'];
  /** The tables that the set fills. */
  readonly tables: readonly string[];
  readonly afterwards: () => void;
}

/**
 * Gathers what a new connection says until every query set is answered, so that the rows of the old connection are replaced in one step: nothing
 * flashes, and rows that did not change cause no event.
 */
export class Reconciliation {
  readonly #waiting: Set<number>;
  readonly #answers: GatheredAnswer[] = [];
  readonly #parts: ReconciliationPart[] = [];
  /** By set, how many parts there were at its last answer: those are void for it. */
  readonly #void = new Map<number, number>();

  /** `querySetIds`: the sets that are sent again. */
  constructor(querySetIds: Iterable<number>) {
    this.#waiting = new Set(querySetIds);
  }

  /** Whether every set is answered. */
  get isComplete(): boolean {
    return this.#waiting.size === 0;
  }

  /** The answers so far, in order. */
  get answers(): readonly GatheredAnswer[] {
    return this.#answers;
  }

  /** The query sets whose rows of the old connection are replaced or gone. */
  get forget(): readonly number[] {
    return [...this.#void.keys()];
  }

  /** The rows of the new connection, without those of sets that were refused or ended meanwhile. */
  get parts(): readonly ReconciliationPart[] {
    return this.#parts.flatMap((part, index): ReconciliationPart[] => {
      const isValid = ({ querySetId }: { readonly querySetId: number }): boolean =>
        index >= (this.#void.get(querySetId) ?? 0);
      if (part.kind === 'snapshot') return isValid(part.snapshot) ? [part] : [];
      return [{ kind: 'updates', querySets: part.querySets.filter(isValid) }];
    });
  }

  /** A set was answered, refused or ended. */
  add(step: SubscriptionStep, afterwards: () => void): void {
    const querySetId = step.kind === 'subscribeApplied' ? step.snapshot.querySetId : step.querySetId;
    this.#waiting.delete(querySetId);
    this.#void.set(querySetId, this.#parts.length);
    const tables = step.kind === 'unsubscribeApplied' ? [] : step.tables;
    this.#answers.push({ querySetId, kind: step.kind, tables, afterwards });
    if (step.kind === 'subscribeApplied') this.#parts.push({ kind: 'snapshot', snapshot: step.snapshot });
  }

  /** A transaction came in between: it belongs behind the snapshots that it builds on. */
  addUpdates(querySets: readonly QuerySetUpdate[]): void {
    this.#parts.push({ kind: 'updates', querySets });
  }
}
