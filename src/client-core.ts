import { environment, fetchHttp, inflate, socketConnector, systemClock } from '#platform';
import { batch, type Signal, signal } from '@preact/signals-core';
import { type ConnectionId } from './bsatn/special/connection-id.ts';
import { type Identity } from './bsatn/special/identity.ts';
import { type ProcedureDefinition, type ReducerDefinition } from './calls/definition.ts';
import { type CallOptions, type HeldCall } from './calls/pending-calls.ts';
import { ProcedureCalls } from './calls/procedure-calls.ts';
import {
  answerOf,
  type CallsOptions,
  type ReducerAnswer,
  type ReducerCall,
  ReducerCalls,
} from './calls/reducer-calls.ts';
import { ReducerListeners } from './calls/reducer-listeners.ts';
import { type TransactionResult } from './calls/result.ts';
import { type Address, checkedAddress } from './connection/address.ts';
import { Authenticator } from './connection/authenticator.ts';
import { defaultRetryPolicy } from './connection/backoff.ts';
import { Connection } from './connection/connection.ts';
import { type ConnectionState } from './connection/state.ts';
import { InMemoryTokenStore } from './connection/token-store.ts';
import { type ModuleShape } from './drift/compare.ts';
import { type SchemaWatch } from './drift/schema-watch.ts';
import { ConnectionError, ProtocolError, SchemaError } from './errors.ts';
import { type ListenerOptions, Listeners, type Unsubscribe } from './listeners.ts';
import {
  checkTimes,
  type ClientLimits,
  type ClientOptions,
  countingIds,
  type IdSource,
  isLoopback,
  limitsOf,
} from './options.ts';
import { RowSteps } from './row-steps.ts';
import { watchSchema } from './schema-check.ts';
import { type OptimisticChange } from './store/overlay/optimistic-change.ts';
import { type PendingChanges } from './store/overlay/pending-changes.ts';
import { contextOf, type EventContext, type ReducerEvent, type ReducerStatus } from './store/event-context.ts';
import { createStore, type Store } from './store/store.ts';
import { OneOffQueries, type OneOffQueryOptions } from './subscription/one-off-queries.ts';
import { QuerySets } from './subscription/query-sets.ts';
import { type ClientMessage } from './wire/client-message.ts';
import { checkedCompression } from './wire/compression.ts';
import {
  type InitialConnection,
  type ReducerResult,
  type ServerMessage,
  type TableRows,
} from './wire/server-message.ts';

/** Which module the code was generated from. */
export interface ModuleStamp {
  /** The hash of the module's definition. */
  readonly hash: string;
  /** Loads what a server has to be like to fit the code; without it nothing is compared. */
  readonly schema?: () => Promise<{ readonly schema: ModuleShape }>;
}

/** What a reducer call may be given besides its arguments. */
export interface ReducerCallOptions extends CallOptions {
  /** What the call is expected to change: shown at once, and replaced by what the server says in the same step in which it answers. */
  readonly optimisticChanges?: readonly OptimisticChange[];
}

/** The context of an own reducer call. */
export interface ReducerContext extends EventContext {
  readonly event: ReducerEvent;
}

/** The identity of the client became another one. */
export interface IdentityChange {
  readonly oldIdentity: Identity;
  readonly newIdentity: Identity;
}

/** How much longer than usual a server may be silent while a large answer is on its way, in milliseconds. */
const snapshotGraceMs = 120_000;

/** Wires the parts of a client together: the only place that knows them all. */
export class ClientCore {
  readonly module: ModuleStamp;
  readonly address: Address;
  readonly store: Store;
  readonly connection: Connection;
  readonly querySets: QuerySets;
  readonly identity: Signal<Identity | undefined> = signal(undefined);
  readonly connectionId: Signal<ConnectionId | undefined> = signal(undefined);
  readonly onState: Listeners<ConnectionState>;
  readonly onIdentityChanged: Listeners<IdentityChange>;
  readonly onError: Listeners<unknown>;
  readonly authenticator: Authenticator;
  readonly clock: NonNullable<ClientOptions['clock']>;
  readonly schemaWatch: SchemaWatch;
  readonly #rowSteps: RowSteps;
  readonly #limits: ClientLimits;
  readonly #ids: IdSource;
  readonly #oneOffQueries: OneOffQueries;
  readonly #reducerCalls: ReducerCalls<PendingChanges>;
  readonly #procedureCalls: ProcedureCalls;
  readonly #reducerListeners: ReducerListeners<ReducerContext>;
  readonly #toldMisfits = new WeakSet<SchemaError>();
  #heldCalls: { readonly message: ClientMessage; readonly call: HeldCall }[] = [];

  constructor(options: ClientOptions, module: ModuleStamp) {
    this.module = module;
    const reportError = (error: unknown): void => this.reportError(error);
    this.onError = new Listeners((error) => logError(error));
    this.onState = new Listeners(reportError);
    this.onIdentityChanged = new Listeners(reportError);
    this.clock = options.clock ?? systemClock;
    checkTimes(options);
    this.#limits = limitsOf(options.limits);
    this.#ids = options.ids ?? countingIds();
    this.store = createStore({ onError: reportError, wrapCommit: options.wrapCommit });
    const { host, database, ssl = !isLoopback(host) } = options;
    this.address = checkedAddress({ host, database, ssl });
    this.authenticator = new Authenticator({
      token: options.token,
      store: options.authStorage ?? new InMemoryTokenStore(),
      address: this.address,
      fetch: options.fetch ?? fetchHttp,
    });
    this.schemaWatch = watchSchema({
      mode: options.checkSchema,
      address: this.address,
      fetch: options.fetch ?? fetchHttp,
      clock: this.clock,
      expected: module.schema,
      liveSets: () => this.querySets.live(),
      giveUp: (querySetId, error) => this.#giveUp(querySetId, error),
      onError: reportError,
    });
    this.connection = this.#makeConnection(options);
    this.querySets = this.#makeQuerySets(options);
    this.#rowSteps = new RowSteps({
      store: this.store,
      clock: this.clock,
      hasSet: (querySetId) => this.querySets.has(querySetId),
      onDisagreement: (error) => this.connection.violate(error),
      onRejected: ({ querySetId, error }) => this.#giveUp(querySetId, this.schemaWatch.explain(error)),
      onReconciled: () => this.#sendHeldCalls(),
    });
    const calls = this.#callsOptions(options);
    this.#oneOffQueries = new OneOffQueries({ ...calls, send: (message) => this.connection.send(message) });
    this.#reducerCalls = new ReducerCalls(calls, {
      onMade: (call) => this.#rowSteps.show(call),
      onForgotten: (call) => this.#rowSteps.takeBack([call]),
    });
    this.#procedureCalls = new ProcedureCalls(calls);
    this.#reducerListeners = new ReducerListeners(reportError);
  }

  #makeConnection(options: ClientOptions): Connection {
    return new Connection({
      address: this.address,
      upgrade: {
        compression: checkedCompression(options.compression ?? 'gzip'),
        confirmedReads: options.confirmedReads,
      },
      policy: {
        ...defaultRetryPolicy,
        ...options.retry,
        retryInitialConnect: options.retryInitialConnect ?? defaultRetryPolicy.retryInitialConnect,
      },
      authenticator: this.authenticator,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      environment,
      random: options.random ?? Math.random,
      link: {
        connector: options.webSocket ?? socketConnector,
        inflate,
        clock: this.clock,
        batching: options.outboundBatching ?? 'opportunistic',
        maxOutboundFrameBytes: this.#limits.maxOutboundFrameBytes,
        inbound: {
          maxFrameBytes: this.#limits.maxInboundFrameBytes,
          maxInflatedBytes: this.#limits.maxInflatedBytes,
          maxRowsPerMessage: this.#limits.maxRowsPerMessage,
        },
        liveness: {
          idleMs: options.idleProbeMs ?? 30_000,
          timeoutMs: options.probeTimeoutMs ?? 10_000,
          snapshotGraceMs,
          isSnapshotPending: () => this.querySets.isSnapshotPending,
        },
        // Not a query: the server answers with an error, which is the smallest sign of life it can be asked for.
        probeMessage: () => ({ tag: 'OneOffQuery', requestId: this.#ids.nextRequestId(), query: '' }),
      },
      onOpen: (initial, isFirst) => this.#onOpen(initial, isFirst),
      onMessage: (message) => this.#onMessage(message),
      onLost: (error) => this.#onLost(error),
      onStateChanged: (state) => this.onState.notify(state),
      onError: (error) => this.reportError(error),
    });
  }

  #makeQuerySets(options: ClientOptions): QuerySets {
    return new QuerySets({
      nextRequestId: () => this.#ids.nextRequestId(),
      nextQuerySetId: () => this.#ids.nextQuerySetId(),
      setTimer: (millis, callback) => this.clock.setTimer(millis, callback),
      timeoutMs: options.subscribeTimeoutMs ?? 120_000,
      isOpen: () => this.connection.isOpen,
      send: (message) => this.connection.send(message),
      apply: (step, afterwards) =>
        this.#rowSteps.subscription(step, () => {
          afterwards();
          this.#markReadyIfReady();
        }),
      onTableNamed: (table) => this.store.table(table)?.subscription.restart(),
      onTableAnswered: (table, error) => {
        const subscription = this.store.table(table)?.subscription;
        if (error !== undefined) return subscription?.markFailed(error);
        try {
          subscription?.markSubscribed();
        } catch (thrown) {
          // An effect of somebody else.
          this.reportError(thrown);
        }
      },
      refusalOf: (tables) => this.schemaWatch.errorFor(tables),
      onError: (error) => this.reportError(error),
    });
  }

  /** The rows of a set cannot be read: they leave, and whoever waits for them is told why. */
  #giveUp(querySetId: number, reason: SchemaError | Promise<SchemaError>): void {
    this.#rowSteps.giveUp(querySetId);
    this.querySets.reject(querySetId, reason);
  }

  #callsOptions(options: ClientOptions): CallsOptions {
    return {
      nextRequestId: () => this.#ids.nextRequestId(),
      setTimer: (millis, callback) => this.clock.setTimer(millis, callback),
      timeoutMs: options.callTimeoutMs ?? 30_000,
      send: (message, call) => this.#sendCall(message, call),
    };
  }

  /** How many calls and one-off queries wait for an answer. */
  get pendingCalls(): number {
    return this.#reducerCalls.size + this.#procedureCalls.size + this.#oneOffQueries.size;
  }

  /** Calls a reducer. */
  callReducer<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    options: ReducerCallOptions = {},
  ): Promise<TransactionResult> {
    const { optimisticChanges = [] } = options;
    if (optimisticChanges.length === 0) return this.#reducerCalls.call(definition, args, options);
    try {
      return this.#reducerCalls.call(definition, args, options, this.store.prepare(optimisticChanges));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Calls a procedure. */
  callProcedure<Args, Returned>(
    definition: ProcedureDefinition<Args, Returned>,
    args: Args,
    options?: CallOptions,
  ): Promise<Returned> {
    return this.#procedureCalls.call(definition, args, options);
  }

  /** Calls `listener` after every own call of this reducer that got an answer, a failed one too; never for anybody else's. */
  onReducer<Args>(
    definition: ReducerDefinition<Args>,
    listener: (context: ReducerContext, args: Args) => void,
    options?: ListenerOptions,
  ): Unsubscribe {
    return this.#reducerListeners.add(definition, listener, options);
  }

  /** Asks once for the rows of a query. Rejects with a `ConnectionError` without a connection. */
  async oneOffQuery(query: string, options?: OneOffQueryOptions): Promise<readonly TableRows[]> {
    this.#requireOpen('asking a one-off query');
    return this.#oneOffQueries.ask(query, options);
  }

  /** Ends the connection and what waits for it. */
  dispose(): void {
    this.schemaWatch.onLost();
    this.connection.dispose();
    const error = new ConnectionError('the client was disposed of');
    this.querySets.clear(error);
    for (const table of this.store.tables()) table.subscription.markFailed(error);
  }

  /** Tells everybody who listens for errors; without a listener the console. That a table does not fit is told once, however many query sets return it. */
  reportError(error: unknown): void {
    if (error instanceof SchemaError) {
      if (this.#toldMisfits.has(error)) return;
      this.#toldMisfits.add(error);
    }
    if (this.onError.isEmpty) logError(error);
    else this.onError.notify(error);
  }

  /** Between a new connection and its rows, calls wait: what they would change is not there yet. */
  #sendCall(message: ClientMessage, call: HeldCall): void {
    const what = message.tag === 'CallReducer' ? `calling reducer ${message.reducer}` : 'calling a procedure';
    this.#requireOpen(what);
    if (this.#rowSteps.isReconciling) this.#heldCalls.push({ message, call });
    else this.connection.send(message);
  }

  #sendHeldCalls(): void {
    for (const { message, call } of this.#heldCalls.splice(0)) {
      if (call.isWanted()) this.connection.send(message);
      else call.forget();
    }
  }

  #requireOpen(what: string): void {
    const { maxPendingCalls, maxBufferedBytes } = this.#limits;
    if (!this.connection.isOpen) {
      const { status } = this.connection.state.peek();
      throw new ConnectionError(`${what}: there is no connection (${status}); await client.connect() first`, {
        cause: this.connection.lastError,
      });
    }
    if (this.pendingCalls >= maxPendingCalls) {
      throw new ConnectionError(
        `${what}: ${maxPendingCalls} calls wait for an answer already (limits.maxPendingCalls)`,
      );
    }
    if (this.connection.bufferedBytes >= maxBufferedBytes) {
      throw new ConnectionError(
        `${what}: ${maxBufferedBytes} bytes wait for the network already (limits.maxBufferedBytes)`,
      );
    }
  }

  #onOpen(initial: InitialConnection, isFirst: boolean): void {
    this.schemaWatch.onOpen();
    const oldIdentity = this.identity.peek();
    this.publishIdentity(initial.identity, initial.connectionId);
    if (oldIdentity !== undefined && !oldIdentity.equals(initial.identity)) {
      this.onIdentityChanged.notify({ oldIdentity, newIdentity: initial.identity });
    }
    if (!isFirst) this.#rowSteps.begin(this.querySets.live().map(({ id }) => id));
    this.querySets.onOpen();
    this.#rowSteps.finishIfComplete();
    this.#markReadyIfReady();
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

  #onLost(error: ConnectionError): void {
    this.schemaWatch.onLost();
    this.publishIdentity(this.identity.peek(), undefined);
    this.#heldCalls = [];
    this.#rowSteps.abandon();
    this.querySets.onLost();
    this.#rowSteps.takeBack(this.#reducerCalls.failAll(error));
    this.#procedureCalls.failAll(error);
    this.#oneOffQueries.failAll(error);
  }

  /** Messages wait for a step that is under way, so that a listener that makes an answer arrive never nests one step in another. */
  #onMessage(message: ServerMessage): void {
    const connectionId = this.connectionId.peek();
    this.store.whenIdle(() => {
      if (this.connectionId.peek() === connectionId) this.#route(message);
    });
  }

  #route(message: ServerMessage): void {
    switch (message.tag) {
      case 'InitialConnection':
        return this.connection.violate(new ProtocolError('the server introduced itself twice'));
      case 'SubscribeApplied':
        if (!this.querySets.expects(message.requestId)) return this.#refuseStray(message);
        return this.querySets.onSubscribeApplied(message);
      case 'UnsubscribeApplied':
        if (!this.querySets.expects(message.requestId)) return this.#refuseStray(message);
        return this.querySets.onUnsubscribeApplied(message);
      case 'SubscriptionError':
        return this.querySets.onSubscriptionError(message);
      case 'TransactionUpdate':
        return this.#rowSteps.transaction({ kind: 'unknownTransaction' }, message.querySets, () => undefined);
      case 'OneOffQueryResult':
        return this.#oneOffQueries.onResult(message);
      case 'ReducerResult':
        return this.#onReducerResult(message);
      case 'ProcedureResult':
        return this.#procedureCalls.onResult(message);
    }
  }

  /** An answer to nothing is never skipped: whatever it was meant for waits for ever otherwise. */
  #refuseStray({ tag, requestId }: { readonly tag: string; readonly requestId: number }): void {
    this.connection.violate(new ProtocolError(`the server sends ${tag} for request ${requestId}, which there is not`));
  }

  #onReducerResult(message: ReducerResult): void {
    const querySets = message.outcome.tag === 'Ok' ? message.outcome.querySets : [];
    const call = this.#reducerCalls.take(message.requestId);
    const callerIdentity = this.identity.peek();
    if (call === undefined || callerIdentity === undefined) {
      const error = new ProtocolError(`the server answers reducer call ${message.requestId}, which there is not`);
      // An answer that came twice would count its rows twice.
      return querySets.length > 0 ? this.connection.violate(error) : this.reportError(error);
    }
    const ended = call.attached === undefined ? [] : [call.attached];
    const answer = answerOf(call, message);
    const event: ReducerEvent = {
      kind: 'reducer',
      reducer: call.reducer,
      args: call.args,
      timestamp: message.timestamp,
      status: statusOf(answer),
      callerIdentity,
    };
    this.#rowSteps.transaction(event, querySets, () => this.#settle(call, answer, event), ended);
  }

  #settle(call: ReducerCall<PendingChanges>, answer: ReducerAnswer, event: ReducerEvent): void {
    if (answer.tag === 'committed') call.resolve(answer.result);
    else call.reject(answer.error);
    this.#reducerListeners.notify(call.reducer, { ...contextOf(event), event }, call.argsBytes);
  }

  #markReadyIfReady(): void {
    if (this.querySets.ready.peek()) this.connection.markReady();
  }
}

function statusOf(answer: ReducerAnswer): ReducerStatus {
  if (answer.tag === 'committed') return { tag: 'committed' };
  return { tag: answer.error.status, message: answer.error.message };
}

/** What nobody listens for must not vanish. */
function logError(error: unknown): void {
  console.error('spacetimedb-signals:', error);
}
