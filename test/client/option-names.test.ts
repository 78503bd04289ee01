import { describe, expect, test } from 'vitest';
import { countingIds } from '../../src/ids.ts';
import { type ConnectOptions } from '../../src/client.ts';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type ClientOptions } from '../../src/options.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector } from '../support/fake-connector.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { OfflineClient } from '../sync/offline-client.ts';
import { ScriptedClient } from './scripted-client.ts';

/** Every option that there is: another one would not compile, and neither would it without one of them. */
const every: Required<ClientOptions> = {
  host: 'localhost',
  database: 'names',
  ssl: false,
  authStorage: new InMemoryTokenStore(),
  offlineStorage: new InMemoryOfflineStorage(),
  queuePolicy: {},
  token: 'token',
  compression: 'none',
  confirmedReads: true,
  retryInitialConnect: true,
  retry: {},
  connectTimeoutMs: 1,
  subscribeTimeoutMs: 1,
  callTimeoutMs: 1,
  idleProbeMs: 1,
  probeTimeoutMs: 1,
  checkSchema: 'connect',
  limits: {},
  outboundBatching: 'disabled',
  wrapCommit: (run) => run(),
  clock: new FakeClock(),
  webSocket: new FakeConnector(),
  fetch: () => Promise.reject(new Error('no network')),
  ids: countingIds(),
  random: () => 0.5,
};

const needed = { host: 'localhost', database: 'names' };

describe('a client', () => {
  test('knows every option that there is', async () => {
    await using client = await SpacetimeDbClient.create(every);
    expect(client.syncState.peek().storage).toBe('readWrite');
  });

  test.each([
    ['authStore', /^SpacetimeDbClient.create has no option authStore, but authStorage$/],
    ['callTimeout', /^SpacetimeDbClient.create has no option callTimeout, but callTimeoutMs$/],
    ['offline', /^SpacetimeDbClient.create has no option offline, but offlineStorage$/],
    [
      'rowLimit',
      /^SpacetimeDbClient.create has no option rowLimit, but .*host, database, ssl.*, random, .*queuePolicy$/,
    ],
  ])('is not made with the option %s, which there is not', async (name, problem) => {
    const creating = SpacetimeDbClient.create({ ...needed, [name]: undefined });
    await expect(creating).rejects.toThrow(problem);
    await expect(creating).rejects.toBeInstanceOf(TypeError);
  });

  test('that is not made has opened nothing', async () => {
    const offlineStorage = new InMemoryOfflineStorage();
    await expect(SpacetimeDbClient.create({ ...needed, offlineStorage, extra: 1 } as ClientOptions)).rejects.toThrow(
      'has no option extra',
    );
    await using client = await SpacetimeDbClient.create({ ...needed, offlineStorage });
    expect(client.syncState.peek().storage).toBe('readWrite');
  });

  test('does not connect with an option that there is not', async () => {
    const webSocket = new FakeConnector();
    await using client = await SpacetimeDbClient.create({ ...needed, webSocket });
    const misspelt = { initialSubscription: 'SELECT * FROM score' } as ConnectOptions;
    const connecting = client.connect(misspelt);
    await expect(connecting).rejects.toThrow(
      new TypeError('connect has no option initialSubscription, but initialSubscriptions'),
    );
    expect([webSocket.openSockets, client.connection.state.peek().status]).toEqual([0, 'disconnected']);
  });

  test.each([
    [
      'limits',
      'maxPendingCall',
      /^limits has no option maxPendingCall, but maxInboundFrameBytes, .*maxPendingCalls, max/,
    ],
    ['limits', 'pendingCalls', /^limits has no option pendingCalls, but maxInboundFrameBytes, .*maxBufferedBytes$/],
    ['retry', 'baseDelay', /^retry has no option baseDelay, but baseDelayMs$/],
    ['retry', 'retryInitialConnect', /^retry has no option retryInitialConnect, but baseDelayMs, .*offlineProbeMs$/],
    ['queuePolicy', 'onUncertainty', /^queuePolicy has no option onUncertainty, but onUncertain$/],
    ['queuePolicy', 'overFlow', /^queuePolicy has no option overFlow, but overflow$/],
  ])('is not made with an option in %s that there is not: %s', async (option, name, problem) => {
    const offlineStorage = new InMemoryOfflineStorage();
    const creating = SpacetimeDbClient.create({ ...needed, offlineStorage, [option]: { [name]: undefined } });
    await expect(creating).rejects.toThrow(problem);
    await expect(creating).rejects.toBeInstanceOf(TypeError);
    await using client = await SpacetimeDbClient.create({ ...needed, offlineStorage });
    expect(client.syncState.peek().storage).toBe('readWrite');
  });

  const misspelt: object = { timeout: 1 };
  const calls: Readonly<Record<string, (client: SpacetimeDbClient) => Promise<unknown>>> = {
    'calling reducer add_score': ({ reducers }) => reducers.addScore({ player: 'ann', points: 1n }, misspelt),
    'calling reducer noop': ({ reducers }) => reducers.noop(misspelt),
    'calling procedure add': ({ procedures }) => procedures.add({ left: 1n, right: 1n }, misspelt),
    oneOffQuery: ({ subscriptions }) => subscriptions.oneOffQuery('SELECT * FROM score', misspelt),
  };

  test.each(Object.entries(calls))('refuses an option that there is not: %s', async (whose, call) => {
    await using scripted = await ScriptedClient.connected();
    await using offline = await OfflineClient.create();
    const message = `${whose} has no option timeout, but timeoutMs`;
    await expect(call(scripted.client)).rejects.toThrow(new TypeError(message));
    expect(scripted.sent).toEqual([]);
    if (whose.includes('reducer')) await expect(call(offline.client)).rejects.toThrow(new TypeError(message));
    expect(await offline.storedCalls()).toEqual([]);
  });

  test('takes no event of a page for options: a reducer may be its handler', async () => {
    await using scripted = await ScriptedClient.connected();
    // Events of a browser have this field of their own, those of Node have none.
    class Click {
      readonly isTrusted = true;
    }
    const click: object = new Click();
    scripted.client.reducers.noop(click).catch(() => undefined);
    await settled();
    expect(scripted.sent).toHaveLength(1);
  });

  test('shares nothing with an option that there is not', async () => {
    await using scripted = await ScriptedClient.connected();
    const { subscriptions } = scripted.client;
    const lingering: object = { linger: 1 };
    expect(() => subscriptions.share('SELECT * FROM score', lingering)).toThrow(
      new TypeError('share has no option linger, but lingerMs'),
    );
    expect(scripted.client.inspect().querySets).toEqual([]);
  });
});
