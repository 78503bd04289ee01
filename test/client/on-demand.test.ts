import { afterEach, expect, test, vi } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from '../sync/offline-client.ts';
import { ScriptedClient } from './scripted-client.ts';

// What is loaded on demand may not be there to be loaded: a deployment has taken it away, a network is gone.
const parts = ['../../src/sync/offline-session.ts', '../../src/one-off-answer.ts'];
const blocked = (): never => {
  throw new TypeError('blocked');
};

afterEach(() => {
  for (const part of parts) vi.doUnmock(part);
  vi.resetModules();
});

test('a client whose offline store needs code that cannot be loaded is not made, and says so', async () => {
  vi.doMock('../../src/sync/offline-session.ts', blocked);
  await expect(ScriptedClient.create({ offlineStorage: new InMemoryOfflineStorage() })).rejects.toMatchObject({
    name: 'ConnectionError',
    message: expect.stringMatching(/^opening the offline store: loading the code for it failed/),
    cause: expect.any(Error),
  });
});

test('a one-off query whose answer cannot be read for want of code says so, and the next one is asked anew', async () => {
  vi.doMock('../../src/one-off-answer.ts', blocked);
  await using scripted = await ScriptedClient.connected();
  const ask = async (): Promise<readonly unknown[]> => {
    const asked = scripted.client.subscriptions.oneOffQuery('SELECT * FROM score');
    await settled();
    const requestId = scripted.socket.messages.at(-1)?.requestId ?? 0;
    scripted.socket.receive({ tag: 'OneOffQueryResult', requestId, result: { ok: [] } });
    return asked;
  };
  await expect(ask()).rejects.toMatchObject({
    name: 'ConnectionError',
    message: expect.stringMatching(/^asking a one-off query: loading the code for it failed/),
    cause: expect.any(Error),
  });
  vi.doUnmock('../../src/one-off-answer.ts');
  vi.resetModules();
  expect(await ask()).toEqual([]);
  expect(scripted.client.connection.state.peek().status).toBe('connected');
});

test('who the client was in the last run is an `Identity` of the class that an app imports, not of the one that is loaded on demand', async () => {
  // From here on what is loaded has classes of its own, as in the package.
  vi.resetModules();
  const first = await OfflineClient.create();
  await first.scripted.connect({ identity: new Identity(7n) });
  await using next = await first.restart();
  const identity = next.client.identity.value;
  expect(identity).toBeInstanceOf(Identity);
  expect(identity).toEqual(new Identity(7n));
});
