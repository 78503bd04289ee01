import { isSpacetimeDbError } from '../../src/errors.ts';
import { firstWhere } from '../../src/helpers.ts';
import { type ClientOptions } from '../../src/options.ts';
import { SpacetimeDbClient, tables } from '../generated/reference/index.ts';

/** What became of a client, as plain data: a page tells it to a test. */
export interface LoadReport {
  /** How many calls were committed, and how many lost their connection. */
  readonly committed: number;
  readonly lost: number;
  /** Whatever else went wrong. */
  readonly problems: readonly string[];
  /** The states that the connection had. */
  readonly states: readonly string[];
  /** Every identity that the client had. */
  readonly identities: readonly string[];
  /** The rows of the client, those that its events add up to, and those of the server. */
  readonly rows: readonly string[];
  readonly mirrored: readonly string[];
  readonly expected: readonly string[];
}

const queries = ['SELECT * FROM entity', 'SELECT * FROM score', 'SELECT * FROM setting'];

/** A client that calls reducers all the time, whether they arrive or not. Runs in Node and in a page. */
export class LoadedClient {
  readonly client: SpacetimeDbClient;
  readonly #problems: string[] = [];
  readonly #states: string[] = [];
  readonly #identities = new Set<string>();
  readonly #mirror = new Set<string>();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #firstId: number;
  #count = 0;
  #committed = 0;
  #lost = 0;
  #isRunning = true;

  private constructor(client: SpacetimeDbClient, firstId: number) {
    this.client = client;
    this.#firstId = firstId;
    client.onError((error) => this.#problems.push(`an error without a caller: ${String(error)}`));
    client.connection.onStateChanged(({ status }) => {
      this.#states.push(status);
      const identity = client.identity.peek()?.toHexString();
      if (status === 'connected' && identity !== undefined) this.#identities.add(identity);
    });
    for (const table of [client.entity, client.score, client.setting]) {
      table.onInsert(({ row }) => this.#mirror.add(textOf(table.name, row)));
      table.onDelete(({ row }) => this.#mirror.delete(textOf(table.name, row)));
    }
    for (const table of [client.entity, client.setting]) {
      table.onUpdate(({ oldRow, newRow }) => {
        this.#mirror.delete(textOf(table.name, oldRow));
        this.#mirror.add(textOf(table.name, newRow));
      });
    }
  }

  /** Connects and begins. Entities from `firstId` on belong to this client. */
  static async start(options: ClientOptions, firstId: number): Promise<LoadedClient> {
    const loaded = new LoadedClient(await SpacetimeDbClient.create(options), firstId);
    const { client } = loaded;
    await client.connect({ initialSubscriptions: queries });
    // Rows that two sets return.
    await client.subscriptions.subscribe(`SELECT * FROM entity WHERE entity_id >= ${firstId}`).applied;
    void loaded.#run();
    return loaded;
  }

  /** Fulfilled when the connection is gone. */
  async gone(): Promise<void> {
    await firstWhere(this.client.connection.state, ({ status }) => status !== 'connected');
  }

  /** Fulfilled when everything is there, and so many more calls are committed. */
  async busy(calls: number): Promise<void> {
    const enough = this.#committed + calls;
    while (this.#committed < enough || !this.client.subscriptions.ready.peek()) {
      const { status } = this.client.connection.state.peek();
      if (status === 'authError' || status === 'fatalError') throw new Error(`the client gave up: ${status}`);
      await pause();
    }
  }

  /** Ends the load, waits for every call, and compares. */
  async stop(): Promise<LoadReport> {
    this.#isRunning = false;
    await Promise.all(this.#calls);
    await firstWhere(this.client.subscriptions.ready, (isReady) => isReady);
    return {
      committed: this.#committed,
      lost: this.#lost,
      problems: this.#problems,
      states: this.#states,
      identities: [...this.#identities],
      ...(await this.#compare()),
    };
  }

  /** Nobody else may change anything meanwhile but those whose changes are on their way: then all three are the same in the end. */
  async #compare(): Promise<Pick<LoadReport, 'rows' | 'mirrored' | 'expected'>> {
    const { client } = this;
    const [entities, scores, settings] = await Promise.all([
      client.subscriptions.oneOffQuery(tables.entity),
      client.subscriptions.oneOffQuery(tables.score),
      client.subscriptions.oneOffQuery(tables.setting),
    ]);
    const texts = (table: string, rows: readonly object[]): string[] => rows.map((row) => textOf(table, row));
    return {
      rows: [client.entity, client.score, client.setting].flatMap(({ name, rows }) => texts(name, rows.peek())).sort(),
      mirrored: [...this.#mirror].sort(),
      expected: [...texts('entity', entities), ...texts('score', scores), ...texts('setting', settings)].sort(),
    };
  }

  async #run(): Promise<void> {
    while (this.#isRunning) {
      // Not more than a few at a time, and none is waited for.
      while (this.#calls.size < 20) this.#call();
      await pause();
    }
  }

  #call(): void {
    const { reducers } = this.client;
    const count = this.#count++;
    switch (count % 4) {
      case 0:
        return this.#watch(reducers.spawn({ firstId: this.#firstId + count, count: 1 }));
      case 1:
        return this.#watch(reducers.moveMany({ firstId: this.#firstId, count: count % 50, step: 1 }));
      case 2:
        return this.#watch(reducers.addScore({ player: `p${this.#firstId}`, points: BigInt(count % 10) }));
      default:
        return this.#watch(
          reducers.putSetting({ key: `k${this.#firstId}`, slot: this.#firstId % 60_000, value: `${count}` }),
        );
    }
  }

  #watch(call: Promise<unknown>): void {
    const watched = call.then(
      () => void this.#committed++,
      (error: unknown) => {
        // A browser that is offline may hold a broken socket's end back; then the calls run into their time-out first.
        if (isSpacetimeDbError(error, 'connection') || isSpacetimeDbError(error, 'timeout')) this.#lost++;
        else this.#problems.push(`an unexpected end of a call: ${String(error)}`);
      },
    );
    this.#calls.add(watched);
    void watched.then(() => this.#calls.delete(watched));
  }
}

function textOf(table: string, row: object): string {
  return `${table} ${JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
