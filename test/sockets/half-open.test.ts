import { expect, test } from 'vitest';
import { ConnectionError } from '../../src/errors.ts';
import { firstWhere } from '../../src/helpers.ts';
import { startLiveServer } from '../support/live-clients.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

test('a socket that goes silent is noticed, replaced, and nothing is missing', async () => {
  await using live = await startLiveServer();
  await using proxy = await startTcpProxy(live.server.port);
  const client = await live.connect(['SELECT * FROM setting'], {
    host: proxy.host,
    idleProbeMs: 200,
    probeTimeoutMs: 800,
    retry: { baseDelayMs: 1, maxDelayMs: 1 },
  });
  const states: string[] = [];
  client.connection.onStateChanged(({ status }) => states.push(status));
  expect(await client.connection.checkHealth()).toBe(true);
  proxy.freeze();
  live.server.call('put_setting', ['while nobody heard', 7, 'a value']);
  const call = client.reducers.noop();
  expect(await client.connection.checkHealth({ timeoutMs: 10 })).toBe(false);
  await expect(call).rejects.toBeInstanceOf(ConnectionError);
  await firstWhere(client.subscriptions.ready, (isReady) => isReady);
  expect(client.setting.find('while nobody heard')?.value).toBe('a value');
  expect([...new Set(states)]).toEqual(['reconnecting', 'connected']);
  expect(proxy.accepted).toBeGreaterThan(1);
  expect(await client.connection.checkHealth()).toBe(true);
  expect(live.errors).toEqual([]);
});

test('a network that is away for a while: the client tries until it is back', async () => {
  await using live = await startLiveServer();
  await using proxy = await startTcpProxy(live.server.port);
  const client = await live.connect(['SELECT * FROM setting'], {
    host: proxy.host,
    retry: { baseDelayMs: 1, maxDelayMs: 5 },
  });
  const identity = client.identity.peek();
  let attempts = 0;
  client.connection.onStateChanged((state) => {
    if (state.status === 'reconnecting') attempts = Math.max(attempts, state.attempt);
  });
  await proxy.kill();
  await firstWhere(client.connection.state, (state) => state.status === 'reconnecting' && state.attempt > 3);
  live.server.call('put_setting', ['meanwhile', 8, 'a value']);
  expect(client.setting.find('motd')?.value).toBe('Welcome');
  await proxy.restart();
  await firstWhere(client.subscriptions.ready, (isReady) => isReady);
  expect(client.setting.find('meanwhile')?.value).toBe('a value');
  expect(client.identity.peek()).toEqual(identity);
  expect(attempts).toBeGreaterThan(3);
  expect(live.errors).toEqual([]);
});
