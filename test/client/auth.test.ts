import { effect } from '@preact/signals-core';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { type AuthTokenStore, InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { deferred } from '../../src/deferred.ts';
import { AuthError, ConnectionError, SubscriptionError } from '../../src/errors.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type SharedSubscription } from '../../src/subscription/shared-sets.ts';
import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { FakeConnector } from '../support/fake-connector.ts';
import { scores, ScriptedClient } from './scripted-client.ts';

const all = 'SELECT * FROM score';
const [ann, bob] = [new Identity(1n), new Identity(2n)];

afterEach(() => vi.restoreAllMocks());

/** A connector such as that of a browser, and a server that exchanges tokens. */
function browserLike(): { connector: FakeConnector; fetch: typeof fetch } {
  const fetch = vi.fn<typeof globalThis.fetch>((_, init) => {
    const token = (new Headers(init?.headers).get('authorization') ?? '').replace('Bearer ', '');
    return Promise.resolve(Response.json({ token: `short-${token}` }));
  });
  return { connector: new FakeConnector(false), fetch };
}

describe('an identity other than that of the rows', () => {
  test('is told before any row of it is shown; until then there are the rows of the old one', async () => {
    await using scripted = await ScriptedClient.create({ token: (reason) => Promise.resolve(reason) });
    const { client } = scripted;
    await scripted.connect({ identity: ann });
    const set = await scripted.subscribe(all, scores(1));
    const log: string[] = [];
    client.onIdentityChanged(({ oldIdentity, newIdentity }) => {
      const isNew = client.identity.peek()?.equals(newIdentity);
      log.push(`${oldIdentity.value} is ${newIdentity.value} ${isNew} ${scripted.status} ${scripted.points.join()}`);
    });
    client.score.onInsert(({ row }) => log.push(`insert ${row.points}`));
    client.score.onDelete(({ row }) => log.push(`delete ${row.points}`));
    client.connection.onStateChanged(({ status }) => log.push(status));
    scripted.socket.drop();
    await scripted.comeBack({ identity: bob });
    scripted.answer(set, scores(2));
    expect(log.filter((entry) => entry !== 'reconnecting')).toEqual([
      expect.stringMatching(/^1 is 2 true \w+ 1$/),
      'connected',
      'delete 1',
      'insert 2',
    ]);
  });

  test('is told each time, and never where it is the same', async () => {
    await using scripted = await ScriptedClient.create();
    const log: string[] = [];
    scripted.client.onIdentityChanged(({ oldIdentity, newIdentity }) => {
      log.push(`${oldIdentity.value} ${newIdentity.value}`);
    });
    await scripted.connect({ identity: ann });
    for (const identity of [ann, bob, bob, ann]) {
      scripted.socket.drop();
      await scripted.comeBack({ identity });
    }
    expect(log).toEqual(['1 2', '2 1']);
  });
});

describe('a token that the server refuses', () => {
  test('is told once, is not tried again, and leaves the rows', async () => {
    await using scripted = await ScriptedClient.create({ token: 'mine', retryInitialConnect: true });
    await scripted.connect();
    await scripted.subscribe(all, scores(1));
    const states: string[] = [];
    scripted.client.connection.onStateChanged(({ status }) => states.push(status));
    scripted.socket.drop();
    const state = scripted.client.connection.state.peek();
    scripted.clock.advance('nextDelayMs' in state ? state.nextDelayMs : 0);
    await settled();
    const call = scripted.client.reducers.noop();
    await expect(call).rejects.toBeInstanceOf(ConnectionError);
    scripted.socket.fail('Invalid token: ExpiredSignature', 401);
    scripted.clock.advance(10_000_000);
    await settled();
    expect(states).toEqual(['reconnecting', 'reconnecting', 'authError']);
    expect(scripted.connector.sockets).toHaveLength(2);
    expect(scripted.points).toEqual([1]);
    expect(scripted.client.subscriptions.ready.value).toBe(false);
    await expect(scripted.client.reducers.noop()).rejects.toThrow('there is no connection (authError)');
  });

  test('rejects connect, which can be called again', async () => {
    await using scripted = await ScriptedClient.create({ token: 'mine' });
    for (let time = 0; time < 2; time++) {
      const connecting = scripted.client.connect();
      await settled();
      scripted.socket.fail('Invalid token', 401);
      await expect(connecting).rejects.toBeInstanceOf(AuthError);
    }
    await scripted.connect();
    expect(scripted.status).toBe('connected');
  });

  test('is replaced by asking the function again, once, and nobody sees it', async () => {
    const reasons: string[] = [];
    const token = (reason: string): Promise<string> => {
      reasons.push(reason);
      return Promise.resolve(`token-${reasons.length}`);
    };
    await using scripted = await ScriptedClient.create({ token });
    const states: string[] = [];
    scripted.client.connection.onStateChanged(({ status }) => states.push(status));
    const connecting = scripted.client.connect();
    await settled();
    scripted.socket.fail('Invalid token', 401);
    await settled();
    scripted.socket.introduce();
    await connecting;
    expect(reasons).toEqual(['connect', 'rejected']);
    expect(scripted.socket.request.token).toBe('token-2');
    expect(states).toEqual(['connecting', 'connected']);
    scripted.socket.drop();
    await scripted.comeBack();
    expect(reasons).toEqual(['connect', 'rejected', 'reconnect']);
  });

  test('twice in a row stops the connection: the function is not asked a third time', async () => {
    const reasons: string[] = [];
    const token = (reason: string): Promise<string> => {
      reasons.push(reason);
      return Promise.resolve('the-same-again');
    };
    await using scripted = await ScriptedClient.create({ token, retryInitialConnect: true });
    const connecting = scripted.client.connect();
    connecting.catch(() => undefined);
    for (let time = 0; time < 2; time++) {
      await settled();
      scripted.socket.fail('Invalid token', 401);
    }
    await expect(connecting).rejects.toBeInstanceOf(AuthError);
    scripted.clock.advance(10_000_000);
    await settled();
    expect(reasons).toEqual(['connect', 'rejected']);
    expect([scripted.status, scripted.connector.sockets.length]).toEqual(['authError', 2]);
  });
});

describe('a token', () => {
  test('of an anonymous connection is stored, and the next client of that store is the same somebody', async () => {
    const authStorage = new InMemoryTokenStore();
    await using first = await ScriptedClient.create({ authStorage });
    await first.connect({ token: 'given' });
    expect(first.client.token).toBe('given');
    await using second = await ScriptedClient.create({ authStorage });
    await second.connect();
    expect([second.client.token, second.socket.request.token]).toEqual(['given', 'given']);
  });

  test('is in its store when the client has been disposed of, so that a short program is the same somebody next time', async () => {
    const written = deferred<void>();
    const log: string[] = [];
    const authStorage: AuthTokenStore = {
      loadToken: () => Promise.resolve(undefined),
      saveToken: () => written.promise.then(() => void log.push('written')),
      clearToken: () => Promise.resolve(),
    };
    const { client, connector } = await ScriptedClient.create({ authStorage });
    const connecting = client.connect();
    connecting.catch(() => undefined);
    await settled();
    connector.last.introduce();
    await settled();
    const { applied } = client.subscriptions.subscribe(all);
    const disposed = client.dispose().then(() => log.push('disposed'));
    // Who does not wait for a store finds the connection ended, and everybody told.
    expect([connector.openSockets, client.connection.state.peek().status]).toEqual([0, 'disconnected']);
    await expect(applied).rejects.toThrow('the client was disposed of');
    await expect(connecting).rejects.toThrow(ConnectionError);
    await settled();
    expect(log).toEqual([]);
    written.resolve();
    await disposed;
    expect(log).toEqual(['written', 'disposed']);
  });

  test('that lives a minute never takes the place of the one that it was got for', async () => {
    const { connector, fetch } = browserLike();
    const authStorage = new InMemoryTokenStore('long');
    await using scripted = await ScriptedClient.create({ authStorage, fetch }, connector);
    await scripted.connect({ token: 'short-long' });
    expect(scripted.socket.request.url).toContain('token=short-long');
    expect([scripted.client.token, await authStorage.loadToken()]).toEqual(['long', 'long']);
    scripted.socket.drop();
    await scripted.comeBack({ token: 'short-long' });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  const secret = 'eyJ-a-secret';

  /** What a platform may quote: the header that it was given, or else the URL, with the token that lives a minute. */
  const quoted = ({ socket: { request } }: ScriptedClient): string => request.token ?? request.url;

  /** Whatever can go wrong with a token around. */
  const mishaps: readonly (readonly [string, (scripted: ScriptedClient) => unknown])[] = [
    ['a refusal that quotes it', (scripted) => scripted.socket.fail(`${quoted(scripted)} has expired`, 401)],
    ['a failure that quotes it', (scripted) => scripted.socket.fail(`no route to ${quoted(scripted)}`)],
    ['a server that is broken', (scripted) => scripted.socket.open().receiveFrame(Uint8Array.of(9, 9))],
    ['a time-out', (scripted) => scripted.clock.advance(100_000)],
    ['a break', (scripted) => scripted.socket.introduce().drop()],
    ['a logout', (scripted) => scripted.client.logout()],
  ];

  test.each(mishaps)('gets into no error, no log and no inspect(): %s', async (_, happen) => {
    const logs = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    );
    for (const sendsHeaders of [true, false]) {
      const { fetch } = browserLike();
      const options: Partial<ClientOptions> = { token: secret, fetch };
      await using scripted = await ScriptedClient.create(options, new FakeConnector(sendsHeaders));
      const { client } = scripted;
      const said: unknown[] = [scripted.errors];
      client.connection.onStateChanged((state) => said.push(state));
      const connecting = client.connect().catch((error: unknown) => said.push(error));
      await settled();
      const call = client.reducers.noop().catch((error: unknown) => said.push(error));
      await happen(scripted);
      await settled();
      said.push(client.inspect(), client.connection.state.peek());
      await client.disconnect();
      await Promise.all([connecting, call]);
      expect(said.length).toBeGreaterThan(4);
      const everything = inspect([said, logs.map(({ mock }) => mock.calls)], { depth: 12, showHidden: true });
      expect(everything).not.toContain(secret);
    }
  });
});

describe('logout', () => {
  /** A store that writes down when it was cleared, and how the client looked then. */
  class WatchedStore extends InMemoryTokenStore {
    client: SpacetimeDbClient | undefined;
    readonly log: string[];

    constructor(log: string[]) {
      super();
      this.log = log;
    }

    override clearToken(): Promise<void> {
      const { state } = this.client?.connection ?? {};
      this.log.push(`token cleared: ${state?.peek().status}, ${this.client?.score.count()} rows`);
      return super.clearToken();
    }
  }

  test('stops, drops rows and sets, and clears the token last', async () => {
    const log: string[] = [];
    const authStorage = new WatchedStore(log);
    await using scripted = await ScriptedClient.create({ authStorage });
    const { client } = scripted;
    authStorage.client = client;
    await scripted.connect({ token: 'given' });
    await scripted.subscribe(all, scores(1));
    const waiting = client.subscriptions.subscribe('SELECT * FROM setting');
    client.connection.onStateChanged(({ status }) => log.push(status));
    client.score.onDelete(({ row, context }) => log.push(`delete ${row.points} ${context.event.kind}`));
    const call = client.reducers.noop();
    await client.logout();
    log.push('over');
    expect(log).toEqual(['disconnected', 'delete 1 unsubscribeApplied', 'token cleared: disconnected, 0 rows', 'over']);
    await expect(call).rejects.toBeInstanceOf(ConnectionError);
    await expect(waiting.applied).rejects.toBeInstanceOf(ConnectionError);
    expect([client.token, client.identity.peek(), await authStorage.loadToken()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(client.inspect()).toMatchObject({ querySets: [], pendingCalls: 0, rows: { score: 0 } });
    expect(scripted.connector.openSockets).toBe(0);
  });

  test('leaves those their part who share a query set: the next connection has it', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client } = scripted;
    const share = (query: string, lingerMs = 0): SharedSubscription => client.subscriptions.share(query, { lingerMs });
    const [kept, lingering] = [share(all), share('SELECT * FROM setting', 1000)];
    const state = client.subscriptions.sharedState(all);
    const seen: unknown[] = [];
    // Somebody who gives a part back, and takes another, while it all happens.
    const dispose = effect(() => {
      seen.push(state.value?.status);
      if (state.value?.status === 'failed') share('SELECT * FROM note').release();
    });
    await settled();
    lingering.release();
    await client.logout();
    expect(seen).toEqual(['pending', 'failed', 'pending']);
    await scripted.connect({ identity: bob });
    await settled();
    const [set] = client.inspect().querySets;
    expect(client.inspect().querySets).toEqual([{ id: set?.id, queries: [all], phase: 'sent' }]);
    scripted.answer(set?.id ?? 0, scores(2));
    await kept.applied;
    expect([scripted.points, state.peek()?.status]).toEqual([[2], 'applied']);
    dispose();
    kept.release();
    expect(client.inspect().querySets).toEqual([]);
  });

  test('makes the next connection anonymous, also where a token was given; nobody is told that the identity changed', async () => {
    await using scripted = await ScriptedClient.create({ token: 'mine' });
    const changes: unknown[] = [];
    scripted.client.onIdentityChanged((change) => changes.push(change));
    await scripted.connect({ identity: ann });
    await scripted.subscribe(all, scores(1));
    await scripted.client.logout();
    await scripted.connect({ identity: bob, token: 'given' });
    await settled();
    expect(scripted.socket.request.token).toBeUndefined();
    expect([scripted.client.token, scripted.sent, changes]).toEqual(['given', [], []]);
  });

  test('in the middle of an attempt, or after a refusal, leaves nothing under way', async () => {
    for (const refuse of [false, true]) {
      await using scripted = await ScriptedClient.create({ token: 'mine' });
      const connecting = scripted.client.connect({ initialSubscriptions: [all] });
      await settled();
      if (refuse) scripted.socket.fail('Invalid token', 401);
      const [ended] = await Promise.allSettled([connecting, scripted.client.logout()]);
      expect(ended).toMatchObject({ status: 'rejected', reason: expect.any(ConnectionError) });
      scripted.clock.advance(1_000_000);
      await settled();
      expect(scripted.status).toBe('disconnected');
      expect(scripted.connector.sockets).toHaveLength(1);
      await expect(scripted.client.score.subscribed).rejects.toSatisfy(
        (error: unknown) => error instanceof ConnectionError || error instanceof SubscriptionError,
      );
    }
  });
});
