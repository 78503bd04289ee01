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
    return [...new Set(this.#answers.map(({ querySetId }) => querySetId))];
  }

  /** The rows of the new connection. Those of a set that was refused or ended meanwhile are not among them. */
  get parts(): readonly ReconciliationPart[] {
    const gone = new Set(this.#answers.filter(({ kind }) => kind !== 'subscribeApplied').map(({ querySetId }) => querySetId));
    return this.#parts.flatMap((part): ReconciliationPart[] => {
      if (part.kind === 'snapshot') return gone.has(part.snapshot.querySetId) ? [] : [part];
      return [{ kind: 'updates', querySets: part.querySets.filter(({ querySetId }) => !gone.has(querySetId)) }];
    });
  }

  /** A set was answered, refused or ended. */
  add(step: SubscriptionStep, afterwards: () => void): void {
    const querySetId = step.kind === 'subscribeApplied' ? step.snapshot.querySetId : step.querySetId;
    this.#waiting.delete(querySetId);
    this.#answers.push({ querySetId, kind: step.kind, afterwards });
    if (step.kind === 'subscribeApplied') this.#parts.push({ kind: 'snapshot', snapshot: step.snapshot });
  }

  /** A transaction came in between: it belongs behind the snapshots that it builds on. */
  addUpdates(querySets: readonly QuerySetUpdate[]): void {
    this.#parts.push({ kind: 'updates', querySets });
  }
}
