import { afterEach, expect, test } from 'vitest';
import { AuthError } from '../../src/errors.ts';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { firstWhere } from '../../src/helpers.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { LoadedClient } from './loaded-client.ts';
import { ServerProcess } from './server-process.ts';

const owned: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(disposable: T): T {
  owned.push(disposable);
  return disposable;
}

const retry = { baseDelayMs: 5, maxDelayMs: 50 };

test('a server that is killed and restarted under load: clients come back by themselves, with its rows and no others', async () => {
  const server = own(await ServerProcess.start());
  const start = async (subject: string, firstId: number): Promise<LoadedClient> => {
    const token = (): Promise<string> => server.issueToken(subject);
    const loaded = await LoadedClient.start({ host: server.host, database: 'killed', token, retry }, firstId);
    own(loaded.client);
    return loaded;
  };
  const clients = [await start('ann', 10_000), await start('bob', 20_000)];
  const all = <T>(run: (client: LoadedClient) => Promise<T>): Promise<T[]> => Promise.all(clients.map(run));
  for (let round = 0; round < 2; round++) {
    await all((client) => client.busy(30));
    await server.kill();
    await all((client) => client.gone());
    await server.restart();
  }
  await all((client) => client.busy(30));
  await all((client) => client.stop());
  for (const { committed, lost, problems, states, identities, rows, mirrored, expected } of await all((client) =>
    client.stop(),
  )) {
    expect(problems).toEqual([]);
    expect(committed).toBeGreaterThan(90);
    expect(lost).toBeGreaterThan(1);
    expect(states.filter((status) => status === 'connected')).toHaveLength(3);
    expect(states.filter((status) => status === 'disconnected')).toEqual([]);
    // The server takes no token of the one before it; the function was asked for another, of the same identity.
    expect(identities).toHaveLength(1);
    expect(rows).toEqual(expected);
    expect(mirrored).toEqual(expected);
    expect(expected.length).toBeGreaterThan(10);
  }
});

async function startServer(port = 0): Promise<EmbeddedServer> {
  return own(await EmbeddedServer.start({ module: referenceWasm, database: 'outlived', port }));
}

/** A client that has seen a row of a server that is there no more; another one has its place. */
async function outlivingClient(
  tokenOf?: (server: EmbeddedServer) => string,
): Promise<{ readonly client: SpacetimeDbClient; readonly replaceServer: () => Promise<void> }> {
  let server = await startServer();
  server.call('put_setting', ['of the first server', 2, 'gone']);
  const token = tokenOf && ((): Promise<string> => Promise.resolve(tokenOf(server)));
  const options = { host: server.host, database: 'outlived', retry, ...(token && { token }) };
  const client = own(await SpacetimeDbClient.create(options));
  await client.connect({ initialSubscriptions: ['SELECT * FROM setting', 'SELECT * FROM me'] });
  const replaceServer = async (): Promise<void> => {
    await server.close();
    server = await startServer(server.port);
    server.call('put_setting', ['of the second server', 2, 'here']);
  };
  return { client, replaceServer };
}

function settingsOf(client: SpacetimeDbClient): string[] {
  return client.setting.rows.peek().map(({ key }) => key);
}

test('a token that died with its server stops the client, with its rows; after a logout it is somebody else', async () => {
  const { client, replaceServer } = await outlivingClient();
  const identity = client.identity.peek()?.toHexString();
  await replaceServer();
  await firstWhere(client.connection.state, ({ status }) => status === 'authError');
  expect(settingsOf(client)).toEqual(['motd', 'of the first server']);
  await expect(client.connect()).rejects.toBeInstanceOf(AuthError);
  await client.logout();
  expect([settingsOf(client), client.token]).toEqual([[], undefined]);
  await client.connect({ initialSubscriptions: ['SELECT * FROM setting'] });
  expect(settingsOf(client)).toEqual(['motd', 'of the second server']);
  expect(client.identity.peek()?.toHexString()).not.toBe(identity);
});

test('a token function that brings another identity: that is told before any row of it is shown', async () => {
  const { client, replaceServer } = await outlivingClient((server) => server.issueToken());
  const [oldIdentity, log] = [client.identity.peek()?.toHexString(), new Array<string>()];
  client.onIdentityChanged((change) => {
    log.push(
      `${change.oldIdentity.toHexString()} is ${change.newIdentity.toHexString()}, ${settingsOf(client).join()}`,
    );
  });
  client.tables.me.onInsert(({ row, context }) =>
    log.push(`${context.event.kind}: I am ${row.identity.toHexString()}`),
  );
  client.setting.onInsert(({ row, context }) => log.push(`${context.event.kind}: ${row.key}`));
  await replaceServer();
  await firstWhere(client.subscriptions.ready, (isReady) => !isReady);
  await firstWhere(client.subscriptions.ready, (isReady) => isReady);
  const newIdentity = client.identity.peek()?.toHexString();
  expect(newIdentity).not.toBe(oldIdentity);
  expect(log[0]).toBe(`${oldIdentity} is ${newIdentity}, motd,of the first server`);
  expect(log.slice(1).sort()).toEqual([`reconnect: I am ${newIdentity}`, 'reconnect: of the second server']);
  expect(settingsOf(client)).toEqual(['motd', 'of the second server']);
});
