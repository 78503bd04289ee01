import { encodedRows } from '../support/encoded-rows.ts';
import { toHex } from '../../src/bsatn/bytes.ts';
import { createClient } from '../../src/client.ts';
import { type ClientCore } from '../../src/client-core.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type SubscriptionHandle } from '../../src/subscription/query-set.ts';
import * as bindings from '../generated/reference/index.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { type SeededRandom } from '../support/random.ts';
import { RowMirrors } from './row-mirrors.ts';

/** Queries whose answers can be compared: none depends on who asks. */
const queries: readonly string[] = [
  'SELECT * FROM entity',
  'SELECT * FROM entity WHERE entity_id < 5',
  'SELECT * FROM entity WHERE health = 100',
  'SELECT * FROM score',
  'SELECT * FROM score WHERE points > 1',
  'SELECT * FROM setting',
  "SELECT * FROM setting WHERE key = 'k1'",
  'SELECT * FROM message WHERE room = 1',
  'SELECT * FROM message',
];

/** A client that does what its random source says, and checks what it is told on the way. */
export class SimulatedClient {
  readonly client: SpacetimeDbClient;
  readonly problems: string[] = [];
  readonly #core: ClientCore;
  readonly #random: SeededRandom;
  readonly #handles = new Set<SubscriptionHandle>();
  readonly #mirrors = new RowMirrors(this.problems);
  #unsettled = 0;

  private constructor(client: SpacetimeDbClient, core: ClientCore, random: SeededRandom) {
    this.client = client;
    this.#core = core;
    this.#random = random;
    client.onError((error) => this.problems.push(`an error without a caller: ${String(error)}`));
    this.#mirrors.addKeyed(client.entity, bindings.entityCodec);
    this.#mirrors.addKeyed(client.setting, bindings.settingCodec);
    this.#mirrors.addKeyed(client.message, bindings.messageCodec);
    this.#mirrors.add(client.score, bindings.scoreCodec);
  }

  static async create(options: ClientOptions, random: SeededRandom): Promise<SimulatedClient> {
    let core: ClientCore | undefined;
    const client = await createClient(options, { hash: 'simulation' }, (made) => {
      core = made;
      return new SpacetimeDbClient(made);
    });
    if (core === undefined) throw new Error('the client has no core');
    return new SimulatedClient(client, core, random);
  }

  /** How many promises have not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  get isDisconnected(): boolean {
    return this.client.connection.state.peek().status === 'disconnected';
  }

  get isReady(): boolean {
    return this.client.subscriptions.ready.peek();
  }

  /** The queries whose rows the client has to hold. */
  liveQueries(): string[] {
    return [...new Set(this.#core.querySets.live().flatMap((set) => [...set.queries]))];
  }

  /** The rows of a table as sorted hex. */
  rows(table: string): string[] {
    return encodedRows(this.#core.store.table(table)).map(toHex).sort();
  }

  /** The rows that the events so far add up to. */
  mirrored(table: string): string[] {
    return this.#mirrors.rows(table) ?? [];
  }

  /** Wants a connection; that it fails is no problem. */
  connect(): void {
    this.#watch(this.client.connect());
  }

  /** Does one random thing. */
  act(): void {
    const random = this.#random;
    const action = random.below(20);
    if (action < 5) this.#subscribe();
    else if (action < 8) this.#unsubscribe();
    else if (action < 16) this.#call();
    else if (action === 16) this.connect();
    else if (action === 17) void this.client.disconnect();
    else if (action === 18) this.client.connection.reconnect();
    else this.#resync();
  }

  #subscribe(): void {
    const random = this.#random;
    const wanted = Array.from({ length: 1 + random.below(2) }, () => random.pick(queries));
    const handle = this.client.subscriptions.subscribe(wanted);
    this.#handles.add(handle);
    this.#watch(handle.applied);
  }

  #unsubscribe(): void {
    const handle = this.#pickHandle();
    if (handle === undefined) return;
    this.#handles.delete(handle);
    this.#watch(handle.unsubscribe({ sendDroppedRows: this.#random.chance(0.5) }));
  }

  #resync(): void {
    const handle = this.#pickHandle();
    if (handle !== undefined) this.#watch(this.client.subscriptions.resync(handle.querySetId));
  }

  #pickHandle(): SubscriptionHandle | undefined {
    return this.#handles.size === 0 ? undefined : this.#random.pick([...this.#handles]);
  }

  #call(): void {
    const { reducers } = this.client;
    const random = this.#random;
    const id = random.below(10);
    const key = `k${random.below(4)}`;
    switch (random.below(8)) {
      case 0:
        return this.#watch(reducers.spawn({ firstId: id, count: 1 + random.below(2) }));
      case 1:
        return this.#watch(reducers.despawn({ firstId: id, count: 1 + random.below(3) }));
      case 2:
        return this.#watch(reducers.moveMany({ firstId: 0, count: 10, step: 1 }));
      case 3:
        return this.#watch(reducers.addScore({ player: key, points: BigInt(random.below(4)) }));
      case 4:
        return this.#watch(reducers.removeScore({ player: key, points: BigInt(random.below(4)) }));
      case 5:
        return this.#watch(reducers.putSetting({ key, slot: 10 + random.below(4), value: `v${id}` }));
      case 6:
        return this.#watch(reducers.say({ room: random.below(3), text: random.chance(0.1) ? '' : 'hi' }));
      default:
        return this.#watch(reducers.writeThenFail({ player: key }));
    }
  }

  /** Counts a promise until it settles; only errors of this package are what a user may expect. */
  #watch(promise: Promise<unknown>): void {
    this.#unsettled++;
    promise.then(
      () => this.#unsettled--,
      (error: unknown) => {
        this.#unsettled--;
        if (!isSpacetimeDbError(error)) this.problems.push(`an unexpected error: ${String(error)}`);
      },
    );
  }
}
