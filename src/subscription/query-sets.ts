import { type ReadonlySignal, signal } from '@preact/signals-core';
import { type ConnectionError, SubscriptionError } from '../errors.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import {
  type SubscribeApplied,
  type SubscriptionFailed,
  type TableRows,
  type UnsubscribeApplied,
} from '../wire/server-message.ts';
import { deferred } from '../deferred.ts';
import { type IdSource } from '../ids.ts';
import { QuerySet, type QuerySetHost, type SubscriptionHandle, type UnsubscribeOptions } from './query-set.ts';

/** What became of a query set. */
export type SubscriptionEvent =
  | { readonly kind: 'subscribeApplied'; readonly querySetId: number }
  | { readonly kind: 'unsubscribeApplied'; readonly querySetId: number }
  | { readonly kind: 'subscriptionError'; readonly querySetId: number; readonly error: SubscriptionError };

/** A change of the row store that an answer of the server, or its absence, makes. */
export interface SubscriptionStep {
  readonly event: SubscriptionEvent;
  /** What the set fills; of one that has ended nothing any more. */
  readonly tables: readonly string[];
  /** The rows that the set has from now on. */
  readonly rows: readonly TableRows[];
}

/** Whose query sets they are. */
export interface QuerySetsHost extends QuerySetHost {
  readonly ids: IdSource;
  readonly connection: { readonly isOpen: boolean; readonly wasWanted: boolean; send(message: ClientMessage): void };
  readonly schemaCheck: {
    /** Why rows of one of these tables cannot be read, where that is known already: a set that fills it is not even sent. */
    errorFor(tables: readonly string[]): Error | undefined;
    /** The server no longer takes what it took before: an error that says more of why, else `error`. */
    explainEnd(error: Error, tables: readonly string[]): Promise<Error>;
  };
  /** Carries out a step; `afterwards` runs when it is committed. */
  applySubscription(step: SubscriptionStep, afterwards: () => void): void;
  /** A new set fills this table. */
  onTableNamed(table: string): void;
}

/** All query sets of a client, on the wire and off it. Knows no rows. */
export class QuerySets {
  /** By the id of a request that was made on this connection and is unanswered, the set that it is about; `undefined` where nothing follows from the answer. */
  readonly requests: Map<number, QuerySet | undefined> = new Map();
  readonly #host: QuerySetsHost;
  readonly #timeoutMs: number;
  readonly #sets = new Map<number, QuerySet>();
  readonly #ready = signal(false);

  /** `timeoutMs`: how long the first rows of a set may take from when it was sent, in milliseconds; `Infinity` waits for ever. */
  constructor(host: QuerySetsHost, timeoutMs: number) {
    this.#host = host;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether the socket is open and every live set is applied. */
  get ready(): ReadonlySignal<boolean> {
    return this.#ready;
  }

  /** The sets that are wanted and not refused, in the order of their making. */
  live(): QuerySet[] {
    return [...this.#sets.values()].filter((set) => set.phase !== 'ending');
  }

  /** The set of this id of which the server may speak: one that is wanted, or that is ending. */
  find(querySetId: number): QuerySet | undefined {
    return this.#sets.get(querySetId);
  }

  /** Whether an answer to a Subscribe is on its way. */
  get isSnapshotPending(): boolean {
    return this.live().some((set) => set.phase === 'sent');
  }

  /** Whether the server has answered for every set that there is, on this connection. */
  get areAnswered(): boolean {
    return [...this.#sets.values()].every((set) => set.isAnswered);
  }

  /** Makes a set, and sends it now or with the next connection. `tables`: wire names of what its queries fill. */
  subscribe(queries: readonly string[], tables: readonly string[]): SubscriptionHandle {
    const set = new QuerySet(this.#host, this.#host.ids.nextQuerySetId(), queries, tables);
    this.#sets.set(set.id, set);
    for (const table of tables) this.#host.onTableNamed(table);
    const refusal = this.#host.schemaCheck.errorFor(tables);
    // That a table does not fit was told when it was found out.
    set.isFollowed = refusal !== undefined;
    if (refusal !== undefined) this.reject(set.id, refusal);
    else if (this.#host.connection.isOpen) this.#sendSubscribe(set);
    this.updateReady();
    return {
      querySetId: set.id,
      queries,
      get applied() {
        return set.awaited();
      },
      get state() {
        set.isFollowed = true;
        return set.state;
      },
      get isActive() {
        return set.phase !== 'ending' && set.phase !== 'over';
      },
      unsubscribe: (options) => this.#unsubscribe(set, options),
    };
  }

  /** Ends the set of this id; does nothing where there is none. */
  unsubscribe(querySetId: number, options?: UnsubscribeOptions): Promise<void> {
    const set = this.#sets.get(querySetId);
    return set === undefined ? Promise.resolve() : this.#unsubscribe(set, options);
  }

  /**
   * Asks for the rows of a set anew; what it has stays visible until they are here, and then the promise is fulfilled.
   * Rejects with a `SubscriptionError` where there is no such set. Without a connection the next one does it anyway.
   */
  resync(querySetId: number): Promise<void> {
    const set = this.#sets.get(querySetId);
    if (set === undefined || set.phase === 'ending')
      return Promise.reject(new SubscriptionError(`there is no query set ${querySetId}`, []));
    set.refreshed ??= deferred();
    if (set.phase === 'applied' && this.#host.connection.isOpen) {
      // The server frees the id before it reads the next message, so the set can keep it.
      this.#host.connection.send({
        tag: 'Unsubscribe',
        requestId: this.#request(undefined),
        querySetId,
        sendDroppedRows: false,
      });
      this.#sendSubscribe(set);
      this.updateReady();
    }
    return set.refreshed.promise;
  }

  /** A connection is open: everything that is wanted is sent, again or for the first time, in the order of its making. */
  onOpen(): void {
    // A set that was made since the connection opened is on its way already.
    for (const set of this.live()) if (set.phase === 'waiting') this.#sendSubscribe(set);
    this.updateReady();
  }

  /** The connection is gone, and with it what was under way: sets go on with the next one, endings are carried out. */
  onLost(): void {
    this.requests.clear();
    const sets = [...this.#sets.values()];
    for (const set of sets) {
      set.cancelTimeout();
      set.isAnswerPending = false;
      if (set.phase === 'ending') this.#end(set);
      else set.phase = 'waiting';
    }
    this.updateReady();
  }

  /** A set was accepted. */
  onSubscribeApplied(message: SubscribeApplied): void {
    const set = this.#answered(message.requestId);
    // A set that was ended meanwhile gets its rows like any other: they leave with the answer to its ending.
    if (set === undefined) return;
    set.isAnswerPending = false;
    set.cancelTimeout();
    const tables = [...new Set([...set.tables, ...message.tables.map(({ table }) => table)])];
    const event = { kind: 'subscribeApplied', querySetId: set.id } as const;
    this.#host.applySubscription({ event, tables, rows: message.tables }, () => {
      if (set.phase === 'sent') set.phase = 'applied';
      set.hasRows = true;
      set.become({ status: 'applied' });
      set.applied.resolve();
      set.refreshed?.resolve();
      set.refreshed = undefined;
      for (const table of tables) this.#host.onTableAnswered(table, undefined);
      this.updateReady();
    });
  }

  /** A set has ended. */
  onUnsubscribeApplied(message: UnsubscribeApplied): void {
    const set = this.#answered(message.requestId);
    if (set?.phase === 'ending') this.#end(set);
  }

  /** A set was refused, or has failed later on. */
  onSubscriptionError({ requestId, querySetId, error: text }: SubscriptionFailed): void {
    const isOfNoInterest =
      requestId !== undefined && this.requests.has(requestId) && this.requests.get(requestId) === undefined;
    const set = requestId === undefined ? this.#sets.get(querySetId) : this.#answered(requestId);
    if (isOfNoInterest) return;
    if (set === undefined) return this.#host.reportError(new SubscriptionError(text, []));
    // What has failed is what the set was before it was asked for anew.
    if (requestId === undefined && set.isAnswerPending) return;
    set.isAnswerPending = false;
    if (set.phase === 'over') return;
    if (set.phase === 'ending') return this.#end(set);
    const error = new SubscriptionError(text, set.queries);
    this.#forget(set);
    const event = { kind: 'subscriptionError', querySetId: set.id, error } as const;
    this.#host.applySubscription({ event, tables: set.tables, rows: [] }, () => {
      if (set.hasRows) {
        set.fail(error);
        void this.#host.schemaCheck.explainEnd(error, set.tables).then(this.#host.reportError);
      } else set.tell(error);
      set.ended.resolve();
    });
    this.updateReady();
  }

  /**
   * Gives a set up whose rows the client cannot read. It is gone once the server has ended it; until then its changes are ignored. Who waits for its rows
   * is told why, as soon as that is known.
   */
  reject(querySetId: number, reason: Error | Promise<Error>): void {
    const set = this.#sets.get(querySetId);
    if (set === undefined || set.phase === 'ending') return;
    if (reason instanceof Error) set.tell(reason);
    else void reason.then((error) => set.tell(error));
    this.#leave(set);
  }

  /** Ends every set at once, without asking the server: `error` for those who wait. */
  clear(error: ConnectionError): void {
    const sets = [...this.#sets.values()];
    for (const set of sets) {
      // How a set stands that is ending was said when that began, or is what it was given up for, which may come later.
      if (set.phase !== 'ending') {
        if (!set.hasRows) set.fail(error);
        set.become({ status: 'ended' });
      }
      set.refreshed?.reject(error);
      this.#end(set);
    }
    this.updateReady();
  }

  /** Recomputes `ready`. */
  updateReady(): void {
    try {
      this.#ready.value = this.#host.connection.isOpen && this.live().every((set) => set.phase === 'applied');
    } catch (error) {
      // An effect of somebody else.
      this.#host.reportError(error);
    }
  }

  #sendSubscribe(set: QuerySet): void {
    set.phase = 'sent';
    set.isAnswerPending = true;
    set.cancelTimeout();
    this.#host.connection.send({
      tag: 'Subscribe',
      requestId: this.#request(set),
      querySetId: set.id,
      queries: set.queries,
    });
    set.startTimeout(this.#timeoutMs);
  }

  #unsubscribe(set: QuerySet, options?: UnsubscribeOptions): Promise<void> {
    if (set.phase === 'over' || set.phase === 'ending') return set.ended.promise;
    const ended = new SubscriptionError('the query set was ended before its rows came', set.queries);
    set.applied.reject(ended);
    set.refreshed?.reject(ended);
    set.become({ status: 'ended' });
    this.#leave(set, options);
    return set.ended.promise;
  }

  /** Has the server end a set, where it knows of it. */
  #leave(set: QuerySet, options?: UnsubscribeOptions): void {
    const wasSent = set.phase !== 'waiting' && this.#host.connection.isOpen;
    set.phase = 'ending';
    set.cancelTimeout();
    if (wasSent) {
      const sendDroppedRows = options?.sendDroppedRows ?? false;
      this.#host.connection.send({
        tag: 'Unsubscribe',
        requestId: this.#request(set),
        querySetId: set.id,
        sendDroppedRows,
      });
    } else {
      this.#end(set);
    }
    this.updateReady();
  }

  #end(set: QuerySet): void {
    this.#forget(set);
    const event = { kind: 'unsubscribeApplied', querySetId: set.id } as const;
    this.#host.applySubscription({ event, tables: [], rows: [] }, () => set.ended.resolve());
    this.updateReady();
  }

  #forget(set: QuerySet): void {
    set.phase = 'over';
    set.cancelTimeout();
    this.#sets.delete(set.id);
  }

  #request(set: QuerySet | undefined): number {
    const requestId = this.#host.ids.nextRequestId();
    this.requests.set(requestId, set);
    return requestId;
  }

  #answered(requestId: number): QuerySet | undefined {
    const set = this.requests.get(requestId);
    this.requests.delete(requestId);
    return set;
  }
}
