import { EmbeddedServer, healthyNetwork } from '../../src/embedded/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { type Deed, OfflineUser } from './offline-user.ts';
import { pass } from './pass.ts';

/** What became of the calls of a seed, or of several together. */
export interface LossReport {
  calls: number;
  committed: number;
  rejected: number;
  discarded: number;
  /** Calls that were on their way when a connection broke or a program ended. */
  uncertain: number;
  /** Uncertain calls that the rows of the server showed to be carried out, so that they were not sent again. */
  seen: number;
  /** Calls that the module ran twice or more. */
  twice: number;
  cuts: number;
  crashes: number;
  restarts: number;
}

/** A report of nothing. */
export function emptyReport(): LossReport {
  return {
    calls: 0,
    committed: 0,
    rejected: 0,
    discarded: 0,
    uncertain: 0,
    seen: 0,
    twice: 0,
    cuts: 0,
    crashes: 0,
    restarts: 0,
  };
}

/** Users who call reducers on a bad network, with programs that end at any time; counts in the module what arrived. Throws an `Error` that says what was lost. */
export async function simulateNoLoss(seed: number, report: LossReport): Promise<void> {
  const random = seededRandom(seed);
  const server = await EmbeddedServer.start({ module: referenceWasm, database: 'no-loss', log: () => undefined });
  try {
    await new NoLoss(server, random, report).run();
  } finally {
    await server.close();
  }
}

class NoLoss {
  readonly #server: EmbeddedServer;
  readonly #random: SeededRandom;
  readonly #report: LossReport;
  readonly #clock = new FakeClock();
  readonly #users: readonly OfflineUser[];

  constructor(server: EmbeddedServer, random: SeededRandom, report: LossReport) {
    this.#server = server;
    this.#random = random;
    this.#report = report;
    const world = { server, clock: this.#clock, random };
    this.#users = ['ann', 'bob'].map((name) => new OfflineUser(name, world));
  }

  async run(): Promise<void> {
    for (const user of this.#users) {
      await user.start();
      if (this.#random.chance(0.7)) user.connect();
    }
    for (let step = 0; step < 60; step++) await this.#step();
    await this.#quiet();
    for (const user of this.#users) this.#judge(user);
    for (const user of this.#users) {
      await user.client.dispose();
      this.#report.crashes += user.crashes;
      this.#report.restarts += user.restarts;
    }
    await this.#pass(1000);
    if (this.#clock.openTimers > 0) throw new Error(`${this.#clock.openTimers} timers are left`);
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const user = random.pick(this.#users);
    for (let count = random.below(3); count > 0; count--) user.act();
    const what = random.below(40);
    if (what < 4) this.#cut(user);
    else if (what < 6) user.network.plan = { maxDelayMs: random.below(300), refuse: random.pick([0, 0.5]) };
    else if (what === 6) user.network.plan = healthyNetwork;
    else if (what === 7) await user.crash();
    else if (what === 8) await user.restart();
    else if (what === 9) user.discard();
    else if (what === 10) void user.client.disconnect();
    else if (what < 14) user.connect();
    await this.#pass(random.chance(0.1) ? random.below(5000) : random.below(120));
  }

  #cut(user: OfflineUser): void {
    this.#report.cuts++;
    user.network.cutAll();
  }

  #pass(millis: number, steps = 8): Promise<void> {
    return pass(this.#clock, millis, steps);
  }

  /** The network heals, everybody is online, and time passes until the queues are empty. */
  async #quiet(): Promise<void> {
    for (const user of this.#users) {
      user.network.plan = healthyNetwork;
      user.connect();
    }
    for (let waited = 0; waited < 300; waited++) {
      await this.#pass(1000, 4);
      const isQuiet = this.#users.every(
        ({ client }) => client.subscriptions.ready.peek() && client.pendingMutations.peek().length === 0,
      );
      if (isQuiet) return;
    }
    throw new Error(`not quiet: ${JSON.stringify(this.#users.map(({ client }) => client.inspect()))}`);
  }

  #judge(user: OfflineUser): void {
    if (user.problems.length > 0) throw new Error(user.problems.join('\n'));
    const { client } = user;
    for (const { name, shown, pending } of [
      { name: 'message', shown: client.message.count(), pending: client.message.pending.value.size },
      { name: 'note', shown: client.note.count(), pending: client.note.pending.value.size },
      { name: 'score', shown: client.score.count(), pending: client.score.pending.value.size },
    ]) {
      const held = this.#server.query(`SELECT * FROM ${name}`).length;
      if (shown !== held || pending > 0) throw new Error(`${name}: shows ${shown} of ${held}, ${pending} are pending`);
    }
    for (const deed of user.deeds.values()) this.#judgeDeed(deed);
  }

  #judgeDeed(deed: Deed): void {
    const { outcomes, text, told } = deed;
    const arrived = this.#arrivals(deed);
    const [result] = outcomes;
    if (outcomes.length !== 1 || result === undefined) throw new Error(`${text} has ${outcomes.length} outcomes`);
    if (told.length > 1) throw new Error(`${text}: its promise was told ${told.join()}`);
    const { outcome, isUncertain } = result;
    const report = this.#report;
    report.calls++;
    if (isUncertain) report.uncertain++;
    if (arrived > 1) {
      report.twice++;
      if (!isUncertain) throw new Error(`${text} arrived ${arrived} times, and nobody was uncertain of it`);
    }
    if (outcome === 'committed') {
      report.committed++;
      if (result.result?.timestamp === undefined) report.seen++;
      if (arrived === 0) throw new Error(`${text} is committed and never arrived`);
      return;
    }
    if (outcome === 'rejected') report.rejected++;
    else report.discarded++;
    if (arrived > 0 && !isUncertain) throw new Error(`${text} is ${outcome}, and its effect can be seen`);
    if (arrived > 0 && outcome === 'rejected' && deed.isPredicted) {
      throw new Error(`${text} was refused after it had been carried out`);
    }
  }

  /** How often the module carried a call out. */
  #arrivals({ kind, text }: Deed): number {
    switch (kind) {
      case 'say':
        return this.#server.query(`SELECT * FROM message WHERE text = '${text}'`).length;
      case 'note':
        return this.#server.query(`SELECT * FROM note WHERE title = '${text}'`).length;
      case 'fail':
        return this.#server.query(`SELECT * FROM score WHERE player = '${text}'`).length;
    }
  }
}
