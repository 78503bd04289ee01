import { expect, test } from 'vitest';
import { defaultRetryPolicy } from '../../src/connection/backoff.ts';
import { firstWhere } from '../../src/helpers.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { withDefaults } from '../../src/option-names.ts';
import { type ClientOptions, limitsOf } from '../../src/options.ts';
import { checkedPolicy } from '../../src/sync/queue-policy.ts';
import { SpacetimeDbClient, tables } from '../generated/reference/index.ts';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';

/** Every option that need not be there: one that is missing here does not compile, nor one that does not take `undefined`. */
const none: Readonly<Record<Exclude<keyof ClientOptions, 'host' | 'database'>, undefined>> = {
  ssl: undefined,
  authStorage: undefined,
  offlineStorage: undefined,
  queuePolicy: undefined,
  token: undefined,
  compression: undefined,
  confirmedReads: undefined,
  retryInitialConnect: undefined,
  retry: undefined,
  connectTimeoutMs: undefined,
  subscribeTimeoutMs: undefined,
  callTimeoutMs: undefined,
  idleProbeMs: undefined,
  probeTimeoutMs: undefined,
  checkSchema: undefined,
  limits: undefined,
  outboundBatching: undefined,
  wrapCommit: undefined,
  clock: undefined,
  webSocket: undefined,
  fetch: undefined,
  ids: undefined,
  random: undefined,
};

const undefinedOf = <Options extends object>(options: Options): { readonly [Name in keyof Options]: undefined } =>
  Object.fromEntries(Object.keys(options).map((name) => [name, undefined])) as never;

test('a limit, or a part of a policy, that is undefined has its default', async () => {
  const policy = checkedPolicy(undefined);
  const limits = limitsOf(undefined);
  const inner: ClientOptions = {
    host: 'localhost',
    database: 'notes',
    limits: undefinedOf(limits),
    queuePolicy: undefinedOf(policy),
    retry: undefinedOf(defaultRetryPolicy),
  };
  expect(limitsOf(inner.limits)).toEqual(limits);
  expect(checkedPolicy(inner.queuePolicy)).toEqual(policy);
  expect(withDefaults('retry', inner.retry, defaultRetryPolicy)).toEqual(defaultRetryPolicy);
  await using client = await SpacetimeDbClient.create({ ...inner, offlineStorage: new InMemoryOfflineStorage() });
  expect(client.syncState.peek().storage).toBe('readWrite');
});

test('an option that is undefined is one that is not there', async () => {
  await using server = await EmbeddedServer.start({ module: referenceWasm, database: 'notes' });
  await using client = await SpacetimeDbClient.create({ host: server.host, database: 'notes', ...none });
  const wait = { signal: undefined };
  const call = { timeoutMs: undefined, signal: undefined };
  await client.connect({ initialSubscriptions: undefined, ...wait });
  const shared = client.subscriptions.share(tables.setting, { lingerMs: undefined });
  await shared.applied;
  await firstWhere(client.subscriptions.ready, Boolean, wait);
  const options = { ...call, optimisticChanges: undefined, dropIfOffline: undefined };
  expect((await client.reducers.say({ room: 1, text: 'hello' }, options)).status).toBe('committed');
  expect(await client.procedures.add({ left: 2n, right: 40n }, call)).toBe(42n);
  expect(await client.subscriptions.oneOffQuery(tables.message, call)).toHaveLength(1);
  expect(client.getAuthUrl('google', { redirectUri: undefined })).not.toContain('undefined');
  shared.release();
});
