import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { type Deferred, deferred } from '../deferred.ts';

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
type QuerySetPhase = 'waiting' | 'sent' | 'applied' | 'ending' | 'over';

/** How a query set stands, for those who show it. */
export type SubscriptionState =
  /** Its first rows are not here yet. */
  | { readonly status: 'pending' }
  /** Its rows are in the tables. It stays so while the connection is lost and comes back, since the rows stay too. */
  | { readonly status: 'applied' }
  /** The server refused it or gave it up, its rows do not fit the generated code, or they are late: with what `applied` rejects, or would have. */
  | { readonly status: 'failed'; readonly error: Error }
  /** It was ended by this client. */
  | { readonly status: 'ended' };

/** How a query set ends. */
export interface UnsubscribeOptions {
  /** Whether the server shall send the rows of the set once more; the client does not need them. */
  readonly sendDroppedRows?: boolean;
}

/** A query set of this client. */
export interface SubscriptionHandle {
  /** The id that the client chose; it stays the same across connections. */
  readonly querySetId: number;
  /** The SQL of its queries. */
  readonly queries: readonly string[];
  /**
   * Fulfilled when the first rows are in the tables. Rejects with the server's `SubscriptionError`, with a `SchemaError` where the rows do not fit the
   * generated code, and with a `TimeoutError` when the server takes too long; the set stays wanted then, and its rows come in when they come.
   * Without a connection it waits for one: call `connect`. When nobody ever has after 5 s, `onError` is told.
   * A failure goes to `onError` where nobody has asked for `applied` or `state`.
   */
  readonly applied: Promise<void>;
  /** The same as a signal. What is late is `failed`, and `applied` when it has come. */
  readonly state: ReadonlySignal<SubscriptionState>;
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
  /** Whether a Subscribe of it is not answered yet. */
  isAnswerPending: boolean;
  /** Whether its first rows have come, on whatever connection. */
  hasRows: boolean;
  /** Whether anybody has asked how it stands: then they are told of its failure. */
  isFollowed: boolean;
  readonly state: Signal<SubscriptionState>;
  /** For the first rows. */
  readonly applied: Deferred<void>;
  /** For the rows that were asked for anew. */
  refreshed: Deferred<void> | undefined;
  readonly ended: Deferred<void>;
  cancelTimeout: () => void;
}

const nothing = (): void => undefined;

/** A set that nobody has sent yet. */
export function newQuerySet(id: number, queries: readonly string[], tables: readonly string[]): QuerySet {
  return {
    id,
    queries,
    tables,
    phase: 'waiting',
    isAnswerPending: false,
    hasRows: false,
    isFollowed: false,
    state: signal<SubscriptionState>({ status: 'pending' }),
    applied: deferred(),
    refreshed: undefined,
    ended: deferred(),
    cancelTimeout: nothing,
  };
}
