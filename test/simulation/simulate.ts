import { toHex } from '../../src/bsatn/bytes.ts';
import { EmbeddedServer, type FaultNetwork, healthyNetwork } from '../../src/embedded/index.ts';
// Clients load it when they need it, and the clock of a simulation does not wait for it.
import '../../src/one-off-answer.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type SocketConnector } from '../../src/platform/socket.ts';
import { type ProtocolVersion } from '../../src/wire/version.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { SimulatedClient } from './simulated-client.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { someIds } from './ids.ts';
import { pass, passUntil } from './pass.ts';
import { expectSameRows } from './same-rows.ts';
import { tableOf } from './table-of.ts';

/** How long a half-open socket may go unnoticed: the idle time and the time-out of the probe, and a little more. */
const silenceSeconds = 45;

const comparedTables = ['entity', 'score', 'setting', 'message'];

/** What a seed led to. */
export interface SimulationReport {
  readonly actions: number;
  readonly faults: number;
  /** How many tables were compared with the server's answer. */
  readonly comparisons: number;
}

/** Random users on a bad network, all from one seed. Throws an `Error` that says what did not hold. */
export async function simulate(seed: number): Promise<SimulationReport> {
  const simulation = await Simulation.start(seed);
  try {
    return await simulation.run();
  } finally {
    await simulation.close();
  }
}

class Simulation {
  readonly #random: SeededRandom;
  readonly #clock = new FakeClock();
  readonly #server: EmbeddedServer;
  readonly #network: FaultNetwork;
  readonly #clients: SimulatedClient[] = [];
  #observer: SpacetimeDbClient | undefined;
  #faults = 0;
  #actions = 0;
  #comparisons = 0;

  private constructor(server: EmbeddedServer, random: SeededRandom) {
    this.#server = server;
    this.#random = random;
    this.#network = server.network({ clock: this.#clock, seed: random.below(2 ** 32) });
  }

  static async start(seed: number): Promise<Simulation> {
    const random = seededRandom(seed);
    const protocols: readonly ProtocolVersion[] = random.chance(0.25) ? ['v2'] : ['v3', 'v2'];
    const server = await EmbeddedServer.start({
      module: referenceWasm,
      database: 'simulation',
      protocols,
      log: () => undefined,
    });
    return new Simulation(server, random);
  }

  readonly #connect: SocketConnector['connect'] = (request, handlers) =>
    this.#server.connectInMemory(request, handlers);

  #options(webSocket: ClientOptions['webSocket']): ClientOptions {
    return {
      host: 'localhost',
      database: 'simulation',
      compression: 'none',
      clock: this.#clock,
      random: () => this.#random.next(),
      ...(webSocket && { webSocket }),
    };
  }

  async run(): Promise<SimulationReport> {
    this.#observer = await SpacetimeDbClient.create(this.#options({ sendsHeaders: true, connect: this.#connect }));
    const observing = this.#observer.connect();
    await passUntil(this.#clock, 'the connection of the observer', observing);
    for (let index = 0; index < 3; index++) {
      const options = { ...this.#options(this.#network), ids: someIds(this.#random) };
      const client = await SimulatedClient.create(options, this.#random);
      this.#clients.push(client);
      client.connect();
    }
    for (let round = 0; round < 3; round++) {
      for (let step = 0; step < 25; step++) await this.#step();
      await this.#quiet();
      await this.#compare();
    }
    await this.#dispose();
    return { actions: this.#actions, faults: this.#faults, comparisons: this.#comparisons };
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    if (random.chance(0.15)) this.#fault();
    for (let count = random.below(3); count >= 0; count--) {
      random.pick(this.#clients).act();
      this.#actions++;
    }
    await this.#pass(random.chance(0.1) ? random.below(20_000) : random.below(150));
  }

  #fault(): void {
    const random = this.#random;
    this.#faults++;
    switch (random.below(4)) {
      case 0:
        return this.#network.cutAll();
      case 1:
        return this.#network.goSilent();
      case 2:
        // A restart: everybody is cut off, and nobody gets through for a while.
        this.#network.cutAll();
        this.#network.plan = { maxDelayMs: 10, refuse: 0.9 };
        return;
      default:
        this.#network.plan = { maxDelayMs: random.below(400), refuse: random.pick([0, 0, 0.3]) };
    }
  }

  #pass(millis: number, steps = 20): Promise<void> {
    return pass(this.#clock, millis, steps);
  }

  /** The network heals, everybody wants a connection, and time passes until nothing moves. */
  async #quiet(): Promise<void> {
    this.#network.plan = healthyNetwork;
    for (let waited = 0; waited < 200; waited++) {
      // A first attempt that fails is not tried again by itself, and one from before may fail now.
      for (const client of this.#clients) if (client.isDisconnected) client.connect();
      await this.#pass(1000, 4);
      // A socket that is dead in silence is noticed after an idle probe, and looks ready until then.
      if (waited < silenceSeconds) continue;
      if (this.#clients.every((client) => client.isReady && client.unsettled === 0)) return;
    }
    const state = this.#clients.map((client) => JSON.stringify(client.client.inspect()));
    throw new Error(
      `not quiet after minutes: ${state.join('\n')}; promises: ${this.#clients.map((c) => c.unsettled).join()}`,
    );
  }

  async #compare(): Promise<void> {
    for (const client of this.#clients) {
      if (client.problems.length > 0) throw new Error(client.problems.join('\n'));
      const expected = await this.#answers(client.liveQueries());
      for (const table of comparedTables) {
        this.#comparisons++;
        expectSameRows(`the rows of ${table}`, client.rows(table), [...(expected.get(table) ?? [])].sort());
        expectSameRows(`the events of ${table}`, client.mirrored(table), client.rows(table));
      }
    }
  }

  /** What the server answers to the queries now, by table. */
  async #answers(queries: readonly string[]): Promise<Map<string, Set<string>>> {
    const rows = new Map<string, Set<string>>();
    for (const query of queries) {
      const table = tableOf(query);
      const held = rows.get(table) ?? new Set();
      const answer = this.#observer?.subscriptions.oneOffQuery({ table, toSql: () => query, decodeRow: toHex });
      for (const row of (await passUntil(this.#clock, query, answer ?? Promise.resolve([]))) ?? []) held.add(row);
      rows.set(table, held);
    }
    return rows;
  }

  /** Nothing may be left: no timer, no socket, no promise. */
  async #dispose(): Promise<void> {
    for (const { client } of this.#clients) await client.dispose();
    await this.#observer?.dispose();
    await this.#pass(1000);
    if (this.#network.openSockets > 0) throw new Error(`${this.#network.openSockets} sockets are left`);
    if (this.#clock.openTimers > 0) throw new Error(`${this.#clock.openTimers} timers are left`);
    const unsettled = this.#clients.reduce((sum, client) => sum + client.unsettled, 0);
    if (unsettled > 0) throw new Error(`${unsettled} promises never settled`);
  }
}
