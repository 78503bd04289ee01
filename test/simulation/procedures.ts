import { inspect, isDeepStrictEqual } from 'node:util';
import { type IdSource } from '../../src/ids.ts';
import { type ClientOptions } from '../../src/options.ts';
import { EmbeddedServer, type FaultNetwork, healthyNetwork } from '../../src/embedded/index.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { eventually } from '../support/live-clients.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { referenceProject } from '../support/typescript-project.ts';
import { Mischief } from './component.ts';

/** What became of the calls of a seed, or of several together. */
export interface ProcedureReport {
  returned: number;
  failed: number;
  /** Calls that nobody waited for any more. */
  abandoned: number;
  /** Calls whose connection broke, or was not there. */
  lost: number;
}

/** A call that somebody made. */
interface Deed {
  readonly text: string;
  /** What it must come to, when it comes to anything. */
  readonly expected: unknown;
  /** How it ended. */
  outcome?: { readonly value: unknown } | { readonly error: unknown };
}

const modules = [referenceWasm, referenceProject];

/** Users who call procedures on a bad network while their module is loaded anew and its server falls over. Throws an `Error` that says what did not hold. */
export async function simulateProcedures(seed: number, report: ProcedureReport): Promise<void> {
  const random = seededRandom(seed);
  const server = await EmbeddedServer.start({
    module: random.pick(modules),
    database: 'procedures',
    log: () => undefined,
  });
  const users: ProcedureUser[] = [];
  try {
    for (const name of ['ann', 'bob']) users.push(await ProcedureUser.start(name, server, random));
    for (let step = 0; step < 30; step++) {
      for (let count = random.below(4); count > 0; count--) random.pick(users).call();
      await mishap(server, random.pick(users), random);
      await new Promise((resolve) => setTimeout(resolve, random.below(15)));
    }
    for (const user of users) {
      user.network.plan = healthyNetwork;
      user.client.connection.reconnect();
      await eventually('all calls have ended', () => user.client.inspect().pendingCalls === 0);
      await eventually('all promises have settled', () => user.deeds.every(({ outcome }) => outcome !== undefined));
      for (const deed of user.deeds) judge(deed, server, report);
    }
  } finally {
    for (const { client } of users) await client.dispose();
    await server.close();
  }
}

/** What comes in between, or nothing. */
async function mishap(server: EmbeddedServer, { client, network }: ProcedureUser, random: SeededRandom): Promise<void> {
  const what = random.below(30);
  if (what < 2) network.cutAll();
  else if (what < 4) client.connection.reconnect();
  else if (what === 4) await client.disconnect();
  else if (what < 8) client.connect().catch(() => undefined);
  else if (what === 8) await server.reload(random.pick(modules));
  else if (what === 9) await server.restart();
  else if (what === 10) network.plan = { maxDelayMs: random.below(30), refuse: random.pick([0, 0.3]) };
}

function judge(
  { text, expected, outcome = { error: undefined } }: Deed,
  server: EmbeddedServer,
  report: ProcedureReport,
): void {
  const count = (player: string): number =>
    server.query(`SELECT * FROM score WHERE player = '${player} ${text}'`).length;
  const [slow, done] = [count('slow'), count('done')];
  if (slow > 1 || done > slow) throw new Error(`${text} began ${slow} times and was done ${done} times`);
  if ('value' in outcome) {
    report.returned++;
    if (expected === undefined || !isDeepStrictEqual(outcome.value, expected))
      throw new Error(`${text} returned ${inspect(outcome.value)} in the place of ${inspect(expected)}`);
    if (typeof expected === 'object' && done === 0)
      throw new Error(`${text} has returned, and nothing of it can be seen`);
    return;
  }
  const { error } = outcome;
  if (isSpacetimeDbError(error, 'procedure')) report.failed++;
  else if (isSpacetimeDbError(error, 'timeout') || error instanceof Mischief) report.abandoned++;
  else if (isSpacetimeDbError(error, 'connection')) report.lost++;
  else throw new Error(`${text}: ${String(error)}`);
}

/** Request ids that begin at 1 with each connection, as those of another client may: answers of the connection before have the same. */
class IdsOfConnection implements IdSource {
  readonly sendsHeaders = true;
  readonly connect: FaultNetwork['connect'];
  #requestId = 0;
  #querySetId = 0;

  constructor(network: FaultNetwork) {
    this.connect = (request, handlers) => {
      this.#requestId = 0;
      return network.connect(request, handlers);
    };
  }

  nextRequestId(): number {
    return ++this.#requestId;
  }

  nextQuerySetId(): number {
    return ++this.#querySetId;
  }
}

class ProcedureUser {
  readonly deeds: Deed[] = [];
  readonly client: SpacetimeDbClient;
  readonly network: FaultNetwork;
  readonly #name: string;
  readonly #random: SeededRandom;

  private constructor(name: string, client: SpacetimeDbClient, network: FaultNetwork, random: SeededRandom) {
    this.#name = name;
    this.client = client;
    this.network = network;
    this.#random = random;
  }

  static async start(name: string, server: EmbeddedServer, random: SeededRandom): Promise<ProcedureUser> {
    const network = server.network({ seed: random.below(2 ** 32) });
    const ids = new IdsOfConnection(network);
    const { host, database } = server;
    const retry: ClientOptions['retry'] = { baseDelayMs: 1, maxDelayMs: 20 };
    const client = await SpacetimeDbClient.create({
      host,
      database,
      webSocket: ids,
      ids,
      retry,
      retryInitialConnect: true,
    });
    client.onError(() => undefined);
    await client.connect({ initialSubscriptions: ['SELECT * FROM score'] });
    return new ProcedureUser(name, client, network, random);
  }

  call(): void {
    const random = this.#random;
    const { procedures } = this.client;
    const number = this.deeds.length;
    const text = `${this.#name}-${number}`;
    const controller = random.chance(0.15) ? new AbortController() : undefined;
    const options = { timeoutMs: random.pick([5, 30_000, 30_000]), ...(controller && { signal: controller.signal }) };
    const [left, right] = [BigInt(number), BigInt(1000 * random.below(1000))];
    switch (random.below(5)) {
      case 0:
      case 1:
        this.#follow({ text, expected: left + right }, procedures.add({ left, right }, options));
        break;
      case 2:
        this.#follow({ text, expected: undefined }, procedures.panicProcedure(options));
        break;
      default:
        this.#follow(
          { text, expected: { tag: 'Active', value: left } },
          procedures.slowSay({ room: number, text }, options),
        );
    }
    if (controller !== undefined) setTimeout(() => controller.abort(new Mischief('aborted')), random.below(10));
  }

  #follow(deed: Deed, promise: Promise<unknown>): void {
    this.deeds.push(deed);
    promise.then(
      (value) => (deed.outcome = { value }),
      (error: unknown) => (deed.outcome = { error }),
    );
  }
}
