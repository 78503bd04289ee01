import { type ReadonlySignal } from '@preact/signals-core';
import { type Identity } from '../bsatn/special/identity.ts';
import { type KnownReducer } from '../calls/definition.ts';
import { type Address } from '../connection/address.ts';
import { type Connection } from '../connection/connection.ts';
import { type ConnectionState } from '../connection/state.ts';
import { type ConnectionError, StorageError } from '../errors.ts';
import { type Listeners } from '../listeners.ts';
import { type OfflineStorage } from '../offline/offline-storage.ts';
import { type RecordOwner } from '../offline/record.ts';
import { type Clock } from '../platform/clock.ts';
import { type RowSteps } from '../row-steps.ts';
import { contextOf } from '../store/event-context.ts';
import { type Store } from '../store/store.ts';
import { createPersistence } from '../store/table-persistence.ts';
import { type QuerySets } from '../subscription/query-sets.ts';
import { reconciliationTimeoutMs } from '../subscription/reconciliation.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { CachedTables } from './cached-tables.ts';
import { earliest } from './earliest.ts';
import { MutationQueue } from './mutation-queue.ts';
import { type LoadedMutation, MutationStore } from './mutation-store.ts';
import { type MutationSyncResult } from './pending-mutation.ts';
import { checkedPolicy, type OfflineQueuePolicy } from './queue-policy.ts';
import { QueueRows } from './queue-rows.ts';
import { SessionRecord } from './session-record.ts';
import { asStorageError } from './storage-error.ts';
import { type SyncState } from './sync-state.ts';
import { type SignalMakers, SyncStatus } from './sync-status.ts';
import { isAwaited, isFresh } from './table-state.ts';
import { returnsWhole } from './whole-table.ts';

/** Whose session it is. */
export interface OfflineSessionHost {
  readonly address: Address;
  readonly identity: ReadonlySignal<Identity | undefined>;
  readonly clock: Clock;
  /** How long a call waits for its outcome before it is `pending`, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly ids: { nextRequestId(): number };
  /** Whether an answer under this id is awaited, whatever the request. */
  isAwaited(requestId: number): boolean;
  readonly store: Store;
  readonly rowSteps: RowSteps;
  readonly querySets: QuerySets;
  readonly connection: Connection;
  /** Calls wait where so many bytes wait for the network already. */
  readonly limits: { readonly maxBufferedBytes: number };
  /** The reducers by their names on the wire. */
  readonly reducers: { find(name: string): KnownReducer | undefined };
  readonly onSyncState: Listeners<SyncState>;
  readonly onMutationSynced: Listeners<MutationSyncResult>;
  /** Before the first connection the client is who it was in an earlier run. */
  restoreIdentity(identity: Identity): void;
  readonly reportError: (error: unknown) => void;
}

/** What a session works with. */
export interface OfflineSessionOptions {
  readonly storage: OfflineStorage;
  readonly policy: OfflineQueuePolicy | undefined;
  readonly signals: SignalMakers;
}

/** What a client with an offline store has besides: the rows and the calls of earlier runs, and what keeps those of this run. */
export class OfflineSession {
  readonly queue: MutationQueue;
  readonly tables: CachedTables;
  readonly status: SyncStatus;
  readonly #host: OfflineSessionHost;
  readonly #storage: OfflineStorage;
  readonly #mutations: MutationStore;
  readonly #session: SessionRecord;
  #access: SyncState['storage'] = 'none';
  #hasConnected = false;
  #loaded: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #nextAttemptAt: number | undefined;
  /** Ends the wait for rows in which the calls of the former writer may be seen; undefined where nothing waits. */
  #cancelWait: (() => void) | undefined;
  /** What went wrong while nobody could listen. */
  #early: unknown[] | undefined = [];
  #cancelEarly: (() => void) | undefined;

  /** Throws a `RangeError` for a policy with a bound that bounds nothing. */
  constructor(host: OfflineSessionHost, options: OfflineSessionOptions) {
    this.#host = host;
    this.#storage = options.storage;
    const { storage, signals } = options;
    const policy = checkedPolicy(options.policy);
    const { clock, store, querySets, connection, limits, ids, reducers } = host;
    const address = `${host.address.host}/${host.address.database}`;
    const owner = (): RecordOwner => ({ address, identity: host.identity.peek() });
    const onError = (error: unknown): void => this.#report(error);
    const stored = { storage, clock, owner, onError, onRetryChanged: (): void => this.status.changed() };
    for (const table of store.tables()) table.persist(createPersistence);
    this.tables = new CachedTables({
      ...stored,
      store,
      isAwaited: (table, answered) => isAwaited(querySets, table, answered),
    });
    this.#session = new SessionRecord({ ...stored, address });
    const run = `${clock.now().toString(36)}-${Math.floor(Math.random() * 2 ** 48).toString(36)}`;
    this.#mutations = new MutationStore({ ...stored, run });
    this.status = new SyncStatus({
      signals,
      source: {
        state: () => ({
          isSyncing: this.queue.isSyncing,
          pendingCount: this.queue.size,
          nextRetryAt: this.#nextRetryAt,
          storage: this.#access,
        }),
        pending: () => this.queue.pending(),
      },
      onChanged: host.onSyncState,
      onError,
      maxFailures: policy.maxRetainedFailures,
    });
    const isWhole = (table: string): boolean =>
      querySets
        .live()
        .some(
          ({ phase, queries, tables }) =>
            phase === 'applied' && tables.includes(table) && queries.some((query) => returnsWhole(query, table)),
        );
    const rows = new QueueRows({ store, isFresh: (table) => this.#isFresh(table), isWhole, onError });
    const link = {
      isConnected: (): boolean => connection.isOpen,
      canSend: (): boolean =>
        this.#isReady && connection.bufferedBytes < limits.maxBufferedBytes && this.#cancelWait === undefined,
      send: (message: ClientMessage): void => void connection.send(message),
      nextRequestId: (): number => ids.nextRequestId(),
      isAwaited: (requestId: number): boolean => host.isAwaited(requestId),
    };
    this.queue = new MutationQueue({
      policy,
      clock,
      timeoutMs: host.callTimeoutMs,
      owner,
      store: this.#mutations,
      link,
      rows,
      status: this.status,
      reducerOf: (name) => reducers.find(name),
      onOutcome: (result) => host.onMutationSynced.notify(result),
      onError,
    });
  }

  /** Whether calls are queued: this client is the writer of the store. */
  get isWriter(): boolean {
    return this.#access === 'readWrite';
  }

  /** Whether another tab or process is the writer. */
  get isReader(): boolean {
    return this.#access === 'readOnly';
  }

  /** Opens the store, and takes over what it holds. A store that cannot be opened is reported, and the client does without it. */
  load(): Promise<void> {
    this.#loaded = this.#load();
    return this.#loaded;
  }

  async #load(): Promise<void> {
    const { clock } = this.#host;
    const storage = this.#storage;
    try {
      this.#access = await storage.initialize({
        onBecameWriter: () => void this.#takeOver(),
        onLost: (error) => this.#becomeReader(error),
        onDamaged: (error) => this.#report(error),
      });
      await this.#readRows(this.isWriter);
      if (this.isWriter) this.queue.restore(await this.#mutations.load(), true);
    } catch (cause) {
      await this.#doWithout('opening the offline store, which the client does without', cause);
    }
    // Whoever made the client can listen before the next turn of the event loop.
    if (this.#early?.length === 0) this.#early = undefined;
    else this.#cancelEarly = clock.setTimer(0, () => this.#reportEarly());
    this.status.changed();
  }

  /** Shows the rows of an earlier run, as those of whom the client was then; unless there is a connection, which knows better. */
  async #readRows(isWriter: boolean): Promise<void> {
    const identity = await this.#session.read();
    if (this.#hasConnected) return;
    if (identity !== undefined) this.#host.restoreIdentity(identity);
    const time = await this.tables.load(isWriter);
    if (time !== undefined && !this.#hasConnected) this.status.confirm(time);
  }

  /** A connection is open, with this identity. */
  onOpen(identity: Identity, former: Identity | undefined): void {
    this.#hasConnected = true;
    if (former?.equals(identity) !== true) {
      this.tables.onIdentityChanged();
      if (this.isWriter) this.#session.keep(identity);
    }
    this.queue.showFitting();
  }

  /** The rows of the connection are here. */
  onReady(): void {
    if (this.isWriter) this.queue.onReady();
  }

  /** A message of the server has been dealt with. */
  onHeard(): void {
    if (this.#cancelWait !== undefined && this.#host.querySets.areAnswered) this.#beginSending();
    this.queue.onHeard();
  }

  /** The connection is gone. */
  onLost(error: ConnectionError): void {
    this.#endWait();
    this.queue.onLost(error);
  }

  /** The connection stands another way than before. */
  onState(state: ConnectionState): void {
    this.#nextAttemptAt = state.status === 'reconnecting' ? this.#host.clock.now() + state.nextDelayMs : undefined;
    this.status.changed();
  }

  /** The server has answered for the rows of this table. */
  confirm(table: string): void {
    const now = this.#host.clock.now();
    if (this.isWriter) this.tables.confirm(table, now);
    this.status.confirm(now);
  }

  /** Forgets calls and cached rows, here and in the store. The connection is closed already, and the sets are gone. */
  async logout(): Promise<void> {
    const { store } = this.#host;
    const storage = this.#storage;
    this.queue.clear('the client was logged out');
    const cached = this.tables.sets();
    store.apply({ context: contextOf({ kind: 'reconnect' }), forget: cached, changes: [] });
    this.tables.onReplaced(cached);
    if (!this.isWriter) return;
    this.#session.keep(undefined);
    this.tables.invalidate();
    await this.tables.flush();
    this.tables.invalidate();
    try {
      await storage.clearAll();
    } catch (cause) {
      throw asStorageError('clearing the offline store at the logout', cause);
    }
    // What was called meanwhile is in the store no more, nor what says of it that it was not sent.
    this.#mutations.forgetMarks();
    this.queue.clear('the client was logged out');
  }

  /** Fulfilled when the store has everything and is closed. The connection is closed already. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#access = 'none';
    await this.queue.dispose();
    await Promise.all([this.#session.flush(), this.tables.flush(), this.#mutations.flush()]);
    this.#stopWriting();
    this.#reportEarly();
    await this.#close();
  }

  #stopWriting(): void {
    this.tables.stop();
    this.#mutations.stop();
    this.#session.stop();
  }

  #close(): Promise<void> {
    this.#closed ??= this.#closeStore();
    return this.#closed;
  }

  async #closeStore(): Promise<void> {
    try {
      await this.#storage.dispose();
    } catch (cause) {
      this.#report(asStorageError('closing the offline store', cause));
    }
  }

  /** A store that cannot be read is let go of: another tab or process may have more luck with it. */
  async #doWithout(doing: string, cause: unknown): Promise<void> {
    this.#access = 'none';
    this.#stopWriting();
    this.#report(asStorageError(doing, cause));
    await this.#close();
  }

  /** The former writer is gone: what it left is this client's now. */
  async #takeOver(): Promise<void> {
    // What was read as a reader is shown before what is newer.
    await this.#loaded;
    // A store that was closed meanwhile is none that anybody misses.
    const isOver = (): boolean => (this.#disposed ?? this.#closed) !== undefined;
    if (isOver()) return;
    try {
      if (!this.#hasConnected) await this.#readRows(true);
      // No call is queued before those are known that come before it.
      const mutations = await this.#mutations.load();
      if (!isOver()) this.#becomeWriter(mutations);
    } catch (cause) {
      if (isOver()) return;
      await this.#doWithout('taking over the offline store, which the client does without from here on', cause);
    }
  }

  #becomeWriter(mutations: readonly LoadedMutation[]): void {
    const { identity, querySets, clock } = this.#host;
    this.#access = 'readWrite';
    // Whose rows they are is written before the rows.
    this.#session.keep(identity.peek());
    if (this.#hasConnected) this.tables.takeOver((table) => this.#isFresh(table));
    this.queue.restore(mutations, false);
    this.status.changed();
    if (!this.#isReady) return;
    // What the former writer has sent may be on its way still: rows that are asked for now come behind it.
    const inDoubt = this.queue.tablesInDoubt();
    for (const { id, phase, tables } of querySets.live()) {
      if (phase === 'applied' && tables.some((table) => inDoubt.has(table))) void querySets.resync(id);
    }
    if (inDoubt.size === 0 || querySets.areAnswered) this.queue.onReady();
    else this.#cancelWait = clock.setTimer(reconciliationTimeoutMs, () => this.#beginSending());
  }

  /** The rows that were asked for are here, or too late. */
  #beginSending(): void {
    this.#endWait();
    this.onReady();
  }

  #endWait(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  /** Whether there is a connection, and its rows are here: between the two calls wait. */
  get #isReady(): boolean {
    const { connection, rowSteps } = this.#host;
    return connection.isOpen && !rowSteps.isReconciling;
  }

  /** Whether the rows of a table are those of this connection. */
  #isFresh(table: string): boolean {
    const { querySets, store } = this.#host;
    return isFresh(querySets, table, store.table(table)?.querySetIds() ?? []);
  }

  #becomeReader(error: StorageError): void {
    this.#access = 'readOnly';
    this.#stopWriting();
    this.queue.onStoreLost(error);
    this.#report(error);
  }

  /** When something is tried again that has failed. */
  get #nextRetryAt(): number | undefined {
    const { queue } = this;
    const ofQueue = queue.size > 0 ? (queue.pausedUntil ?? this.#nextAttemptAt) : undefined;
    return earliest([ofQueue, this.tables.retryAt, this.#mutations.retryAt, this.#session.retryAt]);
  }

  #report(error: unknown): void {
    if (error instanceof StorageError) this.status.fault(error);
    if (this.#early === undefined) this.#host.reportError(error);
    else this.#early.push(error);
  }

  #reportEarly(): void {
    this.#cancelEarly?.();
    const errors = this.#early ?? [];
    this.#early = undefined;
    for (const error of errors) this.#host.reportError(error);
  }
}
