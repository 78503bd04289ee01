import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { AuthError, ConnectionError } from '../../src/errors.ts';
import { type Deferred, deferred } from '../../src/deferred.ts';
import { settled } from '../support/fake-clock.ts';
import { Harness } from './connection-harness.ts';

const tokenUrl = 'https://example.test/v1/identity/websocket-token';

type AskForToken = (reason: string) => Promise<string>;

/** An HTTP server that exchanges tokens as `answer` says. */
function exchange(answer: (token: string) => Response | Promise<Response>): typeof fetch {
  return vi.fn<typeof fetch>((url, init) => {
    expect([url, init?.method]).toEqual([tokenUrl, 'POST']);
    const header = new Headers(init?.headers).get('authorization') ?? '';
    return Promise.resolve(answer(header.replace('Bearer ', '')));
  });
}

const short = (token: string): Response => Response.json({ token: `short-${token}` });

describe('a token', () => {
  test('goes into a header where there are headers, and never into the URL', async () => {
    const harness = new Harness({ token: 'mine' });
    const { request } = await harness.attempt();
    expect(request.token).toBe('mine');
    expect(request.url).toBe('wss://example.test/v1/database/my%20db/subscribe?compression=Gzip');
  });

  test('of an anonymous connection is kept, in the store too, and used from then on', async () => {
    const store = new InMemoryTokenStore();
    const harness = new Harness({ store });
    const socket = await harness.attempt();
    expect(socket.request.token).toBeUndefined();
    socket.introduce({ token: 'given' });
    expect(harness.log.at(-1)).toBe('connecting');
    await settled();
    expect([await store.loadToken(), harness.log.at(-1)]).toEqual(['given', 'connected']);
    socket.drop();
    expect((await harness.pass(500)).request.token).toBe('given');
    expect([harness.authenticator.token, await store.loadToken()]).toEqual(['given', 'given']);
  });

  test.each<[string, ConstructorParameters<typeof Harness>[0]]>([
    ['is given', { token: 'mine' }],
    ['comes from a function', { token: () => Promise.resolve('mine') }],
    ['was stored', { store: new InMemoryTokenStore('mine') }],
  ])('that %s is not replaced by what the server echoes', async (_, options) => {
    const harness = new Harness(options);
    await harness.authenticator.load();
    (await harness.attempt()).introduce({ token: 'echo' });
    expect(harness.authenticator.token).toBe('mine');
  });

  test('that cannot be stored is reported, and used all the same', async () => {
    const store = new InMemoryTokenStore();
    store.saveToken = () => Promise.reject(new Error('disk full'));
    const harness = new Harness({ store });
    const socket = await harness.open();
    await settled();
    socket.drop();
    expect((await harness.pass(500)).request.token).toBe('token-of-the-server');
    expect(harness.errors).toEqual([new Error('disk full')]);
  });

  test('that is cleared while it is being saved does not come back', async () => {
    const saving = deferred<void>();
    const store = new InMemoryTokenStore();
    const save = store.saveToken.bind(store);
    store.saveToken = async (token) => {
      await saving.promise;
      await save(token);
    };
    const harness = new Harness({ store });
    await harness.open();
    harness.connection.disconnect();
    const cleared = harness.authenticator.clear();
    saving.resolve();
    await cleared;
    expect([harness.authenticator.token, await store.loadToken()]).toEqual([undefined, undefined]);
  });

  test('of somebody new is waited for, also where that of the one before was still being saved', async () => {
    const saves: Deferred<void>[] = [];
    const store = new InMemoryTokenStore();
    store.saveToken = () => {
      const saving = deferred<void>();
      saves.push(saving);
      return saving.promise;
    };
    const harness = new Harness({ store });
    await harness.open();
    await settled();
    harness.connection.disconnect();
    const cleared = harness.authenticator.clear();
    (await harness.attempt()).introduce({ token: 'bob' });
    saves[0]?.resolve();
    await cleared;
    await settled();
    harness.connection.reconnect();
    await settled();
    harness.connector.last.introduce({ token: 'bob' });
    await settled();
    expect([saves.length, harness.connector.last.request.token, harness.log.at(-1)]).toEqual([2, 'bob', 'connecting']);
    saves[1]?.resolve();
    await settled();
    expect(harness.log.at(-1)).toBe('connected');
  });

  test('that a login puts into the store is that of the next connection, after a logout as well as before the first', async () => {
    const store = new InMemoryTokenStore();
    const harness = new Harness({ store });
    await harness.authenticator.load();
    await store.saveToken('ann');
    expect((await harness.attempt()).introduce().request.token).toBe('ann');
    harness.connection.disconnect();
    await harness.authenticator.clear();
    await store.saveToken('bob');
    expect((await harness.attempt()).introduce().request.token).toBe('bob');
    expect([harness.authenticator.token, await store.loadToken()]).toEqual(['bob', 'bob']);
  });

  test('that could not be cleared, or is being loaded while it is, is not used again', async () => {
    const failing = new InMemoryTokenStore('ann');
    failing.clearToken = () => Promise.reject(new Error('disk full'));
    const forgotten = new Harness({ store: failing });
    await forgotten.authenticator.load();
    await expect(forgotten.authenticator.clear()).rejects.toThrow('disk full');
    expect((await forgotten.attempt()).request.token).toBeUndefined();

    const slow = new InMemoryTokenStore();
    const loaded = deferred<string | undefined>();
    slow.loadToken = () => loaded.promise;
    const harness = new Harness({ store: slow });
    const loading = harness.authenticator.load();
    const cleared = harness.authenticator.clear();
    loaded.resolve('ann');
    await Promise.all([loading, cleared]);
    expect(harness.authenticator.token).toBeUndefined();
  });

  test('that was given and is cleared makes room for that of the next anonymous connection', async () => {
    const harness = new Harness({ token: 'mine' });
    await harness.open();
    harness.connection.disconnect();
    await harness.authenticator.clear();
    const socket = await harness.attempt();
    expect(socket.request.token).toBeUndefined();
    socket.introduce({ token: 'given' }).drop();
    expect((await harness.pass(500)).request.token).toBe('given');
  });

  test.each(['', 'two words', 'a\nb', 'tökèn'])(
    '%j never reaches the platform, and the error does not quote it',
    async (token) => {
      const harness = new Harness({ token, sendsHeaders: false, fetch: exchange(short) });
      harness.connection.connect();
      await settled();
      expect(harness.connector.sockets).toEqual([]);
      expect(harness.states.at(-1)).toEqual({
        status: 'authError',
        message: 'the token is empty or has characters that no token has',
      });
    },
  );
});

describe('a token function', () => {
  test('is asked at every attempt, with the reason', async () => {
    const token = vi.fn<AskForToken>((reason) => Promise.resolve(reason));
    const harness = new Harness({ token });
    (await harness.open()).drop();
    (await harness.pass(500)).fail();
    (await harness.pass(1000)).introduce();
    expect(token.mock.calls.flat()).toEqual(['connect', 'reconnect', 'reconnect']);
    expect(harness.connector.sockets.map(({ request }) => request.token)).toEqual(token.mock.calls.flat());
  });

  test('is asked once more when the server refuses its token, and no one sees it', async () => {
    const token = vi.fn<AskForToken>((reason) => Promise.resolve(`for-${reason}`));
    const harness = new Harness({ token });
    (await harness.attempt()).fail('expired', 401);
    await settled();
    harness.connector.last.introduce();
    expect(harness.connector.last.request.token).toBe('for-rejected');
    expect(harness.states.map(({ status }) => status)).toEqual(['connecting', 'connected']);
    harness.connector.last.drop();
    await harness.pass(500);
    expect(token.mock.calls.flat()).toEqual(['connect', 'rejected', 'reconnect']);
  });

  test('is not asked a third time', async () => {
    const token = vi.fn<AskForToken>(() => Promise.resolve('old'));
    const harness = new Harness({ token });
    for (let time = 0; time < 2; time++) (await harness.attempt()).fail('expired', 401);
    await harness.pass(1_000_000);
    expect(token).toHaveBeenCalledTimes(2);
    expect(harness.states.at(-1)?.status).toBe('authError');
    expect([harness.clock.openTimers, harness.connector.openSockets]).toEqual([0, 0]);
  });

  test('that says that nobody is logged in stops the connection; after any other error it is asked again', async () => {
    let error: Error = new TypeError('no network');
    const harness = new Harness({ token: () => Promise.reject(error), policy: { retryInitialConnect: true } });
    harness.connection.connect();
    await settled();
    expect(harness.states.at(-1)).toMatchObject({ status: 'reconnecting', attempt: 1 });
    expect(harness.connection.lastError).toMatchObject({
      message: 'asking the application for a token (connect): no network',
      cause: error,
    });
    error = new AuthError('logged out');
    harness.clock.advance(500);
    await settled();
    expect(harness.states.at(-1)).toEqual({ status: 'authError', message: 'logged out' });
  });

  test('that gives no token does not make an anonymous connection', async () => {
    const nothing: unknown = undefined;
    const harness = new Harness({ token: () => Promise.resolve(nothing as string) });
    harness.connection.connect();
    await settled();
    expect(harness.connector.sockets).toEqual([]);
    expect(harness.states.at(-1)).toMatchObject({
      status: 'authError',
      message: expect.stringMatching(/gave no token/),
    });
  });

  test('gets no more time than the attempt', async () => {
    const harness = new Harness({ token: () => deferred<string>().promise });
    harness.connection.connect();
    harness.clock.advance(10_000);
    expect(harness.connection.lastError?.message).toBe(
      'connecting: a token from the application did not come within 10000 ms',
    );
    expect(harness.clock.openTimers).toBe(0);
  });
});

describe('a token that the server refuses', () => {
  test('stops the connection: no retry, nothing anonymous; the message says what to do', async () => {
    const harness = new Harness({ token: 'mine', policy: { retryInitialConnect: true } });
    (await harness.attempt()).fail('Invalid token: ExpiredSignature', 401);
    await harness.pass(1_000_000);
    harness.environment?.online();
    harness.environment?.visible();
    await settled();
    expect(harness.connector.sockets).toHaveLength(1);
    expect(harness.states.at(-1)).toEqual({
      status: 'authError',
      message:
        'the server refused the token: Invalid token: ExpiredSignature; log in again, or call logout() to begin anonymously',
    });
    expect(harness.connection.lastError).toBeInstanceOf(AuthError);
  });
});

describe('where no header can carry the token', () => {
  test('it is exchanged by a fetch that nobody calls as a method, which that of a browser refuses', async () => {
    const fetcher = vi.fn<typeof fetch>(exchange(short));
    const harness = new Harness({ token: 'mine', sendsHeaders: false, fetch: fetcher });
    await harness.attempt();
    expect(fetcher.mock.contexts).toEqual([undefined]);
  });

  test('it is exchanged anew for every attempt, and what stands in the URL is never adopted', async () => {
    let count = 0;
    const harness = new Harness({
      token: 'mine',
      sendsHeaders: false,
      fetch: exchange((token) => Response.json({ token: `${token}-${++count}` })),
    });
    (await harness.attempt()).introduce({ token: 'mine-1' }).drop();
    const second = await harness.pass(500);
    expect(
      harness.connector.sockets.map(({ request }) => [request.token, new URL(request.url).searchParams.get('token')]),
    ).toEqual([
      [undefined, 'mine-1'],
      [undefined, 'mine-2'],
    ]);
    second.introduce({ token: 'mine-2' });
    expect(harness.authenticator.token).toBe('mine');
  });

  test('an anonymous first connection needs no exchange, and the ones after it use its token', async () => {
    const fetcher = exchange(short);
    const harness = new Harness({ sendsHeaders: false, fetch: fetcher });
    (await harness.open()).drop();
    expect(fetcher).not.toHaveBeenCalled();
    expect(new URL((await harness.pass(500)).request.url).searchParams.get('token')).toBe('short-token-of-the-server');
  });

  test('a refused token stops the connection before there is a socket', async () => {
    const harness = new Harness({
      token: 'mine',
      sendsHeaders: false,
      fetch: exchange(() => new Response('Invalid token', { status: 401 })),
    });
    harness.connection.connect();
    await settled();
    await expect(harness.pass(1_000_000)).rejects.toThrow('nobody asked for a socket');
    expect(harness.states.at(-1)).toMatchObject({
      status: 'authError',
      message: expect.stringMatching(/the server refused the token: Invalid token;/),
    });
  });

  test('a refused token of a function is replaced once', async () => {
    const harness = new Harness({
      token: (reason) => Promise.resolve(reason),
      sendsHeaders: false,
      fetch: exchange((token) => (token === 'rejected' ? short(token) : new Response('', { status: 401 }))),
    });
    const socket = await harness.attempt();
    expect(new URL(socket.request.url).searchParams.get('token')).toBe('short-rejected');
  });

  test.each<[string, () => Promise<Response>]>([
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
    ['is out of order', () => Promise.resolve(new Response('<html>', { status: 502 }))],
    ['answers with something else', () => Promise.resolve(new Response('eyJhbGciOi', { status: 200 }))],
    ['answers without a token', () => Promise.resolve(Response.json({ tocken: 'eyJhbGciOi' }))],
  ])('a server that %s is tried again, never without the token', async (_, answer) => {
    const harness = new Harness({
      token: 'mine',
      sendsHeaders: false,
      fetch: exchange(answer),
      policy: { retryInitialConnect: true },
    });
    harness.connection.connect();
    await settled();
    expect(harness.connector.sockets).toEqual([]);
    expect(harness.states.at(-1)).toMatchObject({ status: 'reconnecting', attempt: 1 });
    expect(harness.connection.lastError).toBeInstanceOf(ConnectionError);
    expect(inspect(harness.connection.lastError)).not.toContain('eyJ');
  });

  test('a disconnect ends the exchange that is under way', async () => {
    let signal: AbortSignal | null | undefined;
    const answer = deferred<Response>();
    const harness = new Harness({
      token: 'mine',
      sendsHeaders: false,
      fetch: (_url, init) => {
        signal = init?.signal;
        return answer.promise;
      },
    });
    harness.connection.connect();
    await settled();
    harness.connection.disconnect();
    expect(signal?.aborted).toBe(true);
    expect(harness.clock.openTimers).toBe(0);
    // Even where `fetch` does not care.
    answer.resolve(short('mine'));
    await settled();
    expect(harness.connector.sockets).toEqual([]);
  });
});

test('no token gets into an error, whoever makes it', async () => {
  const secret = 'eyJsecret';
  const harness = new Harness({
    token: secret,
    sendsHeaders: false,
    fetch: exchange(() => Response.json({ token: `${secret}.short` })),
  });
  harness.connector.connect = ({ url }) => {
    throw new SyntaxError(`the URL ${url} is not allowed`);
  };
  harness.connection.connect();
  await settled();
  const native = new Harness({ token: secret });
  (await native.attempt()).fail(`Bearer ${secret} is not welcome`, 403);
  const refused = new Harness({ token: secret });
  (await refused.attempt()).fail(`${secret} has expired`, 401);
  const exchanged = new Harness({
    token: secret,
    sendsHeaders: false,
    fetch: exchange((token) => new Response(token, { status: 401 })),
  });
  exchanged.connection.connect();
  await settled();
  const all = [harness, native, refused, exchanged];
  expect(all.map(({ connection }) => connection.lastError?.code)).toEqual(['connection', 'connection', 'auth', 'auth']);
  const everything = all.map(({ connection, states, errors }) => [connection.lastError, states, errors]);
  expect(inspect(everything, { depth: 9, showHidden: true })).not.toContain(secret);
  expect(harness.connection.lastError?.message).toContain('wss://example.test/v1/database/my%20db/subscribe');
});
