import { decode } from '../../src/bsatn/codec.ts';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { EmbeddedServer, type FaultNetwork, type FaultPlan, healthyNetwork } from '../../src/embedded/index.ts';
import { type Connect, faultNetwork } from '../../src/embedded/kit/fault-network.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
// Clients load it when they need it, and the clock of a simulation does not wait for it.
import '../../src/one-off-answer.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type Clock } from '../../src/platform/clock.ts';
import { type ProtocolVersion } from '../../src/wire/version.ts';
import { messageCodec, noteCodec, SpacetimeDbClient, userCodec } from '../generated/reference/index.ts';
import { referenceSchema } from '../module-def/fixtures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { AppUser } from './app-user.ts';
import { ChangingModule } from './changing-module.ts';
import { commits } from './commits.ts';
import { fitting, type ModuleVersions } from './module-versions.ts';
import { someIds } from './ids.ts';
import { pass, passUntil } from './pass.ts';
import { repacked } from './repacked.ts';
import { expectSameRows } from './same-rows.ts';
import { tableOf } from './table-of.ts';

const tables = ['entity', 'score', 'setting', 'message', 'note', 'user', 'lobby', 'me', 'my_inbox'];

/** What the apps of a seed did. */
export interface AppReport {
  actions: number;
  /** Of those, in the middle of something else. */
  nested: number;
  mounted: number;
  offline: number;
  restarts: number;
  /** How often the module was another one, with its connections and without. */
  reloads: number;
  resets: number;
  /** How often a set of a table that did not fit was refused. */
  refused: number;
}

/** A report of nothing. */
export function noAppsYet(): AppReport {
  return { actions: 0, nested: 0, mounted: 0, offline: 0, restarts: 0, reloads: 0, resets: 0, refused: 0 };
}

/**
 * Apps that do anything at any time on a bad network, all from one seed; with `versions` the module changes under them. Throws an `Error` that says what did
 * not hold.
 */
export async function simulateApps(seed: number, report: AppReport, versions?: ModuleVersions): Promise<void> {
  const random = seededRandom(seed);
  const protocols = random.pick<readonly ProtocolVersion[]>([['v3', 'v2'], ['v3', 'v2'], ['v2']]);
  const server = await EmbeddedServer.start({
    module: referenceWasm,
    database: 'apps',
    protocols,
    log: () => undefined,
  });
  try {
    const module = versions && (await ChangingModule.of(server, versions, random));
    await new Apps(server, random, report, module).run();
    for (const what of ['reloads', 'resets', 'refused'] as const) report[what] += module?.changes[what] ?? 0;
  } finally {
    await server.close();
  }
}

class Apps {
  readonly #server: EmbeddedServer;
  readonly #random: SeededRandom;
  readonly #report: AppReport;
  readonly #clock = new FakeClock();
  readonly #network: FaultNetwork;
  readonly #users: AppUser[] = [];
  readonly #module: ChangingModule | undefined;
  #skew = 0;
  /** How many sockets and frames clients have asked the network for. */
  #traffic = 0;

  constructor(server: EmbeddedServer, random: SeededRandom, report: AppReport, module: ChangingModule | undefined) {
    this.#server = server;
    this.#module = module;
    this.#random = random;
    this.#report = report;
    const connect: Connect = (request, handlers) => {
      this.#traffic++;
      const socket = server.connectInMemory(request, handlers);
      const send = (frame: Uint8Array<ArrayBuffer>): void => {
        this.#traffic++;
        socket.send(frame);
      };
      return { send, bufferedBytes: 0, close: (code, reason) => socket.close(code, reason) };
    };
    this.#network = faultNetwork(repacked(connect, random), { clock: this.#clock, seed: random.below(2 ** 32) });
  }

  async run(): Promise<void> {
    const observer = await SpacetimeDbClient.create(this.#options(this.#server.network({ clock: this.#clock })));
    // It reads bytes only.
    observer.onError(() => undefined);
    const observing = observer.connect();
    for (const name of ['ann', 'bob']) await this.#start(AppUser.create(name, this.#appOptions(), this.#random));
    for (let round = 0; round < 2; round++) {
      for (const user of this.#users) user.mischief = this.#random.pick([0, 0.03, 0.3]);
      for (let step = 0; step < 40; step++) await this.#step();
      await this.#quiet();
      await observing;
      for (const user of this.#users) await this.#judge(user, observer);
      if (this.#module === undefined) continue;
      for (const user of this.#users) await this.#module.judge(user, this.#clock);
      await this.#judgeTraffic();
    }
    if (this.#module !== undefined) await this.#fitAgain(this.#module, observer);
    for (const user of this.#users) this.#leave(user);
    await this.#pass(2000);
    for (const user of this.#users) this.#judgeWatched(user);
    for (const { client } of this.#users) await client.dispose();
    await observer.dispose();
    await this.#pass(1000);
    if (this.#network.openSockets > 0) throw new Error(`${this.#network.openSockets} sockets are left`);
    if (this.#clock.openTimers > 0) throw new Error(`${this.#clock.openTimers} timers are left`);
    for (const user of this.#users) this.#judgeEnd(user);
  }

  async #start(starting: Promise<AppUser>): Promise<void> {
    const user = await starting;
    user.tolerates = (error) => this.#module?.tolerates(error) ?? false;
    this.#users.push(user);
    user.connect();
  }

  /** The program of a user ends and begins again, with what is in its store. */
  async #restart(former: AppUser): Promise<void> {
    this.#report.restarts++;
    this.#users.splice(this.#users.indexOf(former), 1);
    this.#leave(former);
    await former.client.dispose();
    await this.#pass(1);
    this.#judgeEnd(former);
    await this.#start(former.again());
  }

  #leave(user: AppUser): void {
    user.unmountAll();
    this.#report.actions += user.actions;
    this.#report.nested += user.nested;
  }

  #judgeEnd({ unsettled, problems }: AppUser): void {
    if (unsettled.size > 0) throw new Error(`these never settled: ${[...unsettled].join()}`);
    if (problems.length > 0) throw new Error(`at the end: ${problems.join('\n')}`);
  }

  #options(webSocket: FaultNetwork): ClientOptions {
    return {
      host: 'localhost',
      database: 'apps',
      compression: this.#random.pick(['none', 'gzip', 'brotli']),
      clock: this.#skewed(),
      random: () => this.#random.next(),
      webSocket,
      fetch: this.#module?.fetch ?? (() => Promise.resolve(new Response(referenceSchema(10)))),
      checkSchema: this.#random.pick(['connect', 'onError']),
    };
  }

  #appOptions(): ClientOptions {
    const random = this.#random;
    const isOffline = random.chance(0.5);
    if (isOffline) this.#report.offline++;
    return {
      ...this.#options(this.#network),
      ids: someIds(random),
      authStorage: new InMemoryTokenStore(),
      wrapCommit: random.pick(commits),
      outboundBatching: random.pick(['opportunistic', 'disabled']),
      subscribeTimeoutMs: random.pick([100, 120_000]),
      limits: random.pick([{}, { maxPendingCalls: 3, maxOutboundFrameBytes: 64 }]),
      ...(isOffline && {
        offlineStorage: new InMemoryOfflineStorage(),
        queuePolicy: { window: 1 + random.below(5), maxMutationAgeMs: random.pick([Infinity, 20_000]) },
      }),
    };
  }

  /** The time of one program, which somebody may set. */
  #skewed(): Clock {
    return {
      now: () => this.#clock.now() + this.#skew,
      setTimer: (millis, callback) => this.#clock.setTimer(millis, callback),
    };
  }

  async #step(): Promise<void> {
    const random = this.#random;
    if (random.chance(0.02)) await this.#restart(random.pick(this.#users));
    if (this.#module !== undefined && random.chance(0.07)) await this.#module.change();
    if (random.chance(0.02)) this.#skew = random.pick([-3_600_000, 0, 60_000, 3_600_000]);
    const fault = random.below(30);
    if (fault === 0) this.#network.cutAll();
    else if (fault === 1) this.#network.goSilent();
    else if (fault === 2) this.#network.plan = this.#badPlan();
    else if (fault === 3) this.#network.plan = healthyNetwork;
    for (let count = random.below(3); count >= 0; count--) random.pick(this.#users).act();
    // What happens between a connection and its rows is what is hardest to get right.
    const isInBetween = this.#users.some((user) => isBetweenConnectionAndRows(user));
    if (isInBetween && random.chance(0.2)) this.#network.cutAll();
    if (isInBetween) await this.#pass(random.below(30), 4);
    else await this.#pass(random.chance(0.05) ? random.below(20_000) : random.below(150), 8);
  }

  #badPlan(): FaultPlan {
    const random = this.#random;
    const [refuse, cut, drop] = [random.pick([0, 0, 0.3]), random.pick([0, 0, 0.03]), random.pick([0, 0, 0.01])];
    return { maxDelayMs: random.below(400), refuse, cut, drop };
  }

  #pass(millis: number, steps = 20): Promise<void> {
    return pass(this.#clock, millis, steps);
  }

  async #quiet(): Promise<void> {
    this.#network.plan = healthyNetwork;
    for (const user of this.#users) user.mischief = 0;
    for (let waited = 0; waited < 200; waited++) {
      for (const user of this.#users) {
        if (user.client.connection.state.peek().status === 'disconnected') user.connect();
      }
      await this.#pass(1000, 4);
      // A socket that is dead in silence is noticed after an idle probe, which a clock that was set back makes wait twice, and looks ready until then.
      if (waited >= 75 && this.#users.every((user) => isQuiet(user))) break;
      if (waited === 199) throw new Error(`not quiet: ${this.#users.map((user) => told(user)).join('\n')}`);
    }
  }

  async #judge(user: AppUser, observer: SpacetimeDbClient): Promise<void> {
    const { client, core } = user;
    if (user.problems.length > 0) throw new Error(user.problems.join('\n'));
    const expected = new Map<string, Set<string>>();
    const live = user.liveQueries();
    for (const query of live) {
      if (this.#module?.version.misfits.has(tableOf(query)) === true) continue;
      const [table, rows] = await this.#answer(query, user, observer);
      expected.set(table, new Set([...(expected.get(table) ?? []), ...rows]));
    }
    for (const table of tables) {
      // What nobody has asked for since the last run is what it was then.
      if (user.isFromStore && !live.some((query) => tableOf(query) === table)) continue;
      expectSameRows(`the rows of ${table}`, user.rows(table), [...(expected.get(table) ?? [])].sort());
      const mirrored = user.mirrored(table);
      if (mirrored !== undefined) expectSameRows(`the events of ${table}`, mirrored, user.rows(table));
    }
    for (const { pending, name } of [client.entity, client.setting, client.score, client.note, client.message]) {
      if (pending.peek().size > 0) throw new Error(`${name}: ${pending.peek().size} are pending`);
    }
    for (const component of user.components) {
      this.#report.mounted++;
      const missing = component.queries.filter(
        (query) => !live.includes(query) && this.#module?.everMisfits.has(tableOf(query)) !== true,
      );
      if (missing.length > 0) throw new Error(`a component wants ${missing.join()}, which nobody is subscribed to`);
      if (component.problems.length > 0) throw new Error(component.problems.join('\n'));
      if (!isAlike(component.seen, component.present)) throw new Error('a component shows what was');
    }
    // It may just be asking for a sign of life.
    await this.#pass(10, 1);
    if (core.connection.bufferedBytes > 0) throw new Error('bytes are left');
  }

  /** Nothing is asked for over and over: what is silent is asked for a sign of life now and then. */
  async #judgeTraffic(): Promise<void> {
    const before = this.#traffic;
    await this.#pass(60_000, 30);
    const frames = this.#traffic - before;
    if (frames > 4 * this.#users.length) throw new Error(`${frames} frames about nothing`);
  }

  /** The module is what the clients know: with new connections everything is as if nothing had been. */
  async #fitAgain(module: ChangingModule, observer: SpacetimeDbClient): Promise<void> {
    await module.change(fitting);
    for (const { client } of this.#users) client.connection.reconnect();
    await this.#quiet();
    for (const user of this.#users) {
      for (const table of module.everMisfits) {
        const handle = user.client.subscriptions.subscribe(`SELECT * FROM ${table}`);
        user.handles.add(handle);
        await passUntil(this.#clock, table, handle.applied);
      }
      await this.#judge(user, observer);
    }
  }

  /** What the server answers to a query now, from whom it is. */
  async #answer(
    query: string,
    user: AppUser,
    observer: SpacetimeDbClient,
  ): Promise<readonly [string, readonly string[]]> {
    const named = tableOf(query);
    const me = user.client.identity.peek();
    const ask = async (table: string, sql: string): Promise<readonly string[]> => {
      const asked = observer.subscriptions.oneOffQuery({ table, toSql: () => sql, decodeRow: toHex });
      return passUntil(this.#clock, sql, asked);
    };
    switch (named) {
      case 'chat_event':
        return [named, []];
      case 'lobby': {
        const messages = await ask('message', 'SELECT * FROM message');
        return [named, messages.filter((hex) => decode(messageCodec, fromHex(hex), 'a row').room === 0)];
      }
      case 'me': {
        const users = await ask('user', 'SELECT * FROM user');
        return [named, users.filter((hex) => me?.equals(decode(userCodec, fromHex(hex), 'a row').identity))];
      }
      case 'my_inbox': {
        const notes = await ask('note', 'SELECT * FROM note');
        const isMine = (hex: string): boolean => {
          const { owner, folder } = decode(noteCodec, fromHex(hex), 'a row');
          return owner.equals(me ?? owner) && folder === 'inbox';
        };
        return [named, notes.filter(isMine)];
      }
      default:
        return [named, await ask(named, query)];
    }
  }

  /** Nothing of what was shown is watched any more, and only those sets are left that somebody wants. */
  #judgeWatched({ client, core, handles, initial }: AppUser): void {
    const watched = Object.entries(client.inspect().watched).filter(([, count]) => count > 0);
    if (watched.length > 0) throw new Error(`watched still: ${JSON.stringify(watched)}`);
    const wanted = [...initial, ...[...handles].filter(({ isActive }) => isActive).map(({ querySetId }) => querySetId)];
    const live = core.querySets.live().map(({ id }) => id);
    if (live.some((id) => !wanted.includes(id)))
      throw new Error(`sets ${live.join()} are live, ${wanted.join()} are wanted`);
  }
}

function isBetweenConnectionAndRows({ client }: AppUser): boolean {
  return client.address.peek() !== undefined && !client.subscriptions.ready.peek();
}

function isQuiet({ client, unsettled }: AppUser): boolean {
  return client.subscriptions.ready.peek() && unsettled.size === 0 && client.pendingMutations.peek().length === 0;
}

function told({ client, unsettled }: AppUser): string {
  return `${JSON.stringify(client.inspect())}; ${[...unsettled].join()}`;
}

/** Whether two things that are shown are the same, item by item where they are lists. */
function isAlike(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return Object.is(left, right);
  return left.length === right.length && left.every((item, index) => isAlike(item, right[index]));
}
