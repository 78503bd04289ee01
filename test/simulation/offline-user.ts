import { effect, untracked } from '@preact/signals-core';
import { type EmbeddedServer, type FaultNetwork } from '../../src/embedded/index.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { nextOptimisticIntId, OptimisticChange, Timestamp, type TransactionResult } from '../../src/index.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type MutationSyncResult } from '../../src/sync/pending-mutation.ts';
import { type AuthTokenStore, InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { type FakeClock } from '../support/fake-clock.ts';
import { type SeededRandom } from '../support/random.ts';
import { passUntil } from './pass.ts';

/** What a user wants done, told from everything else by its text. */
export interface Deed {
  readonly kind: 'say' | 'note' | 'fail';
  readonly text: string;
  /** How often its promise settled, and what it was told. */
  readonly told: TransactionResult['status'][];
  /** What became of it, as `onMutationSyncResult` said. */
  readonly outcomes: MutationSyncResult[];
  /** Whether it said what it expects, so that the rows of the server can show that it was carried out. */
  isPredicted: boolean;
}

/** What all users of a simulation share. */
export interface World {
  readonly server: EmbeddedServer;
  readonly clock: FakeClock;
  readonly random: SeededRandom;
}

/** Somebody who calls reducers whatever the network does, and whose program ends now and then, properly or not. */
export class OfflineUser {
  readonly deeds: Map<string, Deed> = new Map();
  readonly problems: string[] = [];
  crashes: number = 0;
  restarts: number = 0;
  readonly #world: World;
  readonly #name: string;
  readonly #tokens = new InMemoryTokenStore();
  #storage = new InMemoryOfflineStorage();
  #client: SpacetimeDbClient | undefined;
  #network: FaultNetwork | undefined;

  constructor(name: string, world: World) {
    this.#name = name;
    this.#world = world;
  }

  get client(): SpacetimeDbClient {
    if (this.#client === undefined) throw new Error(`${this.#name} has no client`);
    return this.#client;
  }

  get network(): FaultNetwork {
    if (this.#network === undefined) throw new Error(`${this.#name} has no network`);
    return this.#network;
  }

  /** Begins a run of the program, with what the last one left in the store. */
  async start(): Promise<void> {
    const { server, clock, random } = this.#world;
    this.#storage = new InMemoryOfflineStorage(this.#storage);
    this.#network = server.network({ clock, seed: random.below(2 ** 32) });
    const options: ClientOptions = {
      host: 'localhost',
      database: 'no-loss',
      compression: 'none',
      clock,
      random: () => random.next(),
      webSocket: this.#network,
      authStorage: this.#slowTokens(),
      offlineStorage: this.#storage,
      queuePolicy: { window: 1 + random.below(8) },
    };
    const client = await SpacetimeDbClient.create(options);
    this.#client = client;
    client.onError((error) => {
      if (this.#client === client) this.problems.push(`an error without a caller: ${String(error)}`);
    });
    client.onMutationSyncResult((result) => {
      if (this.#client === client) this.#hear(result);
    });
    // Some call in the middle of what they hear: of rows, of a connection, of being ready.
    const act = (): void => {
      if (this.#client === client && random.chance(0.1)) this.act();
    };
    client.note.onInsert(act);
    client.onIdentityChanged(act);
    effect(() => {
      if (client.address.value !== undefined && client.subscriptions.ready.value) untracked(act);
    });
    effect(() => {
      if (client.address.value !== undefined) untracked(act);
    });
    client.subscriptions.subscribe(['SELECT * FROM note', 'SELECT * FROM message', 'SELECT * FROM score']);
  }

  /** What a run that was killed was about to save is never there. */
  #slowTokens(): AuthTokenStore {
    const { clock, random } = this.#world;
    const tokens = this.#tokens;
    const run = this.crashes;
    return {
      loadToken: () => tokens.loadToken(),
      clearToken: () => tokens.clearToken(),
      saveToken: async (token) => {
        await new Promise<void>((resolve) => clock.setTimer(random.below(500), resolve));
        if (run === this.crashes) await tokens.saveToken(token);
      },
    };
  }

  connect(): void {
    this.client.connect().catch((error: unknown) => {
      if (!isSpacetimeDbError(error)) this.problems.push(`connecting: ${String(error)}`);
    });
  }

  /** The program is killed: what it knew is gone, what the store was given is there. */
  async crash(): Promise<void> {
    this.crashes++;
    const { client, network } = this;
    this.#client = undefined;
    await this.#storage.dispose();
    network.cutAll();
    client.onError(() => undefined);
    void client.dispose();
    await this.start();
  }

  async restart(): Promise<void> {
    this.restarts++;
    await passUntil(this.#world.clock, 'disposing of a client', this.client.dispose());
    await this.start();
  }

  /** Does one random thing that changes data. */
  act(): void {
    const { random } = this.#world;
    const text = `${this.#name}-${this.deeds.size}`;
    const kind = random.pick(['say', 'say', 'say', 'note', 'note', 'fail'] as const);
    const deed: Deed = { kind, text, told: [], outcomes: [], isPredicted: false };
    this.deeds.set(text, deed);
    this.#call(deed).then(
      ({ status }) => void deed.told.push(status),
      (error: unknown) => {
        if (!isSpacetimeDbError(error)) this.problems.push(`${text}: ${String(error)}`);
      },
    );
  }

  /** Takes one call out of the queue. */
  discard(): void {
    const pending = this.client.pendingMutations.peek();
    if (pending.length > 0) this.#world.random.pick(pending).discard();
  }

  #call(deed: Deed): Promise<TransactionResult> {
    const { kind, text } = deed;
    const { client } = this;
    const { random } = this.#world;
    const owner = client.identity.peek();
    const timeoutMs = random.pick([50, 30_000]);
    switch (kind) {
      case 'say': {
        if (owner === undefined || random.chance(0.5)) return client.reducers.say({ room: 1, text }, { timeoutMs });
        const id = nextOptimisticIntId(client.message);
        const row = { id, room: 1, sender: owner, text, sent: Timestamp.epoch };
        const optimisticChanges = [OptimisticChange.insertRow(client.message, row)];
        return client.reducers.say({ room: 1, text }, { timeoutMs, optimisticChanges });
      }
      case 'note': {
        const note = { id: BigInt(random.below(2 ** 32)), folder: 'f', title: text, body: '', tags: [] };
        if (owner === undefined) return client.reducers.createNote(note, { timeoutMs });
        deed.isPredicted = true;
        const row = { ...note, owner, createdAt: Timestamp.epoch };
        const optimisticChanges = [OptimisticChange.insertRow(client.note, row)];
        return client.reducers.createNote(note, { timeoutMs, optimisticChanges });
      }
      case 'fail':
        return client.reducers.writeThenFail({ player: text }, { timeoutMs });
    }
  }

  #hear(result: MutationSyncResult): void {
    const { args } = result.mutation;
    const text = textOf(args);
    const deed = text === undefined ? undefined : this.deeds.get(text);
    if (deed === undefined) this.problems.push(`an outcome of a call that nobody made: ${JSON.stringify(text)}`);
    else deed.outcomes.push(result);
  }
}

/** The text by which a call is told from all others. */
function textOf(args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null) return undefined;
  for (const name of ['text', 'title', 'player']) {
    const value: unknown = Reflect.get(args, name);
    if (typeof value === 'string') return value;
  }
  return undefined;
}
