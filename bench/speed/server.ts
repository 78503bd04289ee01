import { once } from 'node:events';
import { join } from 'node:path';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { SpacetimeDbClient } from '../../test/generated/reference/index.ts';

/** How many calls are under way at a time. */
const pipelined = 500;

/**
 * What the embedded server does with the reference module: calls of one client, and updates for many, over real sockets; and what a call costs in larger and larger
 * tables.
 */
export async function server(root: string): Promise<void> {
  const module = join(root, 'test/reference-module/reference-module.wasm');
  const started = await EmbeddedServer.start({ module, database: 'bench' });
  try {
    const perSecond = await callsPerSecond(started);
    console.log(`embedded server: ${Math.round(perSecond)} reducer calls a second, one client, ${pipelined} under way`);
    for (const line of growthOfCalls(started)) console.log(line);
    await started.reset();
    for (const subscribers of [50, 100, 200]) {
      const same = await fanOut(started, subscribers, () => 'SELECT * FROM message');
      const own = await fanOut(started, subscribers, (index) => `SELECT * FROM message WHERE room = ${index + 1000}`);
      console.log(
        `embedded server, ${subscribers} subscribers: ${same.toFixed(2)} ms until a row reached all of them, ${own.toFixed(2)} ms for a row of one of their queries`,
      );
    }
  } finally {
    await started.close();
  }
}

function connected({ host, database }: EmbeddedServer): Promise<SpacetimeDbClient> {
  return SpacetimeDbClient.create({ host, database }).then(async (client) => {
    await client.connect();
    return client;
  });
}

async function callsPerSecond(started: EmbeddedServer): Promise<number> {
  const client = await connected(started);
  const round = (): Promise<unknown> => Promise.all(Array.from({ length: pipelined }, () => client.reducers.noop()));
  await round();
  const begin = performance.now();
  for (let rounds = 0; rounds < 10; rounds++) await round();
  const seconds = (performance.now() - begin) / 1000;
  await client.dispose();
  return (10 * pipelined) / seconds;
}

/** What a call that changes one row costs, in processor time: that of other programs does not count. */
function* growthOfCalls(started: EmbeddedServer): Generator<string> {
  const [batch, calls] = [1000, 5000];
  let rows = 0;
  for (const size of [1000, 10_000, 100_000]) {
    for (; rows < size; rows += batch) started.call('spawn', [rows + 1, batch]);
    const change = (): void => started.call('move_many', [1 + Math.floor(Math.random() * size), 1, 1]);
    for (let call = 0; call < calls; call++) change();
    const begin = process.cpuUsage();
    for (let call = 0; call < calls; call++) change();
    const { user, system } = process.cpuUsage(begin);
    yield `embedded server, ${size} rows: ${((user + system) / calls).toFixed(1)} µs of processor time for a call that changes one of them`;
  }
}

/** How long it takes, in milliseconds, from a call until everybody who sees its row has it: the mean of 20. */
async function fanOut(started: EmbeddedServer, count: number, queryOf: (index: number) => string): Promise<number> {
  const clients = await Promise.all(Array.from({ length: count }, () => connected(started)));
  await Promise.all(clients.map((client, index) => client.subscriptions.subscribe(queryOf(index)).applied));
  const isSame = queryOf(0) === queryOf(1);
  const receivers = isSame ? clients : clients.slice(0, 1);
  const caller = await connected(started);
  const arrivals = new EventTarget();
  let missing = 0;
  for (const client of receivers) {
    client.message.onInsert(() => {
      if (--missing === 0) arrivals.dispatchEvent(new Event('all'));
    });
  }
  const say = async (text: string): Promise<void> => {
    missing = receivers.length;
    const all = once(arrivals, 'all');
    await caller.reducers.say({ room: 1000, text });
    await all;
  };
  await say('warm up');
  const begin = performance.now();
  for (let round = 0; round < 20; round++) await say(`round ${round}`);
  const time = (performance.now() - begin) / 20;
  await Promise.all([caller, ...clients].map((client) => client.dispose()));
  return time;
}
