import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServer, ModuleLoadError, SqlError } from '../../../src/embedded/index.ts';
import { FileOfflineStorage, FileTokenStore } from '../../../src/node.ts';
import { firstWhere, isSpacetimeDbError, OptimisticChange } from '../../../src/index.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';

/** Whether the realm of this program is another one than Node's. */
export const isForeign: boolean = !(Reflect.get(globalThis, 'process').constructor instanceof Object);

/** Lives through what a test with an embedded server and clients meets; the result is what it saw, step by step. Rejects with what no test should see. */
export async function session(module: string, folder: string): Promise<readonly string[]> {
  const seen: string[] = [];
  const dataDir = join(folder, 'data');
  for (const start of ['first', 'second']) {
    await using server = await EmbeddedServer.start({ module, database: 'realm', dataDir, durable: true });
    server.as('ann').call('say', [1, start]);
    seen.push(`${start}: ${server.query('SELECT text FROM message').length} messages`);
  }
  await using server = await EmbeddedServer.start({ module: await readFile(module), database: 'realm' });
  seen.push(...(await refusals(server, folder)), ...(await overHttp(server)));
  for (const compression of ['none', 'gzip', 'brotli'] as const) seen.push(await bytes(server, module, compression));
  for (const run of [1n, 2n]) seen.push(await offline(server, folder, run));
  return [...seen, await broken(server)];
}

async function outcome(what: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof what === 'function' ? what() : what);
    return 'nothing went wrong';
  } catch (error) {
    if (error instanceof SqlError || error instanceof ModuleLoadError) return `${error.name}: ${error.message}`;
    if (isSpacetimeDbError(error)) return `${error.name}: ${error.message}`;
    throw error;
  }
}

async function refusals(server: EmbeddedServer, folder: string): Promise<readonly string[]> {
  const client = await SpacetimeDbClient.create({ host: '127.0.0.1:1', database: 'realm' });
  return [
    await outcome(EmbeddedServer.start({ module: join(folder, 'none.wasm'), database: 'none' })),
    await outcome(EmbeddedServer.start({ module: new Uint8Array(3), database: 'none' })),
    await outcome(EmbeddedServer.start({ module: folder, database: 'none', port: server.port })),
    await outcome(() => server.call('say', [1, ''])),
    await outcome(() => server.query('no SQL')),
    await outcome(client.connect()),
  ].map((text) => text.replaceAll(folder, 'FOLDER'));
}

async function overHttp(server: EmbeddedServer): Promise<readonly string[]> {
  const ask = async (path: string, body: string): Promise<string> => {
    const headers = { authorization: `Bearer ${server.ownerToken}`, 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/v1/database/realm${path}`, { method: 'POST', headers, body });
    return `${response.status} ${await response.text()}`;
  };
  const sql = await ask('/sql', 'SELECT key FROM setting');
  return [await ask('/call/say', '[2, "by HTTP"]'), `${sql.slice(0, 3)} ${sql.includes('motd')}`];
}

/** Bytes that Node has read go through a call, the server and a frame, and come back. */
async function bytes(server: EmbeddedServer, file: string, compression: 'none' | 'gzip' | 'brotli'): Promise<string> {
  const client = await SpacetimeDbClient.create({ host: server.host, database: 'realm', compression });
  await client.connect({ initialSubscriptions: ['SELECT * FROM note'] });
  const body = (await readFile(file)).toString('base64').slice(0, 20_000);
  const { length } = client.note.rows.value;
  await client.reducers.createNote({ id: BigInt(length), folder: 'inbox', title: compression, body, tags: [] });
  await client.dispose();
  return `${compression}: ${length} notes before`;
}

async function offline(server: EmbeddedServer, folder: string, run: bigint): Promise<string> {
  const client = await SpacetimeDbClient.create({
    host: server.host,
    database: 'realm',
    offlineStorage: new FileOfflineStorage(join(folder, 'offline')),
    authStorage: new FileTokenStore(join(folder, 'token')),
  });
  const before = client.setting.count();
  const args = { key: `offline ${run}`, slot: Number(run) + 100, value: '' };
  const optimisticChanges = [OptimisticChange.insertRow(client.setting, args)];
  const { status, settled } = await client.reducers.putSetting(args, { optimisticChanges });
  await client.connect({ initialSubscriptions: ['SELECT * FROM setting'] });
  const final = await settled;
  const after = client.setting.count();
  await client.dispose();
  return `${before} cached, ${status}, ${final?.status}, ${after}`;
}

async function broken(server: EmbeddedServer): Promise<string> {
  const network = server.network({ seed: 1 });
  const retry = { baseDelayMs: 1 };
  const client = await SpacetimeDbClient.create({ host: server.host, database: 'realm', webSocket: network, retry });
  await client.connect({ initialSubscriptions: ['SELECT * FROM setting'] });
  const lost = firstWhere(client.subscriptions.ready, (isReady) => !isReady);
  await server.restart();
  await lost;
  await firstWhere(client.subscriptions.ready, (isReady) => isReady);
  await client.dispose();
  return 'came back';
}
