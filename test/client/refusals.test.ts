import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LiveServer, startLiveServer } from '../support/live-clients.ts';

/** For what somebody writes whom no compiler stops. */
function unchecked(value: unknown): never {
  return value as never;
}

describe('a client refuses, and says what to write instead', () => {
  let live: LiveServer;

  beforeAll(async () => {
    live = await startLiveServer();
  });

  afterAll(async () => {
    await live[Symbol.asyncDispose]();
    expect(live.errors).toEqual([]);
  });

  test.each([
    ['connectTimeoutMs', NaN],
    ['callTimeoutMs', -1],
    ['subscribeTimeoutMs', unchecked('10')],
    ['idleProbeMs', -Infinity],
    ['probeTimeoutMs', NaN],
  ] as const)('the option %s: %s', async (name, millis) => {
    const refused = live.create({ [name]: millis });
    await expect(refused).rejects.toThrow(RangeError);
    await expect(refused).rejects.toThrow(`${name} is ${millis}; it takes milliseconds, 0 or more, or Infinity`);
  });

  test.each(['baseDelayMs', 'maxDelayMs', 'offlineProbeMs'])(
    'in milliseconds is refused in a retry, too: %s',
    async (name) => {
      const refused = live.create({ retry: { [name]: -1 } });
      await expect(refused).rejects.toThrow(`retry.${name} is -1; it takes milliseconds, 0 or more, or Infinity`);
    },
  );

  test.each([
    ['null', null],
    ['[object Promise]', Promise.resolve('token')],
  ])('a token that is %s, rather than connecting without', async (name, token) => {
    const refused = live.create({ token: unchecked(token) });
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(`token is ${name}; it takes a string or a function`);
  });

  test('a compression that there is not', async () => {
    const refused = live.create({ compression: unchecked('zip') });
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(`compression is "zip"; it takes 'gzip', 'brotli' or 'none'`);
  });

  test.each([NaN, -5])('a call that may take %s ms, before anything is sent', async (timeoutMs) => {
    const client = await live.connect([]);
    const calls = [
      client.reducers.say({ room: 1, text: 'never' }, { timeoutMs }),
      client.procedures.add({ left: 1n, right: 2n }, { timeoutMs }),
      client.subscriptions.oneOffQuery('SELECT * FROM note', { timeoutMs }),
      client.connection.checkHealth({ timeoutMs }),
    ];
    for (const call of calls) await expect(call).rejects.toThrow(`timeoutMs is ${timeoutMs}; it takes milliseconds`);
    expect(await client.subscriptions.oneOffQuery('SELECT * FROM message')).toEqual([]);
  });

  test('a table of the client where a query belongs', async () => {
    const client = await live.connect([]);
    const hint = 'this is a table of a client';
    expect(() => client.subscriptions.subscribe(unchecked(client.note))).toThrow(hint);
    expect(() => client.subscriptions.share(unchecked([client.note]))).toThrow('tables.note');
    await expect(client.connect({ initialSubscriptions: unchecked(client.note) })).rejects.toThrow(TypeError);
    await expect(client.subscriptions.oneOffQuery(unchecked(client.note))).rejects.toThrow(hint);
    expect(() => client.subscriptions.subscribe(unchecked(undefined))).toThrow('this is undefined');
  });
});
