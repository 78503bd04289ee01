import { describe, expect, test } from 'vitest';
import { type ConnectionState } from '../../src/connection/state.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { messageOf } from '../../src/errors.ts';
import { settled } from '../support/fake-clock.ts';
import { ScriptedClient } from './scripted-client.ts';

const address = 'connecting to ws://localhost/v1/database/scripted/subscribe';

/** The attempt that is under way fails, and the next one begins. */
async function failOnce(scripted: ScriptedClient, message: string, status?: number): Promise<void> {
  await settled();
  scripted.socket.fail(message, status);
  const state = scripted.client.connection.state.peek();
  scripted.clock.advance('nextDelayMs' in state ? state.nextDelayMs : 0);
  await settled();
}

function lastErrorOf({ client }: ScriptedClient): unknown {
  return client.connection.quality.value.lastError;
}

describe('a server that answers and lets nobody in', () => {
  test('is told to onError once for each reason, where the client tries again', async () => {
    await using scripted = await ScriptedClient.create({ offlineStorage: new InMemoryOfflineStorage() });
    const connecting = scripted.client.connect();
    for (let attempt = 0; attempt < 3; attempt++) await failOnce(scripted, '`scripted` not found', 404);
    await failOnce(scripted, 'slow down', 429);
    expect(scripted.errors.map(messageOf)).toEqual([
      `${address}: \`scripted\` not found (HTTP status 404)`,
      `${address}: slow down (HTTP status 429)`,
    ]);
    expect(lastErrorOf(scripted)).toBe(scripted.errors[1]);
    scripted.socket.introduce();
    await connecting;
    expect(lastErrorOf(scripted)).toBeUndefined();
  });

  test('rejects connect, and is told to nobody else, where it does not', async () => {
    await using scripted = await ScriptedClient.create();
    const connecting = scripted.client.connect();
    await settled();
    scripted.socket.fail('`scripted` not found', 404);
    await expect(connecting).rejects.toThrow('`scripted` not found (HTTP status 404)');
    expect(scripted.errors).toEqual([]);
  });
});

test('a network that is not there and a server that is being restarted are told to nobody: they are what trying again is for', async () => {
  await using scripted = await ScriptedClient.create({ retryInitialConnect: true });
  scripted.client.connect().catch(() => undefined);
  await failOnce(scripted, 'connect ECONNREFUSED');
  await failOnce(scripted, 'Bad Gateway', 502);
  expect(scripted.errors).toEqual([]);
  expect(messageOf(lastErrorOf(scripted))).toBe(`${address}: Bad Gateway (HTTP status 502)`);
});

describe('who calls without a connection is told what to do', () => {
  async function adviceOf(scripted: ScriptedClient, status: ConnectionState['status']): Promise<string> {
    expect(scripted.client.connection.state.peek().status).toBe(status);
    const error: unknown = await scripted.client.reducers.noop().catch((thrown: unknown) => thrown);
    return messageOf(error).replace(`calling reducer noop: there is no connection (${status}); `, '');
  }

  test('before and while the first one is made', async () => {
    await using scripted = await ScriptedClient.create();
    expect(await adviceOf(scripted, 'disconnected')).toBe('await client.connect() first');
    scripted.client.connect().catch(() => undefined);
    expect(await adviceOf(scripted, 'connecting')).toBe('await client.connect() first');
  });

  test('while a lost one is tried again', async () => {
    await using scripted = await ScriptedClient.connected();
    scripted.socket.drop();
    expect(await adviceOf(scripted, 'reconnecting')).toBe(
      'it is tried again by itself; call again when client.connection.state is connected',
    );
  });

  test('when the token was refused', async () => {
    await using scripted = await ScriptedClient.create({ token: 'mine' });
    scripted.client.connect().catch(() => undefined);
    await settled();
    scripted.socket.fail('Invalid token', 401);
    await settled();
    expect(await adviceOf(scripted, 'authError')).toBe('log in again, or call logout(), and then client.connect()');
  });

  test('when it was given up', async () => {
    await using scripted = await ScriptedClient.create({ retryInitialConnect: true, retry: { maxAttempts: 1 } });
    scripted.client.connect().catch(() => undefined);
    await failOnce(scripted, 'connect ECONNREFUSED');
    await failOnce(scripted, 'connect ECONNREFUSED');
    expect(await adviceOf(scripted, 'fatalError')).toBe(
      'client.connection.state says why; client.connect() begins anew',
    );
  });

  test('when somebody else writes the offline store, in which the call could wait', async () => {
    const store = new InMemoryOfflineStorage();
    await using writer = await ScriptedClient.create({ offlineStorage: store });
    await using reader = await ScriptedClient.create({ offlineStorage: new InMemoryOfflineStorage(store) });
    expect(writer.client.syncState.value.storage).toBe('readWrite');
    expect(await adviceOf(reader, 'disconnected')).toBe(
      'another tab or process writes the offline store, so calls do not wait here; await client.connect() first',
    );
  });
});
