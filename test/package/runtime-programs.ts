/** A program with `session.js` beside it that uses what a runtime beside Node has to bring: called with a host and a folder, it prints what it saw. Its server falls over when it says so. */
export const clientProgram = `
import { argv } from 'node:process';
import { firstWhere } from 'spacetimedb-signals';
import { FileOfflineStorage, FileTokenStore } from 'spacetimedb-signals/node';
import { SpacetimeDbClient, tables } from './generated/index.js';
import { session } from './session.ts';

const [, , host, folder, first] = argv;
const id = BigInt(first);
const saw = await session(host, id);
const options = { host, database: 'runtimes', retry: { baseDelayMs: 5 } };

for (const compression of ['gzip', 'brotli', 'none']) {
  const client = await SpacetimeDbClient.create({ ...options, compression });
  await client.connect({ initialSubscriptions: tables.note });
  saw.push(compression + ' ' + client.note.find(id)?.body.length);
  await client.dispose();
}

const client = await SpacetimeDbClient.create(options);
await client.connect({ initialSubscriptions: tables.note });
console.log('restart');
await firstWhere(client.subscriptions.ready, (isReady) => !isReady);
await firstWhere(client.subscriptions.ready, (isReady) => isReady);
saw.push('after a restart ' + client.note.find(id)?.title);
await client.dispose();

const notThere = await SpacetimeDbClient.create({ host, database: 'not-there' });
await notThere.connect().catch((error) => saw.push(error.message.includes('not-there') ? 'is not there' : String(error)));
await notThere.dispose();

const store = () => ({ offlineStorage: new FileOfflineStorage(folder + '/store'), authStorage: new FileTokenStore(folder + '/token') });
const writer = await SpacetimeDbClient.create({ ...options, ...store() });
await writer.connect({ initialSubscriptions: tables.note });
const reader = await SpacetimeDbClient.create({ ...options, ...store() });
saw.push(writer.syncState.value.storage + ' ' + reader.syncState.value.storage);
await reader.dispose();
await writer.dispose();
const offline = await SpacetimeDbClient.create({ ...options, ...store() });
const call = { id: -id, folder: 'inbox', title: 'Tunnel', body: '', tags: [] };
const { status, settled } = await offline.reducers.createNote(call);
saw.push('cached ' + offline.note.find(id)?.title + ', ' + status);
await offline.connect({ initialSubscriptions: tables.note });
await settled;
saw.push('sent ' + offline.note.find(-id)?.title);
await offline.dispose();
console.log(JSON.stringify(saw));
`;

/** What it sees, after what the session sees. */
export const clientReport: readonly string[] = [
  'gzip 5000',
  'brotli 5000',
  'none 5000',
  'after a restart Milk',
  'is not there',
  'readWrite readOnly',
  'cached Milk, pending',
  'sent Tunnel',
];

/** A program that serves a module in TypeScript, which the folder that it is called with holds, and prints what became of it. */
export const serverProgram = `
import { argv } from 'node:process';
import { createServer } from 'node:http';
import { EmbeddedServer } from 'spacetimedb-signals/embedded';

const [, , module, data] = argv;
const log = [];
const start = () => EmbeddedServer.start({ module, database: 'a', dataDir: data, log: ({ filename, lineNumber, message }) => log.push(filename + ':' + lineNumber + ' ' + message.split('\\n')[0]) });
const server = await start();
const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
await new Promise((resolve) => other.once('listening', resolve));
server.as('ann').call('put', ['first']);
try {
  server.call('fail');
} catch (error) {
  log.push(error.constructor.name);
}
log.push(await server.callProcedure('visit', ['http://127.0.0.1:' + other.address().port + '/']));
other.close();
await server.reload();
await server.close();
const again = await start();
log.push(again.query('SELECT text FROM item').map(({ text }) => text).join());
await again.close();
console.log(JSON.stringify(log));
`;

/** The module that it serves. */
export const servedModule = `
import { schema, t, table } from 'spacetimedb/server';
const item = table({ name: 'item', public: true }, { id: t.u32().primaryKey().autoInc(), text: t.string() });
const spacetimedb = schema({ item });
export default spacetimedb;
export const put = spacetimedb.reducer({ text: t.string() }, (ctx, { text }) => void ctx.db.item.insert({ id: 0, text }));
export const fail = spacetimedb.reducer(() => {
  throw new TypeError('lost');
});
export const visit = spacetimedb.procedure({ url: t.string() }, t.string(), (ctx, { url }) => {
  const text = ctx.http.fetch(url).text();
  ctx.withTx((tx) => tx.db.item.insert({ id: 0, text }));
  console.log('visited');
  return text;
});
`;

/** What it prints. */
export const serverReport: readonly string[] = [
  'src/index.ts:8 reducer fail died: Uncaught TypeError: lost',
  'ReducerError',
  'src/index.ts:13 visited',
  'hello',
  'first,hello',
];
