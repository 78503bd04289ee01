import { type Identity } from '../bsatn/special/identity.ts';
import { type KnownReducer } from '../calls/definition.ts';
import { type Connection } from '../connection/connection.ts';
import { type ConnectionState } from '../connection/state.ts';
import { type ConnectionError, StorageError } from '../errors.ts';
import { type Listeners } from '../listeners.ts';
import { type OfflineStorage } from '../offline/offline-storage.ts';
import { readRecord, type RecordOwner, writeRecord } from '../offline/record.ts';
import { type Clock } from '../platform/clock.ts';
import { type RowSteps } from '../row-steps.ts';
import { contextOf } from '../store/event-context.ts';
import { type Store } from '../store/store.ts';
import { type QuerySets } from '../subscription/query-sets.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { CachedTables } from './cached-tables.ts';
import { MutationQueue } from './mutation-queue.ts';
import { asStorageError, MutationStore } from './mutation-store.ts';
import { type MutationSyncResult } from './pending-mutation.ts';
import { type CheckedPolicy } from './queue-policy.ts';

export { checkedPolicy } from './queue-policy.ts';
import { QueueRows } from './queue-rows.ts';
import { type SyncState } from './sync-state.ts';
import { SyncStatus } from './sync-status.ts';

/** What a session works with. */
export interface OfflineSessionOptions {
  readonly storage: OfflineStorage;
  readonly policy: CheckedPolicy;
  readonly clock: Clock;
  /** How long a call waits for its outcome before it is `pending`, in milliseconds. */
  readonly timeoutMs: number;
  /** Host and database. */
  readonly address: string;
  readonly identity: () => Identity | undefined;
  readonly store: Store;
  readonly rowSteps: RowSteps;
  readonly querySets: QuerySets;
  readonly connection: Connection;
  /** Whether a call can be sent now: the rows of the connection are here, and the network takes more. */
  readonly canSend: () => boolean;
  readonly nextRequestId: () => number;
  readonly reducerOf: (name: string) => KnownReducer | undefined;
  readonly onStateChanged: Listeners<SyncState>;
  readonly onOutcome: (result: MutationSyncResult) => void;
  readonly onError: (error: unknown) => void;
}

/** Where a store keeps who the client was; no table has such a name. */
const sessionRecord = '$session';

/** What a client with an offline store has besides: the rows and the calls of earlier runs, and what keeps those of this run. */
export class OfflineSession {
  readonly queue: MutationQueue;
  readonly tables: CachedTables;
  readonly status: SyncStatus;
  readonly #options: OfflineSessionOptions;
  readonly #mutations: MutationStore;
  #access: SyncState['storage'] = 'none';
  #hasConnected = false;
  #disposed: Promise<void> | undefined;
  #nextAttemptAt: number | undefined;
  /** What went wrong while nobody could listen. */
  #early: unknown[] | undefined = [];
  #cancelEarly: (() => void) | undefined;

  constructor(options: OfflineSessionOptions) {
    this.#options = options;
    const { storage, policy, clock, store, rowSteps, querySets, connection, onStateChanged } = options;
    const owner = (): RecordOwner => ({ address: options.address, identity: options.identity() });
    const onError = (error: unknown): void => this.#report(error);
    this.tables = new CachedTables({
      store,
      storage,
      owner,
      isAwaited: (table, answered) => querySets.isAwaited(table, answered),
      onError,
    });
    const run = `${clock.now().toString(36)}-${Math.floor(Math.random() * 2 ** 48).toString(36)}`;
    this.#mutations = new MutationStore({ storage, owner, run, onError });
    this.status = new SyncStatus({
      source: {
        state: () => ({
          isSyncing: this.queue.isSyncing,
          pendingCount: this.queue.size,
          nextRetryAt: this.queue.size > 0 ? (this.queue.pausedUntil ?? this.#nextAttemptAt) : undefined,
          storage: this.#access,
        }),
        pending: () => this.queue.pending(),
      },
      onChanged: onStateChanged,
      onError,
      maxFailures: policy.maxRetainedFailures,
    });
    const isFresh = (table: string): boolean => querySets.isFresh(table);
    const rows = new QueueRows({ store, steps: rowSteps, isFresh, onError });
    const link = {
      isConnected: (): boolean => connection.isOpen,
      canSend: options.canSend,
      send: (message: ClientMessage): void => connection.send(message),
      nextRequestId: options.nextRequestId,
    };
    this.queue = new MutationQueue({
      ...options,
      owner,
      store: this.#mutations,
      link,
      rows,
      status: this.status,
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

  /**
   * Opens the store, and takes over what it holds. A store that cannot be opened is reported, and the client does without it. Gives the identity of the
   * rows, if they have one.
   */
  async load(publishIdentity: (identity: Identity) => void): Promise<void> {
    const { storage, clock } = this.#options;
    try {
      this.#access = await storage.initialize({
        onBecameWriter: () => void this.#takeOver().catch((error: unknown) => this.#onTakeOverFailed(error)),
        onDamaged: (error) => this.#report(error),
      });
      const identity = await this.#readSession();
      if (identity !== undefined) publishIdentity(identity);
      const time = await this.tables.load(this.isWriter);
      if (time !== undefined) this.status.confirm(time);
      if (this.isWriter) this.queue.restore(await this.#mutations.load(), true);
    } catch (cause) {
      const error = asStorageError('opening the offline store, which the client does without', cause);
      this.#access = 'none';
      this.status.fault(error);
      this.#report(error);
    }
    // Whoever made the client can listen before the next turn of the event loop.
    if (this.#early?.length === 0) this.#early = undefined;
    else this.#cancelEarly = clock.setTimer(0, () => this.#reportEarly());
    this.status.changed();
  }

  /** A connection is open, with this identity. Gives the cached sets that are of somebody else, and have to leave with its rows. */
  onOpen(identity: Identity, former: Identity | undefined): readonly number[] {
    this.#hasConnected = true;
    const isSame = former?.equals(identity) === true;
    if (!isSame) {
      this.tables.invalidate();
      if (this.isWriter) this.#writeSession(identity);
    }
    this.queue.showFitting();
    return isSame || former === undefined ? [] : this.tables.sets();
  }

  /** The rows of the connection are here. */
  onReady(): void {
    if (this.isWriter) this.queue.onReady();
  }

  /** The connection is gone. */
  onLost(error: ConnectionError): void {
    this.queue.onLost(error);
  }

  /** The connection stands another way than before. */
  onState(state: ConnectionState): void {
    this.#nextAttemptAt = state.status === 'reconnecting' ? this.#options.clock.now() + state.nextDelayMs : undefined;
    this.status.changed();
  }

  /** The server has answered for the rows of this table. */
  confirm(table: string): void {
    const now = this.#options.clock.now();
    if (this.isWriter) this.tables.confirm([table], now);
    this.status.confirm(now);
  }

  /** Forgets calls and cached rows, here and in the store. The connection is closed already, and the sets are gone. */
  async logout(): Promise<void> {
    const { store, storage } = this.#options;
    this.queue.clear('the client was logged out');
    store.apply({ context: contextOf({ kind: 'reconnect' }), forget: this.tables.sets(), changes: [] });
    if (!this.isWriter) return;
    this.tables.invalidate();
    await this.tables.flush();
    this.tables.invalidate();
    try {
      await storage.clearAll();
    } catch (cause) {
      throw asStorageError('clearing the offline store at the logout', cause);
    }
    // What was called meanwhile is in the store no more.
    this.queue.clear('the client was logged out');
  }

  /** Fulfilled when the store has everything and is closed. The connection is closed already. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    const { storage } = this.#options;
    this.#access = 'none';
    await this.queue.dispose();
    await this.tables.stop();
    this.#reportEarly();
    try {
      await storage.dispose();
    } catch (cause) {
      this.#report(asStorageError('closing the offline store', cause));
    }
  }

  /** The former writer is gone: what it left is this client's now. */
  async #takeOver(): Promise<void> {
    if (!this.#hasConnected) await this.tables.load(true);
    // No call is queued before those are known that come before it.
    const mutations = await this.#mutations.load();
    if (this.#disposed !== undefined) return;
    this.#access = 'readWrite';
    if (this.#hasConnected) this.tables.takeOver((table) => this.#options.querySets.isFresh(table));
    const identity = this.#options.identity();
    if (identity !== undefined) this.#writeSession(identity);
    this.queue.restore(mutations, false);
    this.status.changed();
    if (this.#options.canSend()) this.queue.onReady();
  }

  /** The store that was closed meanwhile is none that anybody misses. */
  #onTakeOverFailed(error: unknown): void {
    if (this.#disposed === undefined) this.#report(error);
  }

  async #readSession(): Promise<Identity | undefined> {
    const { storage, address } = this.#options;
    const stored = await storage.loadTableSnapshot(sessionRecord);
    if (stored === undefined) return undefined;
    try {
      const header = readRecord(stored.snapshot, 'the session of the offline store', (read) => read);
      return header.address === address ? header.identity : undefined;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #writeSession(identity: Identity): void {
    const { storage, address } = this.#options;
    const bytes = writeRecord({ kind: 'session', address, identity, shape: '' }, () => undefined);
    storage.saveTableSnapshot(sessionRecord, bytes).catch((cause: unknown) => {
      this.#report(asStorageError('keeping the identity', cause));
    });
  }

  #report(error: unknown): void {
    if (error instanceof StorageError) this.status.fault(error);
    if (this.#early === undefined) this.#options.onError(error);
    else this.#early.push(error);
  }

  #reportEarly(): void {
    this.#cancelEarly?.();
    const errors = this.#early ?? [];
    this.#early = undefined;
    for (const error of errors) this.#options.onError(error);
  }
}
