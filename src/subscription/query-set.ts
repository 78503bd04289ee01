import { type Deferred, deferred } from './deferred.ts';

/**
 * ```text
 * waiting ──connection──► sent ──SubscribeApplied──► applied
 *    ▲                      │                           │
 *    └───connection lost────┴───────────────────────────┤
 *                                                  unsubscribe
 *                                                       ▼
 *                                     over ◄──answer── ending
 * ```
 */
export type QuerySetPhase = 'waiting' | 'sent' | 'applied' | 'ending' | 'over';

/** How a query set ends. */
export interface UnsubscribeOptions {
  /** Whether the server shall send the rows of the set once more; the client does not need them. */
  readonly sendDroppedRows?: boolean;
}

/** A query set of this client. */
export interface SubscriptionHandle {
  /** The id that the client chose; it stays the same across connections. */
  readonly querySetId: number;
  readonly queries: readonly string[];
  /** Fulfilled when the first rows are in the tables; rejects with the server's `SubscriptionError`. */
  readonly applied: Promise<void>;
  /** Whether the set is wanted: not ended, not refused. */
  readonly isActive: boolean;
  /** Ends the set. Its rows leave when the server has answered, without a connection at once; fulfilled then. */
  unsubscribe(options?: UnsubscribeOptions): Promise<void>;
}

/** What the registry knows of one set. */
export interface QuerySet {
  readonly id: number;
  readonly queries: readonly string[];
  /** Wire names of the tables that its queries fill. */
  readonly tables: readonly string[];
  phase: QuerySetPhase;
  readonly applied: Deferred<void>;
  readonly ended: Deferred<void>;
}

/** A set that nobody has sent yet. */
export function newQuerySet(id: number, queries: readonly string[], tables: readonly string[]): QuerySet {
  return { id, queries, tables, phase: 'waiting', applied: deferred(), ended: deferred() };
}
