import { Identity } from '../../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { firstWhere } from '../../../src/helpers.ts';
import { type ClientOptions } from '../../../src/options.ts';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';

/** What somebody sees of the app. */
export interface AppView {
  readonly titles: readonly string[];
  readonly storage: string;
  readonly pendingCount: number;
  readonly problems: readonly string[];
}

/** An app that shows notes and makes some, with or without a network. Runs in Node and in a page. */
export class NotesApp {
  readonly client: SpacetimeDbClient;
  readonly #problems: string[] = [];

  private constructor(client: SpacetimeDbClient) {
    this.client = client;
    client.onMutationSyncResult((result) => {
      if (result.outcome !== 'committed') this.#problems.push(`a call was ${result.outcome}`);
    });
    client.onError((error) => this.#problems.push(String(error)));
  }

  /** Shows what the store holds, without a network. */
  static async open(options: ClientOptions): Promise<NotesApp> {
    return new NotesApp(await SpacetimeDbClient.create({ ...options, retry: { baseDelayMs: 10, maxDelayMs: 50 } }));
  }

  /** Connects now, or when there is a network. */
  async connect(): Promise<void> {
    await this.client.connect({ initialSubscriptions: ['SELECT * FROM note'] }).catch(() => undefined);
  }

  /** Makes a note; what its promise says. */
  async add(id: number): Promise<string> {
    const note = { id: BigInt(id), folder: 'inbox', title: `note ${id}`, body: '', tags: [] };
    const owner = this.client.identity.peek() ?? Identity.fromHexString('0'.repeat(64));
    const row = { ...note, owner, createdAt: Timestamp.epoch };
    const optimisticChanges = [OptimisticChange.insertRow(this.client.note, row)];
    return (await this.client.reducers.createNote(note, { optimisticChanges })).status;
  }

  /** Waits until the connection is gone. */
  async offline(): Promise<void> {
    await firstWhere(this.client.connection.state, ({ status }) => status !== 'connected');
  }

  /** Waits until the client writes to its store, and so many calls wait. */
  async holds(pendingCount: number): Promise<AppView> {
    const isSo = (state: { readonly storage: string; readonly pendingCount: number }): boolean =>
      state.storage === 'readWrite' && state.pendingCount === pendingCount;
    await firstWhere(this.client.syncState, isSo);
    return this.view();
  }

  view(): AppView {
    const { storage, pendingCount } = this.client.syncState.peek();
    const titles = this.client.note.rows.peek().map(({ title }) => title);
    return { titles: titles.sort(), storage, pendingCount, problems: this.#problems };
  }
}
