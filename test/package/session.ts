/** A program with a session that uses much of a client: `session(host)` gives what it saw. Runs wherever there are sockets. */
export const sessionProgram = `
import { effect, firstNonNull, firstWhere, isSpacetimeDbError, OptimisticChange } from 'spacetimedb-signals';
import { SpacetimeDbClient, tables } from './generated/index.js';

const text = (length: number): string =>
  Array.from({ length }, (_, at) => String.fromCodePoint(0xc0 + ((at * 7919) % 0x2000))).join('');

export async function session(host: string, id: bigint): Promise<readonly string[]> {
  const saw: string[] = [];
  const client = await SpacetimeDbClient.create({ host, database: 'runtimes', retry: { baseDelayMs: 5 } });
  client.onError((error) => saw.push('error ' + String(error)));
  const note = client.note.row(id);
  const stop = effect(() => void saw.push('title ' + String(note.value?.title)));
  await client.connect({ initialSubscriptions: [tables.note, 'SELECT * FROM message'] });
  const { value: owner } = client.identity;
  if (owner === undefined) throw new Error('nobody');
  const draft = { id, folder: 'inbox', title: 'Grüße 😀', body: text(5000), tags: [] };
  await client.reducers.createNote(draft);
  const row = await firstNonNull(note);
  const renamed = { ...row, title: 'Milk' };
  const call = client.reducers.updateNote(renamed, { optimisticChanges: [OptimisticChange.updateRow(client.note, row, renamed)] });
  saw.push('pending ' + client.note.pending.value.size);
  await call;
  try {
    await client.reducers.say({ room: 3, text: '' });
  } catch (error) {
    if (isSpacetimeDbError(error, 'reducer')) saw.push('refused ' + error.message);
  }
  saw.push('sum ' + (await client.procedures.add({ left: 2n, right: 40n })));
  // The rows of the new connection are long enough to come compressed, and the same.
  client.connection.reconnect();
  await firstWhere(client.subscriptions.ready, (isReady) => isReady);
  const [again] = await client.subscriptions.oneOffQuery(tables.setting);
  saw.push('setting ' + String(again?.key));
  await client.reducers.say({ room: 3, text: 'hello' });
  saw.push('whole ' + (client.note.find(id)?.body === text(5000)));
  saw.push('same ' + (client.identity.value?.equals(owner) === true));
  stop();
  await client.dispose();
  return saw;
}
`;

/** What a session sees. */
export const sessionReport: readonly string[] = [
  'title undefined',
  'title Grüße 😀',
  'title Milk',
  'pending 1',
  'refused say something',
  'sum 42',
  'setting motd',
  'whole true',
  'same true',
];
