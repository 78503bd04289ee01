import { describe, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { deferred } from '../../src/deferred.ts';
import { committed, ScriptedClient } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

const [ann, bob] = [new Identity(5n), new Identity(6n)];

describe('a process that dies before the token of its very first connection is kept', () => {
  test('was nobody: what it called, before and after the server gave the token, is sent under the next identity', async () => {
    const authStorage = new InMemoryTokenStore();
    authStorage.saveToken = () => new Promise(() => undefined);
    const first = await OfflineClient.create({ authStorage });
    await first.addScore(1);
    first.client.connect().catch(() => undefined);
    await settled();
    first.scripted.socket.introduce({ identity: ann });
    await settled();
    expect((await first.addScore(2)).status).toBe('pending');
    expect([first.client.identity.value, first.calls]).toEqual([undefined, []]);

    await using second = await OfflineClient.create({ sharing: await first.abandoned() });
    expect(second.pending).toEqual(['add_score queued', 'add_score queued']);
    await second.scripted.connect({ identity: bob });
    await settled();
    expect(second.calls).toHaveLength(2);
    for (const { requestId } of second.calls) second.scripted.socket.receive(committed(requestId));
    await settled();
    expect([second.told, await second.stored()]).toEqual([['add_score committed', 'add_score committed'], []]);
    first.scripted.socket.drop();
  });
});

test('two tabs that connect for the first time at once are the same somebody, who is also that of the next run', async () => {
  const authStorage = new InMemoryTokenStore();
  await using first = await ScriptedClient.create({ authStorage });
  await using second = await ScriptedClient.create({ authStorage });
  const connecting = [first, second].map(({ client }) => client.connect());
  await settled();
  first.socket.introduce({ identity: ann, token: 'of-ann' });
  await settled();
  second.socket.introduce({ identity: bob, token: 'of-bob' });
  await settled();
  expect(second.socket.request.token).toBe('of-ann');
  second.socket.introduce({ identity: ann, token: 'of-ann' });
  await Promise.all(connecting);
  expect([second.client.identity.value, second.client.token, await authStorage.loadToken()]).toEqual([
    ann,
    'of-ann',
    'of-ann',
  ]);
  expect(second.connector.openSockets).toBe(1);
});

test('a token store that takes longer than an attempt may holds the next one up as well', async () => {
  const saved = deferred<void>();
  const authStorage = new InMemoryTokenStore();
  authStorage.saveToken = () => saved.promise;
  await using scripted = await ScriptedClient.create({ authStorage });
  const connecting = scripted.client.connect();
  await settled();
  scripted.socket.introduce({ token: 'of-ann' });
  scripted.clock.advance(10_000);
  await expect(connecting).rejects.toThrow('connecting: the end of saveToken did not come within 10000 ms');
  const again = scripted.client.connect();
  await settled();
  expect(scripted.socket.request.token).toBe('of-ann');
  scripted.socket.introduce({ identity: ann, token: 'of-ann' });
  await settled();
  expect(scripted.client.identity.value).toBeUndefined();
  saved.resolve();
  await again;
  expect(scripted.client.identity.value).toEqual(ann);
});

test('a tab whose connection breaks while another one is the first to keep a token comes back as that one', async () => {
  const [looked, found] = [deferred<void>(), deferred<string>()];
  const authStorage = new InMemoryTokenStore();
  await using scripted = await ScriptedClient.create({ authStorage, retryInitialConnect: true });
  const connecting = scripted.client.connect();
  await settled();
  authStorage.loadToken = () => {
    looked.resolve();
    return found.promise;
  };
  scripted.socket.introduce({ identity: bob, token: 'of-bob' });
  await looked.promise;
  scripted.socket.drop();
  scripted.clock.advance(500);
  await settled();
  expect(scripted.socket.request.token).toBe('of-bob');
  found.resolve('of-ann');
  await settled();
  scripted.socket.introduce({ identity: bob, token: 'of-bob' });
  await settled();
  expect([scripted.socket.request.token, scripted.client.identity.value]).toEqual(['of-ann', undefined]);
  scripted.socket.introduce({ identity: ann, token: 'of-ann' });
  await connecting;
  expect(scripted.client.identity.value).toEqual(ann);
});
