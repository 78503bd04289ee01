/// <reference lib="esnext.disposable" preserve="true" />
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { type ConnectionId } from './bsatn/special/connection-id.ts';
import { type Identity } from './bsatn/special/identity.ts';
import { ClientCore } from './client-core.ts';
import { type IdentityChange, type ModuleStamp } from './client-types.ts';
import { authUrl, type AuthUrlOptions } from './connection/auth-url.ts';
import { type ConnectionQuality } from './connection/quality.ts';
import { type ConnectionState } from './connection/state.ts';
import { noticeCopies } from './copies.ts';
import { ConnectionError } from './errors.ts';
import { onDemand } from './on-demand.ts';
import { type ListenerOptions, type Unsubscribe } from './listeners.ts';
import { checkTimes, type ClientOptions } from './options.ts';
import { deferred } from './deferred.ts';
import { checkNames, watchedNames } from './option-names.ts';
import { SharedSets, type ShareOptions, type SharedSubscription } from './subscription/shared-sets.ts';
import { type OneOffQueryOptions } from './subscription/one-off-queries.ts';
import { allTables, type Query, sqlOf, tableOfQuery, type TypedQuery } from './subscription/query.ts';
import { type SubscriptionHandle, type SubscriptionState, type UnsubscribeOptions } from './subscription/query-set.ts';
import { type MutationSyncResult, type PendingMutation } from './sync/pending-mutation.ts';
import { noSync, type SyncState } from './sync/sync-state.ts';
import { type ProtocolVersion } from './wire/version.ts';

/** What `connect` is asked for; anything else is refused with a `TypeError`. */
export interface ConnectOptions {
  /** One query set that is subscribed with the connection; `connect` waits for its rows. */
  readonly initialSubscriptions?: Query | readonly Query[] | undefined;
  /** Ends the attempt: `connect` rejects with `signal.reason`, and the client disconnects. */
  readonly signal?: AbortSignal | undefined;
}

/** The connection of a client. */
export interface ClientConnection {
  /** How the connection stands; every change is seen once, in order. */
  readonly state: ReadonlySignal<ConnectionState>;
  /** The protocol version that the server picked; undefined without a connection. */
  readonly negotiatedProtocol: ProtocolVersion | undefined;
  /** How well the connection does: failures, round trip, whether the server is suspected to be gone. */
  readonly quality: ReadonlySignal<ConnectionQuality>;
  /** Calls `listener` after each change of `state`. */
  onStateChanged(listener: (state: ConnectionState) => void, options?: ListenerOptions): Unsubscribe;
  /** Whether the server answers within `timeoutMs` (10,000 by default); `false` without a connection. */
  checkHealth(options?: { readonly timeoutMs?: number }): Promise<boolean>;
  /** Drops the connection, if there is one, and makes a new one at once; nothing once the client was disposed of. */
  reconnect(): void;
}

/** The query sets of a client. */
export interface ClientSubscriptions {
  /** Whether the socket is open and every live query set is applied. */
  readonly ready: ReadonlySignal<boolean>;
  /** Subscribes to the queries as one set, which is accepted or refused as a whole; returns at once. */
  subscribe(queries: Query | readonly Query[]): SubscriptionHandle;
  /** Ends the set of this id; fulfilled when its rows have left. */
  unsubscribe(querySetId: number, options?: UnsubscribeOptions): Promise<void>;
  /** Like `subscribe`, but the same queries are one set for everybody who shares them; it ends with the last one's `release`. */
  share(queries: Query | readonly Query[], options?: ShareOptions): SharedSubscription;
  /** How the shared set of these queries stands; undefined while nobody shares it and it does not linger. Takes no part in it. */
  sharedState(queries: Query | readonly Query[]): ReadonlySignal<SubscriptionState | undefined>;
  /** Asks for the rows of a set anew, in case of doubt; fulfilled when they are here. */
  resync(querySetId: number): Promise<void>;
  /**
   * The rows of a query, asked once; they go into no table. Rejects with a `SubscriptionError` when the server refuses the query, with a
   * `ConnectionError` without a connection, with a `TimeoutError`, and with the reason of an abort.
   */
  oneOffQuery<Row>(query: TypedQuery<Row>, options?: OneOffQueryOptions): Promise<readonly Row[]>;
  oneOffQuery(query: string, options?: OneOffQueryOptions): Promise<readonly unknown[]>;
}

/**
 * The part of a client that is the same for every module; generated clients add tables, reducers and procedures. Its own methods are called on it, as those of a table
 * are; those of `connection` and `subscriptions`, reducers and procedures may be taken off: `const { subscribe } = client.subscriptions`.
 */
export class Client {
  /** The connection: its state, its health, and how to drop and make it. */
  readonly connection: ClientConnection;
  /** The query sets: what this client wants to see. */
  readonly subscriptions: ClientSubscriptions;
  readonly #core: ClientCore;
  readonly #shared: SharedSets;

  /** Clients are made by `SpacetimeDbClient.create`. */
  constructor(core: ClientCore) {
    this.#core = core;
    this.connection = connectionOf(core);
    const subscribe = (queries: readonly Query[]): SubscriptionHandle => {
      if (core.connection.isDisposed)
        throw new ConnectionError('subscribing: the client was disposed of; make a new one');
      return core.querySets.subscribe(queries.map(sqlOf), tablesOf(core, queries));
    };
    this.#shared = new SharedSets(subscribe, core);
    this.subscriptions = subscriptionsOf(core, subscribe, this.#shared);
  }

  /** Who this client is to the server: before the first connection who it was in the last run, where an `offlineStorage` knows; otherwise undefined. */
  get identity(): ReadonlySignal<Identity | undefined> {
    return this.#core.identity;
  }

  /** The id of the current connection; undefined without one. */
  get address(): ReadonlySignal<ConnectionId | undefined> {
    return this.#core.connectionId;
  }

  /** The long-lived token: the one given, or the one of the first anonymous connection. */
  get token(): string | undefined {
    return this.#core.authenticator.token;
  }

  /** The page of the server where a login with `provider` begins; `parseTokenFromCallback` reads what comes back. */
  getAuthUrl(provider: string, options?: AuthUrlOptions): string {
    return authUrl(this.#core.address, provider, options);
  }

  /**
   * Connects, and waits for the first rows of `initialSubscriptions`. A connection that is lost later comes back by itself.
   * Rejects with a `ConnectionError`, `AuthError` or `TimeoutError` when the first attempt fails (unless `retryInitialConnect`), or when the connection ends for good
   * (`disconnect`, `authError`, `fatalError`) before the rows come, which nobody wants any more then; with a `SubscriptionError` when the server refuses the
   * queries, while staying connected; with `signal.reason` on an abort, and with a `TypeError` for an option that there is not.
   */
  async connect(options: ConnectOptions = {}): Promise<void> {
    checkNames('connect', options, ['initialSubscriptions', 'signal']);
    const { initialSubscriptions = [], signal } = options;
    signal?.throwIfAborted();
    if (this.#core.connection.isDisposed)
      throw new ConnectionError('connecting: the client was disposed of; make a new one');
    noticeCopies(this.#core.reportError);
    const queries = listOf(initialSubscriptions);
    const initial = queries.length > 0 ? this.subscriptions.subscribe(queries) : undefined;
    await connected(this.#core, initial, signal);
  }

  /** Ends the connection; calls under way reject. Rows stay visible and query sets stay wanted: the next `connect` goes on with them. */
  disconnect(): Promise<void> {
    this.#core.connection.disconnect();
    return Promise.resolve();
  }

  /**
   * Ends the connection, forgets every query set and row, with what is in the `offlineStorage` and the calls that wait there (they are `vetoed`), and clears
   * the token last: the next `connect` is somebody else. What is shared then is subscribed again, for those who still have a part in it. A tab or process that
   * only reads the store leaves it to its writer.
   */
  async logout(): Promise<void> {
    this.#core.connection.disconnect();
    this.#core.querySets.clear(new ConnectionError('the client was logged out'));
    if (!this.#core.connection.isDisposed) this.#shared.renew();
    this.#core.publishIdentity(undefined, undefined);
    try {
      await this.#core.offline?.logout();
    } finally {
      await this.#core.authenticator.clear();
    }
  }

  /**
   * Ends the connection and everything that belongs to the client. Fulfilled when the token and what is for an `offlineStorage` are there, however long a store
   * takes for that: who cannot wait for one need not await it, since the connection has ended when this returns.
   */
  async dispose(): Promise<void> {
    this.#shared.dispose();
    await this.#core.dispose();
    await this.#core.authenticator.written;
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Calls `listener` when a new connection has another identity than the last one, before any of its rows is shown. */
  onIdentityChanged(listener: (change: IdentityChange) => void, options?: ListenerOptions): Unsubscribe {
    return this.#core.onIdentityChanged.add(listener, options);
  }

  /** How the offline queue stands; without an `offlineStorage` it is idle for ever. */
  get syncState(): ReadonlySignal<SyncState> {
    return this.#core.offline?.status.state ?? idle;
  }

  /** The calls in the offline queue, in order, each with the means to discard it. */
  get pendingMutations(): ReadonlySignal<readonly PendingMutation[]> {
    return this.#core.offline?.status.pending ?? nothingPending;
  }

  /** Forgets `failures` and `lastError` of `syncState`. */
  clearSyncErrors(): void {
    this.#core.offline?.status.clearErrors();
  }

  /** Calls `listener` after each change of `syncState`. */
  onSyncStateChanged(listener: (state: SyncState) => void, options?: ListenerOptions): Unsubscribe {
    return this.#core.onSyncState.add(listener, options);
  }

  /**
   * Calls `listener` with the outcome of each call that was in the offline queue, whichever run of the program made it: once, unless the process ends between
   * the answer and the moment in which the store has let go of the call; then the next run tells it again, with the same `mutation.id`.
   */
  onMutationSyncResult(listener: (result: MutationSyncResult) => void, options?: ListenerOptions): Unsubscribe {
    return this.#core.onMutationSynced.add(listener, options);
  }

  /** Calls `listener` with every error that has no caller: of listeners, effects, storage, damaged messages. Without a listener they go to the console. */
  onError(listener: (error: unknown) => void, options?: ListenerOptions): Unsubscribe {
    return this.#core.onError.add(listener, options);
  }

  /** What the client holds, as plain data for people who look for a fault. */
  inspect(): ClientInspection {
    const core = this.#core;
    return {
      module: core.module.hash,
      state: core.connection.state.peek(),
      negotiatedProtocol: core.connection.negotiatedProtocol,
      identity: core.identity.peek()?.toHexString(),
      querySets: core.querySets.live().map(({ id, queries, phase }) => ({ id, queries, phase })),
      rows: Object.fromEntries(Array.from(core.store.tables(), ({ name, size }) => [name, size])),
      watched: Object.fromEntries(Array.from(core.store.tables(), ({ name, watched }) => [name, watched])),
      pendingCalls: core.pendingCalls,
      offlineStorage: this.syncState.peek().storage,
      pendingMutations: this.syncState.peek().pendingCount,
      bufferedBytes: core.connection.bufferedBytes,
    };
  }
}

/** What {@link Client.inspect} returns. */
export interface ClientInspection {
  /** The hash of the module that the code was generated from. */
  readonly module: string;
  /** How the connection stands. */
  readonly state: ConnectionState;
  /** The protocol version that the server picked; undefined without a connection. */
  readonly negotiatedProtocol: ProtocolVersion | undefined;
  /** Who the client is to the server, as 64 hex digits; undefined before the first connection. */
  readonly identity: string | undefined;
  /** The query sets that are wanted, and how far each has come. */
  readonly querySets: readonly { readonly id: number; readonly queries: readonly string[]; readonly phase: string }[];
  /** How many rows are visible, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** What is watched of each table: keys of rows, queries of indexes, and 1 for the table as a whole. */
  readonly watched: Readonly<Record<string, number>>;
  /** How many calls and one-off queries wait for an answer. */
  readonly pendingCalls: number;
  /** What this client is to its offline store. */
  readonly offlineStorage: SyncState['storage'];
  /** How many calls are in the offline queue. */
  readonly pendingMutations: number;
  /** How many bytes wait for the network. */
  readonly bufferedBytes: number;
}

/** Makes a client: loads what was stored, wires everything, and uses no network. */
export async function createClient<T extends Client>(
  given: ClientOptions,
  module: ModuleStamp,
  make: (core: ClientCore) => T,
): Promise<T> {
  checkTimes(given);
  const { options, names } = watchedNames(given);
  const core = new ClientCore(options, module);
  try {
    const { offlineStorage, queuePolicy } = options;
    checkNames('SpacetimeDbClient.create', given, [...names]);
    await core.authenticator.load();
    const client = make(core);
    await core.loadOffline(offlineStorage, queuePolicy);
    return client;
  } catch (error) {
    // It listens to the page already, and nobody gets it who could dispose of it.
    core.connection.dispose();
    throw error;
  }
}

const idle = signal(noSync);
const nothingPending = signal<readonly PendingMutation[]>([]);

function connectionOf(core: ClientCore): ClientConnection {
  return {
    state: core.connection.state,
    quality: core.connection.quality,
    get negotiatedProtocol() {
      return core.connection.negotiatedProtocol;
    },
    onStateChanged: (listener, options) => core.onState.add(listener, options),
    checkHealth: (options) => core.connection.checkHealth(options?.timeoutMs),
    reconnect: () => core.connection.reconnect(),
  };
}

function subscriptionsOf(
  core: ClientCore,
  subscribe: (queries: readonly Query[]) => SubscriptionHandle,
  shared: SharedSets,
): ClientSubscriptions {
  function oneOffQuery<Row>(query: TypedQuery<Row>, options?: OneOffQueryOptions): Promise<readonly Row[]>;
  function oneOffQuery(query: string, options?: OneOffQueryOptions): Promise<readonly unknown[]>;
  async function oneOffQuery(query: Query, options?: OneOffQueryOptions): Promise<readonly unknown[]> {
    const sql = sqlOf(query);
    const doing = 'asking a one-off query';
    core.gate.check({ action: doing });
    const answer = await core.oneOffQueries.ask(sql, options);
    // Rows of subscriptions are read another way.
    const { decodeAnswer } = await onDemand(doing, () => import('./one-off-answer.ts'));
    return decodeAnswer(core, query, answer);
  }
  return {
    ready: core.querySets.ready,
    subscribe: (queries) => subscribe(listOf(queries)),
    unsubscribe: (querySetId, options) => core.querySets.unsubscribe(querySetId, options),
    share: (queries, options) => shared.share(listOf(queries).map(sqlOf), options),
    sharedState: (queries) => shared.state(listOf(queries).map(sqlOf)),
    resync: (querySetId) => core.querySets.resync(querySetId),
    oneOffQuery,
  };
}

function listOf(queries: Query | readonly Query[]): readonly Query[] {
  return [queries].flat();
}

/** The tables that the queries fill, as far as the text says. */
function tablesOf(core: ClientCore, queries: readonly Query[]): string[] {
  const names = queries.flatMap((query) => {
    const table = tableOfQuery(query);
    if (table === allTables)
      return [...core.store.tables()].flatMap(({ isInAllTables, name }) => (isInAllTables ? name : []));
    return table ?? [];
  });
  return [...new Set(names)];
}

/**
 * Connects, and waits for the `initial` set through connections that are lost. Rejects when there will be no other, and at an abort, which disconnects; nobody
 * wants the set then.
 */
async function connected(
  { connection, onState }: ClientCore,
  initial: SubscriptionHandle | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = deferred<void>();
  const giveUp = (reason: unknown): void => {
    reject(reason);
    // Later: a logout that ends the connection says of the set why it ends.
    void promise.catch(() => initial?.unsubscribe());
  };
  const settle = ({ status }: ConnectionState): void => {
    if (status === 'connecting' || status === 'reconnecting') return;
    if (status === 'connected') return void Promise.resolve(initial?.applied).then(resolve, reject);
    giveUp(connection.lastError ?? new ConnectionError('the client was disconnected while it connected'));
  };
  const abort = (): void => {
    giveUp(signal?.reason);
    connection.disconnect();
  };
  connection.connect();
  signal?.addEventListener('abort', abort);
  // What wants the connection may have been told of it, and have aborted already.
  if (signal?.aborted === true) abort();
  // Whoever connects on hearing of a state: it is behind, but not yet for those who have not heard of it.
  if (connection.isBusy) await Promise.resolve();
  const stop = onState.add(settle);
  settle(connection.state.peek());
  return promise.finally(() => {
    stop();
    signal?.removeEventListener('abort', abort);
  });
}
