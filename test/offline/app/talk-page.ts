import { Identity } from '../../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { LocalStorageTokenStore } from '../../../src/connection/local-storage-token-store.ts';
import { firstWhere } from '../../../src/helpers.ts';
import { IndexedDbOfflineStorage } from '../../../src/offline/indexed-db-offline-storage.ts';
import { nextOptimisticIntId } from '../../../src/store/overlay/optimistic-ids.ts';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';

declare global {
  /** Of the test: `found 5 uncertain`, `promised 5`, `refused 5`, `outcome 5 committed`, and problems. */
  var tellTest: (text: string) => Promise<void>;
}

/** An app that makes numbered calls: a message each, or a note. */
class Talk {
  readonly #client: SpacetimeDbClient;
  readonly #calls: Promise<void>[] = [];

  constructor(client: SpacetimeDbClient) {
    this.#client = client;
    client.onError((error) => void tellTest(`problem ${String(error)}`));
    client.onMutationSyncResult(({ mutation, outcome, isUncertain }) => {
      void tellTest(`outcome ${numberOf(mutation.args)} ${outcome}${isUncertain ? ' ?' : ''}`);
    });
    let former: string | undefined;
    const tellFound = (): void => {
      if (this.storage === 'readWrite' && former !== 'readWrite') {
        for (const { args, state } of client.pendingMutations.peek()) void tellTest(`found ${numberOf(args)} ${state}`);
      }
      former = this.storage;
    };
    tellFound();
    client.onSyncStateChanged(tellFound);
    client.subscriptions.subscribe(['SELECT * FROM message', 'SELECT * FROM note']);
  }

  get storage(): string {
    return this.#client.syncState.peek().storage;
  }

  connect(): void {
    this.#client.connect().catch(() => undefined);
  }

  /** Fulfilled when the client knows who it is, and so does the next tab. */
  async introduce(): Promise<void> {
    await this.#client.connect();
    await this.#client.dispose();
  }

  disconnect(): void {
    void this.#client.disconnect();
  }

  /** Makes these calls, one after the other and without waiting. */
  call(first: number, count: number): void {
    for (let number = first; number < first + count; number++) this.#calls.push(this.#follow(number));
  }

  /** Fulfilled when this tab is the writer, and nothing waits any more. */
  async finish(): Promise<void> {
    await firstWhere(
      this.#client.syncState,
      ({ storage, pendingCount }) => storage === 'readWrite' && pendingCount === 0,
    );
    await Promise.all(this.#calls);
  }

  async #follow(number: number): Promise<void> {
    try {
      await this.#call(number);
      await tellTest(`promised ${number}`);
    } catch (error) {
      await tellTest(`refused ${number} ${String(error)}`);
    }
  }

  #call(number: number): Promise<unknown> {
    const { reducers, message, note, identity } = this.#client;
    const me = identity.peek() ?? new Identity(0n);
    if (number % 3 === 0) {
      const made = { id: BigInt(number), folder: 'inbox', title: String(number), body: '', tags: [] };
      const row = { ...made, owner: me, createdAt: Timestamp.epoch };
      return reducers.createNote(made, { optimisticChanges: [OptimisticChange.insertRow(note, row)] });
    }
    const text = String(number);
    if (number % 3 === 1) return reducers.say({ room: 1, text });
    const row = { id: nextOptimisticIntId(message), room: 1, sender: me, text, sent: Timestamp.epoch };
    return reducers.say({ room: 1, text }, { optimisticChanges: [OptimisticChange.insertRow(message, row)] });
  }
}

function numberOf(args: unknown): string {
  if (typeof args !== 'object' || args === null) return '?';
  return 'text' in args ? String(args.text) : 'title' in args ? String(args.title) : '?';
}

/** For the test, which calls it by name. */
async function openTalk(host: string): Promise<void> {
  const client = await SpacetimeDbClient.create({
    host,
    database: 'talk',
    authStorage: new LocalStorageTokenStore(),
    offlineStorage: new IndexedDbOfflineStorage('talk'),
    retry: { baseDelayMs: 10, maxDelayMs: 50 },
  });
  Object.assign(globalThis, { talk: new Talk(client) });
}

Object.assign(globalThis, { openTalk });
