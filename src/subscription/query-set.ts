import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { type Deferred, deferred } from '../deferred.ts';
import { ConnectionError, TimeoutError } from '../errors.ts';

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
  readonly sendDroppedRows?: boolean | undefined;
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

/** Whom a query set tells how it stands. */
export interface QuerySetHost {
  readonly clock: { setTimer(millis: number, callback: () => void): () => void };
  /** `wasWanted`: whether anybody has ever asked for a connection. */
  readonly connection: { readonly wasWanted: boolean };
  /** A table that a set fills has its first rows, or the error that it got instead of them. */
  onTableAnswered(table: string, error: unknown): void;
  readonly reportError: (error: unknown) => void;
}

const nothing = (): void => undefined;

/** How long somebody may wait for rows before anybody asks for a connection, in milliseconds; then it may have been forgotten. */
const forgottenConnectMs = 5000;

/** What the registry knows of one set, and what whoever follows the set is told. One that is new was sent by nobody yet. */
export class QuerySet {
  readonly id: number;
  readonly queries: readonly string[];
  /** Wire names of the tables that its queries fill. */
  readonly tables: readonly string[];
  phase: QuerySetPhase = 'waiting';
  /** Whether a Subscribe of it is not answered yet. */
  isAnswerPending = false;
  /** Whether its first rows have come, on whatever connection. */
  hasRows = false;
  /** Whether anybody has asked how it stands: then they are told of its failure. */
  isFollowed = false;
  readonly state: Signal<SubscriptionState> = signal<SubscriptionState>({ status: 'pending' });
  /** For the first rows. */
  readonly applied: Deferred<void> = deferred();
  /** For the rows that were asked for anew. */
  refreshed: Deferred<void> | undefined;
  readonly ended: Deferred<void> = deferred();
  cancelTimeout: () => void = nothing;
  readonly #host: QuerySetHost;

  constructor(host: QuerySetHost, id: number, queries: readonly string[], tables: readonly string[]) {
    this.#host = host;
    this.id = id;
    this.queries = queries;
    this.tables = tables;
  }

  /** Whether the server has answered for the set on this connection; it may have been asked to end it since. */
  get isAnswered(): boolean {
    return this.phase !== 'waiting' && !this.isAnswerPending;
  }

  /** Somebody is going to wait for the first rows, which come without a connection never. */
  awaited(): Promise<void> {
    this.isFollowed = true;
    const { connection, clock, reportError } = this.#host;
    if (this.phase === 'waiting' && !connection.wasWanted) {
      this.cancelTimeout();
      this.cancelTimeout = clock.setTimer(forgottenConnectMs, () => {
        if (connection.wasWanted) return;
        reportError(
          new ConnectionError(
            `waiting for the rows of ${this.queries.join('; ')}: nobody has ever asked for a connection; call connect()`,
          ),
        );
      });
    }
    return this.applied.promise;
  }

  /** It was sent: the first rows are late after so many milliseconds; `Infinity` waits for ever. */
  startTimeout(timeoutMs: number): void {
    if (this.hasRows || timeoutMs === Infinity) return;
    this.cancelTimeout = this.#host.clock.setTimer(timeoutMs, () => {
      this.tell(new TimeoutError(`subscribing to ${this.queries.join('; ')}: no answer within ${timeoutMs} ms`));
    });
  }

  /** Who follows the set gets the error; where nobody does, and once the first rows had come, it belongs to nobody. */
  tell(error: Error): void {
    if (this.hasRows || !this.isFollowed) this.#host.reportError(error);
    this.fail(error);
  }

  /** Who waits for rows gets the error. */
  fail(error: Error): void {
    this.become({ status: 'failed', error });
    this.refreshed?.reject(error);
    this.refreshed = undefined;
    if (this.hasRows) return;
    this.applied.reject(error);
    for (const table of this.tables) this.#host.onTableAnswered(table, error);
  }

  /** What ends a set first is how it stands from then on; rows that come late make up for their being late. */
  become(state: SubscriptionState): void {
    const { status } = this.state.peek();
    if (status === state.status || status === 'ended' || (status === 'failed' && state.status === 'ended')) return;
    try {
      this.state.value = state;
    } catch (error) {
      // An effect of somebody else.
      this.#host.reportError(error);
    }
  }
}
