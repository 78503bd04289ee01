import { describe, expect, test } from 'vitest';
import { countingIds } from '../../src/ids.ts';
import { type ConnectOptions } from '../../src/client.ts';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type ClientOptions } from '../../src/options.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeConnector } from '../support/fake-connector.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';

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
});
