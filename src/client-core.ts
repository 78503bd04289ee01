import { fetchHttp, systemClock } from '#platform';
import { batch, computed, type Signal, signal } from '@preact/signals-core';
import { type ConnectionId } from './bsatn/special/connection-id.ts';
import { Identity } from './bsatn/special/identity.ts';
import { type KnownReducer, type ReducerDefinition } from './calls/definition.ts';
import { CallGate, type CallGateHost } from './call-gate.ts';
import { type ProcedureCalls } from './calls/procedure-calls.ts';
import { type HeldCalls, type SendableCall } from './calls/pending-call.ts';
import { type CallsHost } from './calls/reducer-calls.ts';
import { type TransactionResult } from './calls/result.ts';
import { type Address, checkedAddress } from './connection/address.ts';
import { Authenticator } from './connection/authenticator.ts';
import { Connection, type ConnectionHost } from './connection/connection.ts';
import { adviceIn, type ConnectionState } from './connection/state.ts';
import { type IdentityChange, type ModuleStamp, type ReducerCallOptions, type ReducerContext } from './client-types.ts';
import { connectionOptionsOf } from './connection-options.ts';
import { ConnectionError, ProtocolError, SchemaError } from './errors.ts';
import { type ListenerOptions, Listeners, type Unsubscribe } from './listeners.ts';
import { checkedIds, countingIds, type IdSource, signOfLifeId } from './ids.ts';
import { type ClientLimits, type ClientOptions, isLoopback, limitsOf } from './options.ts';
import { onDemand } from './on-demand.ts';
import { OwnReducers, type OwnReducersHost } from './own-reducers.ts';
import { RowSteps, type RowStepsHost } from './row-steps.ts';
import { SchemaCheck, type SchemaCheckHost } from './schema-check.ts';
import { type OfflineStorage } from './offline/offline-storage.ts';
import { type OfflineQueuePolicy } from './sync/queue-policy.ts';
import { type OfflineSession, type OfflineSessionHost } from './sync/offline-session.ts';
import { type MutationSyncResult } from './sync/pending-mutation.ts';
import { type SyncState } from './sync/sync-state.ts';
import { type RejectedSet } from './store/step.ts';
import { createStore, type Store } from './store/store.ts';
import { type Clock } from './platform/clock.ts';
import { OneOffQueries } from './subscription/one-off-queries.ts';
import { QuerySets, type QuerySetsHost, type SubscriptionStep } from './subscription/query-sets.ts';
import { type InitialConnection, type ServerMessage } from './wire/server-message.ts';

/** Wires the parts of a client together: the only place that knows them all. To most of them it is the host whom they tell what happens. */
export class ClientCore
  implements
    CallGateHost,
    ConnectionHost,
    OfflineSessionHost,
    OwnReducersHost,
    QuerySetsHost,
    RowStepsHost,
    SchemaCheckHost
{
  readonly module: ModuleStamp;
  readonly address: Address;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly limits: ClientLimits;
  readonly callTimeoutMs: number;
  readonly ids: IdSource;
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly schemaCheck: SchemaCheck;
  readonly connection: Connection;
  readonly querySets: QuerySets;
  readonly rowSteps: RowSteps;
  readonly identity: Signal<Identity | undefined> = signal(undefined);
  readonly connectionId: Signal<ConnectionId | undefined> = signal(undefined);
  /** Tells everybody who listens for errors; without a listener the console. That a table does not fit is told once, however many query sets return it. */
  readonly reportError = (error: unknown): void => {
    if (error instanceof SchemaError) {
      if (this.#toldMisfits.has(error)) return;
      this.#toldMisfits.add(error);
    }
    if (this.onError.isEmpty) logError(error);
    else this.onError.notify(error);
  };
  readonly onError: Listeners<unknown> = new Listeners(logError);
  readonly onState: Listeners<ConnectionState> = new Listeners(this.reportError);
  readonly onIdentityChanged: Listeners<IdentityChange> = new Listeners(this.reportError);
  readonly onSyncState: Listeners<SyncState> = new Listeners(this.reportError);
  readonly onMutationSynced: Listeners<MutationSyncResult> = new Listeners(this.reportError);
  /** What outlives the client; undefined where it was given no store for that. */
  offline: OfflineSession | undefined;
  readonly #toldMisfits = new WeakSet<SchemaError>();
  readonly reducers: OwnReducers;
  readonly oneOffQueries: OneOffQueries;
  readonly gate: CallGate;
  #procedureCalls: ProcedureCalls | undefined;

  constructor(options: ClientOptions, module: ModuleStamp) {
    const { host, database, ssl = !isLoopback(host) } = options;
    this.module = module;
    this.address = checkedAddress({ host, database, ssl });
    this.clock = options.clock ?? systemClock;
    this.fetch = options.fetch ?? fetchHttp;
    this.limits = limitsOf(options.limits);
    this.callTimeoutMs = options.callTimeoutMs ?? 30_000;
    this.ids =
      options.ids === undefined
        ? countingIds()
        : checkedIds(options.ids, {
            nextRequestId: (id) => this.isAwaited(id),
            nextQuerySetId: (id) => this.querySets.find(id) !== undefined,
          });
    this.store = createStore({ onError: this.reportError, wrapCommit: options.wrapCommit });
    this.authenticator = new Authenticator(this, options.token, options.authStorage);
    this.schemaCheck = new SchemaCheck(this, options.checkSchema);
    this.connection = new Connection(connectionOptionsOf(options, this));
    this.querySets = new QuerySets(this, options.subscribeTimeoutMs ?? 120_000);
    this.rowSteps = new RowSteps(this);
    this.oneOffQueries = new OneOffQueries(this);
    this.gate = new CallGate(this);
    this.reducers = new OwnReducers(this);
  }

  /** An answer about a query set, or its end, becomes a step of the rows. */
  applySubscription(step: SubscriptionStep, afterwards: () => void): void {
    this.rowSteps.subscription(step, () => {
      afterwards();
      this.#markReadyIfReady();
    });
  }

  /** A new query set fills this table. */
  onTableNamed(table: string): void {
    this.store.table(table)?.subscription.restart();
  }

  /** A table has its first rows, or the error that it got instead of them. */
  onTableAnswered(table: string, error: unknown): void {
    const subscription = this.store.table(table)?.subscription;
    if (error !== undefined) return subscription?.markFailed(error);
    try {
      subscription?.markSubscribed();
    } catch (thrown) {
      // An effect of somebody else.
      this.reportError(thrown);
    }
    this.offline?.confirm(table);
  }

  /** The rows of a set do not fit the generated code. */
  onRejected({ querySetId, error }: RejectedSet): void {
    this.giveUp(querySetId, this.schemaCheck.explain(error));
  }

  /** The rows of a set cannot be read: they leave, and whoever waits for them is told why. */
  giveUp(querySetId: number, reason: SchemaError | Promise<SchemaError>): void {
    this.rowSteps.giveUp(querySetId);
    this.querySets.reject(querySetId, reason);
  }

  /** Sends a call now or, while rows are being reconciled, right afterwards. Throws a `ConnectionError` without a connection. */
  sendCall(call: SendableCall, calls: HeldCalls): void {
    this.gate.send(call, calls);
  }

  /** The server could not run a call, or would not: it may know other arguments, or no such function. */
  onInternalError(message: string): void {
    this.schemaCheck.onRefusal(message);
  }

  /** The rows of the connection are here. */
  onReconciled(): void {
    this.gate.release();
    this.offline?.onReady();
  }

  /** How many calls and one-off queries wait for an answer. */
  get pendingCalls(): number {
    const queued = this.offline?.queue.inFlight.size ?? 0;
    return (
      this.reducers.pending.size + (this.#procedureCalls?.pending.size ?? 0) + this.oneOffQueries.pending.size + queued
    );
  }

  /** Whether an answer under this id is awaited: the one place that knows all who do. */
  isAwaited(requestId: number): boolean {
    return (
      requestId === signOfLifeId ||
      this.reducers.pending.has(requestId) ||
      this.#procedureCalls?.pending.has(requestId) === true ||
      this.oneOffQueries.pending.has(requestId) ||
      this.querySets.requests.has(requestId) ||
      this.offline?.queue.inFlight.has(requestId) === true
    );
  }

  /** Opens the offline store, where there is one, and takes over what it holds. All tables and reducers are known already. */
  async loadOffline(storage: OfflineStorage | undefined, policy: OfflineQueuePolicy | undefined): Promise<void> {
    if (storage === undefined) return;
    // Loaded on demand: an app without a store need not carry it.
    const { OfflineSession } = await onDemand('opening the offline store', () => import('./sync/offline-session.ts'));
    const offline = new OfflineSession(this, { storage, policy, signals: { signal, computed } });
    this.offline = offline;
    await offline.load();
  }

  /** Makes reducers known, so that calls of an earlier run can be read. */
  addReducers(definitions: readonly KnownReducer[]): void {
    this.reducers.add(definitions);
  }

  /** Calls a reducer. */
  callReducer<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    options?: ReducerCallOptions,
  ): Promise<TransactionResult> {
    return this.reducers.call(definition, args, options);
  }

  /** The procedure calls, made with the first. */
  procedureCalls(make: (host: CallsHost) => ProcedureCalls): ProcedureCalls {
    return (this.#procedureCalls ??= make(this));
  }

  /** Calls `listener` after every own call of this reducer that got an answer, a failed one too; never for anybody else's. */
  onReducer<Args>(
    definition: ReducerDefinition<Args>,
    listener: (context: ReducerContext, args: Args) => void,
    options?: ListenerOptions,
  ): Unsubscribe {
    return this.reducers.listeners.add(definition, listener, options);
  }

  /** What to do for a connection. */
  advice(status: ConnectionState['status']): string {
    if (this.connection.isDisposed) return 'the client was disposed of; make a new one';
    const why = 'another tab or process writes the offline store, so calls do not wait here';
    return this.offline?.isReader === true ? `${why}; ${adviceIn[status]}` : adviceIn[status];
  }

  /** Ends the connection and what waits for it. */
  async dispose(): Promise<void> {
    this.connection.dispose();
    // The rows stay until the store has them.
    if (this.offline !== undefined) await this.offline.dispose();
    const error = new ConnectionError('the client was disposed of');
    this.querySets.clear(error);
    for (const table of this.store.tables()) table.subscription.markFailed(error);
  }

  /** The server introduced itself. */
  onOpen(initial: InitialConnection, isFirst: boolean): void {
    this.schemaCheck.onOpen();
    // From here on calls wait for the rows, also those that somebody makes who hears of the identity.
    if (!isFirst || this.offline !== undefined) this.rowSteps.begin();
    const oldIdentity = this.identity.peek();
    const isOther = oldIdentity?.equals(initial.identity) !== true;
    // The same object for whom it was before: nothing is told anew to who watches it.
    this.publishIdentity(isOther ? initial.identity : oldIdentity, initial.connectionId);
    if (oldIdentity !== undefined && isOther) {
      this.onIdentityChanged.notify({ oldIdentity, newIdentity: initial.identity });
    }
    this.offline?.onOpen(initial.identity, oldIdentity);
    this.querySets.onOpen();
    this.rowSteps.onAsked();
    this.#markReadyIfReady();
  }

  /** Who the client was in an earlier run. What is loaded on demand has a class of its own; apps ask with `instanceof` for the one that they can import. */
  restoreIdentity({ value }: Identity): void {
    this.publishIdentity(new Identity(value), undefined);
  }

  /** Says who the client is and which connection it has; an effect that throws must not keep the client from going on. */
  publishIdentity(identity: Identity | undefined, connectionId: ConnectionId | undefined): void {
    try {
      batch(() => {
        this.identity.value = identity;
        this.connectionId.value = connectionId;
      });
    } catch (error) {
      this.reportError(error);
    }
  }

  /** The connection is gone. */
  onLost(error: ConnectionError): void {
    this.schemaCheck.onLost();
    this.publishIdentity(this.identity.peek(), undefined);
    this.gate.close(error);
    this.rowSteps.abandon();
    this.querySets.onLost();
    this.offline?.onLost(error);
    this.reducers.onLost(error);
    this.#procedureCalls?.failAll(error);
    this.oneOffQueries.failAll(error);
  }

  /** The connection has another state. */
  onStateChanged(state: ConnectionState): void {
    this.offline?.onState(state);
    this.onState.notify(state);
  }

  /** Messages wait for a step that is under way, so that a listener that makes an answer arrive never nests one step in another. */
  onMessage(message: ServerMessage): void {
    const connectionId = this.connectionId.peek();
    this.store.whenIdle(() => {
      if (this.connectionId.peek() !== connectionId) return;
      this.#route(message);
      this.offline?.onHeard();
    });
  }

  #route(message: ServerMessage): void {
    switch (message.tag) {
      case 'InitialConnection':
        return this.connection.violate(new ProtocolError('the server introduced itself twice'));
      case 'SubscribeApplied':
        if (!this.querySets.requests.has(message.requestId)) return this.#refuseStray(message);
        return this.querySets.onSubscribeApplied(message);
      case 'UnsubscribeApplied':
        if (!this.querySets.requests.has(message.requestId)) return this.#refuseStray(message);
        return this.querySets.onUnsubscribeApplied(message);
      case 'SubscriptionError':
        return this.querySets.onSubscriptionError(message);
      case 'TransactionUpdate':
        return this.rowSteps.transaction({ kind: 'unknownTransaction' }, message.querySets, () => undefined);
      case 'OneOffQueryResult':
        return this.oneOffQueries.onResult(message);
      case 'ReducerResult':
        return this.reducers.onResult(message);
      case 'ProcedureResult':
        return this.#procedureCalls?.onResult(message);
    }
  }

  /** An answer to nothing is never skipped: whatever it was meant for waits for ever otherwise. */
  #refuseStray({ tag, requestId }: { readonly tag: string; readonly requestId: number }): void {
    this.connection.violate(new ProtocolError(`the server sends ${tag} for request ${requestId}, which there is not`));
  }

  #markReadyIfReady(): void {
    if (this.querySets.ready.peek()) this.connection.markReady();
  }
}

/** What nobody listens for must not vanish. */
function logError(error: unknown): void {
  console.error('spacetimedb-signals:', error);
}
