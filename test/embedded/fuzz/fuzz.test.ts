import { connect } from 'node:net';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordedFrame } from '../../../src/embedded/index.ts';
import { identityOfToken } from '../../support/golden/replay.ts';
import { seededRandom, type SeededRandom } from '../../support/random.ts';
import { WireClient } from '../../support/wire-client.ts';
import { fill, type FuzzWorld, leaksOf, privateMark, startWorld } from './fuzz-world.ts';
import { randomBytes, randomFrame, randomJson, randomReducer, randomSql } from './random-input.ts';

/** How many clients and how many requests; `FUZZ` says otherwise. `FUZZ_SEED` repeats a run. */
const runs = Number(process.env['FUZZ'] ?? 300);
/** In milliseconds; nobody waits for it but a run that hangs. */
const timeout = 60_000 + runs * 100;
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

let world: FuzzWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world.server.close());

/** Faults of the server itself, which it writes into its log with a trace; the module's own are none. */
function faults(): string[] {
  const printed = world.log.filter(({ message }) => /\n\s+at .*src\/embedded/.test(message));
  return printed.map(({ message }) => message);
}

/** The server answers others as if nothing had happened. */
async function expectHealthy(): Promise<void> {
  const client = await WireClient.inMemory(world.server);
  const query = { tag: 'OneOffQuery', requestId: 1, query: 'SELECT * FROM setting' } as const;
  const told = await client.exchange(query);
  expect(told.map(({ tag }) => tag)).toEqual(['InitialConnection', 'OneOffQueryResult']);
  client.leave();
  await client.settle();
  expect(faults()).toEqual([]);
}

let lastChecked: RecordedFrame | undefined;

function expectNoLeak(): void {
  const { server } = world;
  const owner = identityOfToken(server.ownerToken);
  const fresh = server.frames.slice(lastChecked === undefined ? 0 : server.frames.lastIndexOf(lastChecked) + 1);
  expect(leaksOf(fresh, server.as('ann').identity, owner)).toEqual([]);
  lastChecked = fresh.at(-1) ?? lastChecked;
}

test(
  `whatever clients send, over ${runs} connections: no crash, no hang, no row of others; FUZZ_SEED=${seed}`,
  { timeout },
  async () => {
    const random = seededRandom(seed);
    let closed = 0;
    // Somebody for whom the server has views ready.
    const ann = await WireClient.inMemory(world.server, { token: world.server.as('ann').token });
    const queries = ['SELECT * FROM my_inbox', 'SELECT * FROM me'];
    await ann.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries });
    for (let run = 0; run < runs; run++) {
      const version = random.pick(['v2', 'v3'] as const);
      const overSocket = random.chance(0.1);
      const options = {
        version,
        ...(random.chance(0.2) && { token: world.server.as('ann').token }),
      };
      const client = await (overSocket
        ? WireClient.overWebSocket(world.server, options)
        : WireClient.inMemory(world.server, options));
      for (let count = random.below(8); count > 0 && client.closed === undefined; count--) {
        client.sendRaw(random.chance(0.03) ? 'a text' : randomFrame(random));
        if (random.chance(0.3)) world.server.as('ann').call('say', [0, 'x']);
        await client.settle();
      }
      await client.settle();
      if (client.closed !== undefined) {
        closed++;
        expect([1006, 1011]).toContain(client.closed.code);
        expect(Buffer.byteLength(client.closed.reason)).toBeLessThanOrEqual(123);
      }
      client.leave();
      if (run % 50 === 49) {
        await expectHealthy();
        expectNoLeak();
        fill(world.server);
      }
    }
    await expectHealthy();
    expectNoLeak();
    expect(closed).toBeGreaterThan(runs / 20);
    ann.leave();
  },
);

/** A request that may be one of any route, by anybody. */
interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly isOwner: boolean;
}

function randomRequest(random: SeededRandom): FuzzRequest {
  const { server } = world;
  const isOwner = random.chance(0.1);
  const token = isOwner
    ? server.ownerToken
    : random.pick([server.as('ann').token, damaged(server.ownerToken, random), 'x', '']);
  const routes = ['sql', 'call', 'schema', 'logs', 'identity', 'route/x', 'subscribe', 'names', '', '..', '%00', '%zz'];
  const route = random.pick(routes);
  const tail = route === 'call' ? `/${encodeURIComponent(randomReducer(random))}` : '';
  const database = random.pick(['fuzz', 'fuzz', 'fuzz', 'Fuzz', 'nope', '', '%2e%2e', '0'.repeat(64)]);
  const query = random.pick([
    '',
    '?version=9',
    '?version=x',
    '?num_lines=-1',
    '?token=x',
    `?token=${token}`,
    '?compression=%',
  ]);
  const path = random.chance(0.85)
    ? `/v1/database/${database}/${route}${tail}${query}`
    : random.pick([
        '/v1/ping',
        '/v1/identity',
        '/v1/identity/websocket-token',
        '/',
        '/v1',
        '//',
        '/v1/identity/x/verify',
      ]);
  const body = route === 'sql' ? randomSql(random) : random.chance(0.8) ? randomJson(random) : randomBytes(random, 50);
  const headers: Record<string, string> = random.chance(0.7) ? { 'content-type': 'application/json' } : {};
  if (random.chance(0.6) || isOwner) headers['authorization'] = random.chance(0.9) ? `Bearer ${token}` : 'Basic x';
  if (random.chance(0.1)) Object.assign(headers, { upgrade: 'websocket', connection: 'Upgrade' });
  return {
    method: random.pick(['GET', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    path,
    headers,
    body,
    isOwner,
  };
}

/** A token in which one character is another. */
function damaged(token: string, random: SeededRandom): string {
  const at = random.below(token.length);
  return `${token.slice(0, at)}${random.pick(['A', 'b', '.', '-', '='])}${token.slice(at + 1)}`;
}

async function send({ method, path, headers, body }: FuzzRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const { port } = world.server;
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, agent: false });
    sent.setTimeout(5000, () => sent.destroy(new Error(`${method} ${path} hangs`)));
    sent.on('error', reject);
    // The server may end a connection that it has answered in full; what comes first counts.
    sent.on('close', () => resolve({ status: 0, text: '' }));
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, text: '' });
    });
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    sent.end(body);
  });
}

test(
  `whatever is asked over HTTP, ${runs} times: an answer, and nothing of others in it; FUZZ_SEED=${seed}`,
  { timeout },
  async () => {
    const random = seededRandom(seed);
    const statuses = new Set<number>();
    for (let run = 0; run < runs; run++) {
      const asked = randomRequest(random);
      const { status, text } = await send(asked);
      statuses.add(status);
      const isExpected = status !== 500 || /is not authorized|Unable to authorize|The module instance/.test(text);
      expect([isExpected, asked, text]).toEqual([true, asked, text]);
      // A token of the owner with a character that means nothing is still his.
      if (!asked.isOwner && !text.includes('INSERT'))
        expect([text.includes(privateMark) && !isOwners(asked), asked]).toEqual([false, asked]);
      if (run % 50 === 49) {
        await expectHealthy();
        fill(world.server);
      }
    }
    await expectHealthy();
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
  },
);

/** Whether the request carries what is the owner's token in every bit: base64 has bits that mean nothing. */
function isOwners({ headers, path }: FuzzRequest): boolean {
  const token = /[?&]token=([^&]*)/.exec(path)?.[1] ?? headers['authorization']?.replace('Bearer ', '') ?? '';
  const bits = (text: string): string[] =>
    text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
  return bits(token).join() === bits(world.server.ownerToken).join();
}

test(`sockets that do not even speak HTTP are left to themselves; FUZZ_SEED=${seed}`, { timeout }, async () => {
  const random = seededRandom(seed);
  for (let run = 0; run < Math.ceil(runs / 20); run++) {
    const socket = connect(world.server.port, '127.0.0.1');
    const ended = new Promise<void>((resolve) => {
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
    });
    socket.resume();
    socket.write(randomBytes(random, 200));
    socket.end('\r\n\r\n');
    await ended;
    expect(socket.destroyed).toBe(true);
  }
  await expectHealthy();
});
