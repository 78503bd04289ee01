import { once } from 'node:events';
import { SpacetimeDbClient } from '../../test/generated/reference/index.ts';
import { type Measurement } from './measurement.ts';

/** How many calls are under way at a time. */
const pipelined = 500;

const host = process.argv[2] ?? '';

/** Measures what happens `count` times in `run`, which was done before, so that it is compiled. */
async function measure(what: string, unit: string, count: number, run: () => Promise<unknown>): Promise<void> {
  tell({ begins: true });
  await once(process, 'message');
  await run();
  tell({ what, unit, count });
  await once(process, 'message');
}

function tell(measurement: Measurement): void {
  if (process.send === undefined) throw new Error('this program is started by bench/speed/server.ts');
  process.send(measurement);
}

async function connected(): Promise<SpacetimeDbClient> {
  const client = await SpacetimeDbClient.create({ host, database: 'bench' });
  await client.connect();
  return client;
}

async function calls(
  what: string,
  query: string | undefined,
  call: (client: SpacetimeDbClient) => Promise<unknown>,
): Promise<void> {
  const client = await connected();
  if (query !== undefined) await client.subscriptions.subscribe(query).applied;
  const rounds = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round++) {
      await Promise.all(Array.from({ length: pipelined }, () => call(client)));
    }
  };
  await rounds(20);
  await measure(`${what}, ${pipelined} under way`, 'call', 60 * pipelined, () => rounds(60));
  await client.dispose();
}

/** One row after the other, each when all who see the former one have it. */
async function fanOut(what: string, text: string, count: number, queryOf: (index: number) => string): Promise<void> {
  const clients: SpacetimeDbClient[] = [];
  for (let index = 0; index < count; index++) {
    const client = await connected();
    await client.subscriptions.subscribe(queryOf(index)).applied;
    clients.push(client);
  }
  const receivers = queryOf(0) === queryOf(1) ? clients : clients.slice(0, 1);
  const caller = await connected();
  const arrivals = new EventTarget();
  let missing = 0;
  for (const client of receivers) {
    client.message.onInsert(() => {
      if (--missing === 0) arrivals.dispatchEvent(new Event('all'));
    });
  }
  const say = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      missing = receivers.length;
      await Promise.all([once(arrivals, 'all'), caller.reducers.say({ room: 1000, text })]);
    }
  };
  await say(50);
  await measure(`${what}, ${count} subscribers`, 'row', 200, () => say(200));
  await Promise.all([caller, ...clients].map((client) => client.dispose()));
}

await calls('calls that do nothing', undefined, (client) => client.reducers.noop());
await calls('calls that insert a row which the caller sees', 'SELECT * FROM message WHERE room = 1', (client) =>
  client.reducers.say({ room: 1, text: 'a message' }),
);
const longText = Array.from({ length: 400 }, (_, index) => `word ${(index * 7919) % 1000}`).join(' ');
for (const subscribers of [50, 100, 200]) {
  const same = (): string => 'SELECT * FROM message WHERE room = 1000';
  await fanOut('a short row', 'a message', subscribers, same);
  await fanOut('a row of 3.5 kB', longText, subscribers, same);
  const own = (index: number): string => `SELECT * FROM message WHERE room = ${index + 1000}`;
  await fanOut('a short row that one of them sees', 'a message', subscribers, own);
}
process.exit();
