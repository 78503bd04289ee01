import { type ClientOptions } from '../../src/options.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type MutationSyncResult } from '../../src/sync/pending-mutation.ts';
import { type TransactionResult } from '../../src/calls/result.ts';
import { OptimisticChange } from '../../src/store/overlay/optimistic-change.ts';
import { type SyncState } from '../../src/sync/sync-state.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { all, motd, scores, ScriptedClient, settings } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';

export type CallReducer = Extract<ClientMessage, { tag: 'CallReducer' }>;

/** A scripted client with an offline store, and what it tells. */
export class OfflineClient implements AsyncDisposable {
  readonly scripted: ScriptedClient;
  readonly storage: InMemoryOfflineStorage;
  readonly outcomes: MutationSyncResult[] = [];
  readonly states: SyncState[] = [];

  private constructor(scripted: ScriptedClient, storage: InMemoryOfflineStorage) {
    this.scripted = scripted;
    this.storage = storage;
    scripted.client.onMutationSyncResult((result) => this.outcomes.push(result));
    scripted.client.onSyncStateChanged((state) => this.states.push(state));
  }

  /** A client that has not connected. With `storage` it shares what that holds, as the next run would. */
  static async create(
    options: Partial<ClientOptions> & { readonly sharing?: InMemoryOfflineStorage } = {},
  ): Promise<OfflineClient> {
    const { sharing, ...rest } = options;
    const storage = new InMemoryOfflineStorage(sharing);
    return new OfflineClient(await ScriptedClient.create({ offlineStorage: storage, ...rest }), storage);
  }

  /** Ends this run, and begins the next with the same store. */
  async restart(options: Partial<ClientOptions> = {}): Promise<OfflineClient> {
    await this[Symbol.asyncDispose]();
    return OfflineClient.create({ sharing: this.storage, ...options });
  }

  /** Its store, as it is left when the process ends now, without a word. */
  async abandoned(): Promise<InMemoryOfflineStorage> {
    await this.storage.dispose();
    return this.storage;
  }

  get client(): ScriptedClient['client'] {
    return this.scripted.client;
  }

  /** Adds a score, and predicts it. */
  addScore(
    points: number,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<TransactionResult> {
    const row = { player: 'ann', points: BigInt(points) };
    return this.client.reducers.addScore(row, {
      ...options,
      optimisticChanges: [OptimisticChange.insertRow(this.client.score, row)],
    });
  }

  /** As {@link addScore}, with a connection that breaks before the answer comes. */
  async loseScore(points: number): Promise<void> {
    const call = this.addScore(points);
    await settled();
    this.scripted.socket.drop();
    await call;
  }

  /** The calls that were sent on the present socket. */
  get calls(): CallReducer[] {
    return this.scripted.socket.messages.filter((message): message is CallReducer => message.tag === 'CallReducer');
  }

  /** How the calls in the queue stand. */
  get pending(): string[] {
    return this.client.pendingMutations.peek().map(({ reducer, state }) => `${reducer} ${state}`);
  }

  /** How calls left the queue. */
  get told(): string[] {
    return this.outcomes.map(({ mutation, outcome, isUncertain }) => {
      return `${mutation.reducer} ${outcome}${isUncertain ? ' ?' : ''}`;
    });
  }

  /** The ids in the store, marks included. */
  async stored(): Promise<string[]> {
    return (await this.storage.getPendingMutations()).map(({ id }) => id);
  }

  /** The ids of the calls in the store. */
  async storedCalls(): Promise<string[]> {
    return (await this.stored()).filter((id) => !id.endsWith('Mark'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scripted[Symbol.asyncDispose]();
  }
}

/** A run that saw one setting and two scores, and called `put_setting` offline. */
export async function firstRun(): Promise<OfflineClient> {
  const offline = await OfflineClient.create();
  await offline.scripted.connect();
  await offline.scripted.subscribe('SELECT * FROM setting', settings(motd));
  await offline.scripted.subscribe(all, scores(1, 2));
  offline.scripted.socket.drop();
  const edited = { ...motd, value: 'Hello' };
  await offline.client.reducers.putSetting(edited, {
    optimisticChanges: [OptimisticChange.updateRow(offline.client.setting, motd, edited)],
  });
  return offline;
}

/** Makes a store refuse to note that calls go out, or whose they are, until the result is called. */
export function refuseMarks(storage: InMemoryOfflineStorage, kind: 'unsentMark' | 'ownerMark'): () => void {
  const enqueue = storage.enqueueMutation.bind(storage);
  const dequeue = storage.dequeueMutation.bind(storage);
  const isRefused = (id: string): boolean => id.endsWith(`-${kind}`);
  const refused = (): Promise<never> => Promise.reject(new Error('disk full'));
  if (kind === 'ownerMark') {
    storage.enqueueMutation = (mutation) => (isRefused(mutation.id) ? refused() : enqueue(mutation));
  } else {
    storage.dequeueMutation = (id) => (isRefused(id) ? refused() : dequeue(id));
  }
  return () => Object.assign(storage, { enqueueMutation: enqueue, dequeueMutation: dequeue });
}

/** Makes a method of a store wait, where `isHeld` says so, until the function is called that this returns. */
export function hold(
  storage: InMemoryOfflineStorage,
  name: 'getPendingMutations' | 'dequeueMutation' | 'clearAll' | 'appendTableChanges' | 'getLastSyncTime',
  isHeld: (argument: unknown) => boolean = () => true,
): () => void {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const method = storage[name].bind(storage) as (...args: unknown[]) => Promise<unknown>;
  const held = async (...args: unknown[]): Promise<unknown> => {
    if (isHeld(args[0])) await released;
    return method(...args);
  };
  Object.assign(storage, { [name]: held });
  return release;
}
