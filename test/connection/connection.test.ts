import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { ConnectionError, isSpacetimeDbError, TimeoutError } from '../../src/errors.ts';
import { deferred } from '../../src/deferred.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { settled } from '../support/fake-clock.ts';
import { initialConnection } from '../support/fake-connector.ts';
import { Harness } from './connection-harness.ts';

const update: ServerMessage = { tag: 'TransactionUpdate', querySets: [] };

describe('a connection that works', () => {
  test('is connecting, then connected, with the first message of the server', async () => {
    const harness = new Harness();
    const socket = await harness.attempt();
    socket.open().receive(initialConnection(), update);
    expect(harness.log).toEqual(['connecting', 'open first as token-of-the-server', 'connected', 'TransactionUpdate']);
    expect(harness.connection.negotiatedProtocol).toBe('v3');
    expect(socket.request.subprotocols).toEqual(['v3.bsatn.spacetimedb', 'v2.bsatn.spacetimedb']);
  });

  test.each([
    ['v2.bsatn.spacetimedb', 'v2'],
    ['', 'v2'],
  ] as const)('falls back where the server picks %j', async (subprotocol, version) => {
    const harness = new Harness();
    const socket = (await harness.attempt()).open('v2', subprotocol);
    socket.receive(initialConnection());
    expect(harness.connection.negotiatedProtocol).toBe(version);
    for (const requestId of [1, 2]) harness.connection.send({ tag: 'OneOffQuery', requestId, query: 'q' });
    await settled();
    expect(socket.sent.map((frame) => frame.length)).toEqual([1, 1]);
  });

  test('answers checkHealth with what the server does, and with no where there is no connection', async () => {
    const harness = new Harness();
    expect(await harness.connection.checkHealth()).toBe(false);
    const socket = await harness.open();
    const answered = harness.connection.checkHealth(500);
    await settled();
    expect(socket.messages).toEqual([{ tag: 'OneOffQuery', requestId: 0, query: '' }]);
    harness.clock.advance(20);
    socket.receive(update);
    const unanswered = harness.connection.checkHealth(500);
    await settled();
    harness.clock.advance(500);
    expect([await answered, await unanswered]).toEqual([true, false]);
    expect(harness.connection.quality.peek()).toMatchObject({ roundTripMs: 20, isSuspect: true });
    const asked = harness.connection.checkHealth();
    harness.connection.disconnect();
    expect(await asked).toBe(false);
    expect(harness.connection.quality.peek()).toMatchObject({ isSuspect: false, connectedSince: undefined });
    expect(harness.clock.openTimers).toBe(0);
  });
});

describe('a connection that is lost', () => {
  test('waits, comes back, and shows every state once and in order', async () => {
    const harness = new Harness();
    const seen: string[] = [];
    effect(() => void seen.push(harness.connection.state.value.status));
    (await harness.open()).drop();
    expect(harness.connection.isOpen).toBe(false);
    expect(harness.connector.openSockets).toBe(0);
    await harness.pass(499);
    expect(harness.connector.sockets).toHaveLength(1);
    (await harness.pass(1)).introduce();
    harness.connection.markReady();
    await harness.pass(5000);
    harness.environment?.visible();
    expect(harness.states).toEqual([
      { status: 'connecting' },
      { status: 'connected' },
      { status: 'reconnecting', attempt: 1, nextDelayMs: 500 },
      { status: 'reconnecting', attempt: 1, nextDelayMs: 0 },
      { status: 'connected' },
    ]);
    expect(seen).toEqual(['disconnected', ...harness.states.map(({ status }) => status)]);
    expect(harness.log.filter((entry) => entry.startsWith('open'))).toEqual([
      'open first as token-of-the-server',
      'open again as token-of-the-server',
    ]);
  });

  test('waits longer each time, until a connection has been ready for five seconds', async () => {
    const harness = new Harness();
    await harness.open();
    const delays: unknown[] = [];
    harness.onState = (state) => {
      if ('nextDelayMs' in state && state.nextDelayMs > 0) delays.push(state.nextDelayMs);
    };
    harness.connector.last.drop();
    (await harness.pass(500)).fail();
    (await harness.pass(1000)).introduce().drop(1011, 'oops');
    const socket = (await harness.pass(2000)).introduce();
    harness.connection.markReady();
    harness.connection.markReady();
    await harness.pass(4999);
    socket.drop();
    (await harness.pass(4000)).introduce();
    harness.connection.markReady();
    await harness.pass(5000);
    harness.connector.last.drop();
    expect(delays).toEqual([500, 1000, 2000, 4000, 500]);
    expect(harness.losses.map(({ cause }) => String(cause))).toEqual([
      'ConnectionError: the connection broke',
      'ConnectionError: the server closed the connection: oops (code 1011)',
      'ConnectionError: the connection broke',
      'ConnectionError: the connection broke',
    ]);
  });

  test('is tried again at once when the network comes back or the page becomes visible, and slowly without a network', async () => {
    const harness = new Harness();
    await harness.open();
    harness.isOnline = false;
    harness.connector.last.drop();
    harness.environment?.offline();
    harness.environment?.visible();
    await harness.pass(59_999);
    expect(harness.connector.sockets).toHaveLength(1);
    (await harness.pass(1)).fail();
    harness.isOnline = true;
    harness.environment?.online();
    await settled();
    expect(harness.connector.sockets).toHaveLength(3);
    harness.connector.last.fail();
    harness.environment?.visible();
    await settled();
    expect(harness.connector.sockets).toHaveLength(4);
    expect(harness.clock.openTimers).toBe(1);
  });

  test('without being told is noticed by the silence, and sooner when the page becomes visible', async () => {
    const harness = new Harness();
    await harness.open();
    await harness.pass(39_999);
    expect(harness.connection.isOpen).toBe(true);
    await harness.pass(1);
    expect(String(harness.losses[0]?.cause)).toContain('silent for 40000 ms and does not answer');
    (await harness.pass(500)).introduce();
    harness.environment?.visible();
    await settled();
    expect(harness.connector.last.messages).toHaveLength(1);
    await harness.pass(10_000);
    expect(harness.losses).toHaveLength(2);
  });

  test('is looked for where the browser says that it is offline, and stays where the server still answers', async () => {
    const harness = new Harness();
    await harness.open();
    harness.environment?.offline();
    await settled();
    expect(harness.connector.last.messages).toHaveLength(1);
    harness.connector.last.ping();
    await harness.pass(10_000);
    expect(harness.connection.isOpen).toBe(true);
    harness.environment?.offline();
    await harness.pass(10_000);
    expect(harness.connection.isOpen).toBe(false);
  });

  test('lets a ping of the server count as a sign of life', async () => {
    const harness = new Harness();
    const socket = await harness.open();
    for (let time = 0; time < 10; time++) {
      await harness.pass(29_000);
      socket.ping();
    }
    expect(socket.messages).toEqual([]);
    expect(harness.connection.isOpen).toBe(true);
  });

  test('gives up where the attempts are bounded, and says why', async () => {
    const harness = new Harness({ policy: { maxAttempts: 1 } });
    (await harness.open()).drop();
    (await harness.pass(500)).fail('refused', 503);
    const message = expect.stringMatching(
      /^gave up after 1 attempts to reconnect: connecting to \S+: refused \(HTTP status 503\)$/,
    );
    expect(harness.states.at(-1)).toEqual({ status: 'fatalError', message });
    expect(harness.connection.lastError).toMatchObject({ message, cause: expect.any(ConnectionError) });
    expect(harness.clock.openTimers + harness.connector.openSockets).toBe(0);
    (await harness.attempt()).introduce();
    expect(harness.states.at(-1)).toEqual({ status: 'connected' });
    expect(harness.connection.lastError).toBeUndefined();
  });
});

describe('a first attempt', () => {
  test('that fails ends disconnected, with the error', async () => {
    const harness = new Harness();
    (await harness.attempt()).fail('connect ECONNREFUSED');
    expect(harness.states).toEqual([{ status: 'connecting' }, { status: 'disconnected' }]);
    expect(harness.connection.lastError?.message).toMatch(
      /^connecting to wss?:\S+\/v1\/database\/\S+\/subscribe: connect ECONNREFUSED$/,
    );
    expect(harness.clock.openTimers).toBe(0);
  });

  test('that fails is tried again where that is wanted', async () => {
    const harness = new Harness({ policy: { retryInitialConnect: true } });
    (await harness.attempt()).fail();
    expect(harness.states.at(-1)).toEqual({ status: 'reconnecting', attempt: 1, nextDelayMs: 500 });
    (await harness.pass(500)).introduce();
    expect(harness.log.at(-2)).toBe('open first as token-of-the-server');
  });

  test.each<[string, (harness: Harness) => void, string]>([
    ['the upgrade', () => undefined, 'the first message of the server'],
    ['the first message', (harness) => void harness.connector.last.open(), 'the first message of the server'],
  ])('waits for %s only so long', async (_, begin, waitedFor) => {
    const harness = new Harness();
    await harness.attempt();
    begin(harness);
    harness.clock.advance(9999);
    expect(harness.states).toEqual([{ status: 'connecting' }]);
    harness.clock.advance(1);
    expect(harness.states.at(-1)).toEqual({ status: 'disconnected' });
    expect(harness.connection.lastError).toEqual(
      new TimeoutError(`connecting: ${waitedFor} did not come within 10000 ms`),
    );
    expect(harness.clock.openTimers + harness.connector.openSockets).toBe(0);
  });
});

describe('disconnect', () => {
  test('wins over a token that is being fetched', async () => {
    const { promise, resolve: give } = deferred<string>();
    const harness = new Harness({ token: () => promise });
    harness.connection.connect();
    harness.connection.disconnect();
    give('late');
    await settled();
    expect(harness.connector.sockets).toHaveLength(0);
    expect(harness.states).toEqual([{ status: 'connecting' }, { status: 'disconnected' }]);
    expect(harness.clock.openTimers).toBe(0);
  });

  test.each(['connecting', 'open first as token-of-the-server', 'connected', 'lost', 'reconnecting'])(
    'wins when a listener asks for it at "%s", and leaves nothing',
    async (moment) => {
      const harness = new Harness();
      const disconnectAt = (): void => {
        if (harness.log.at(-1) === moment) harness.connection.disconnect();
      };
      harness.onState = disconnectAt;
      harness.onConversation = disconnectAt;
      harness.connection.connect();
      await settled();
      harness.connector.sockets[0]?.introduce();
      harness.connector.sockets[0]?.drop();
      harness.clock.advance(100_000);
      await settled();
      expect(harness.connection.state.peek()).toEqual({ status: 'disconnected' });
      expect(harness.log.at(-1)).toBe('disconnected');
      expect(harness.clock.openTimers + harness.connector.openSockets).toBe(0);
      // Every conversation that begins ends.
      expect(harness.log.filter((entry) => entry === 'lost')).toHaveLength(
        harness.log.filter((entry) => entry.startsWith('open')).length,
      );
    },
  );

  test('leaves no reason behind, and lets a later connect be the next one', async () => {
    const harness = new Harness();
    (await harness.open()).drop();
    expect(harness.connection.lastError).toBeDefined();
    harness.connection.disconnect();
    expect(harness.connection.lastError).toBeUndefined();
    await harness.open();
    expect(harness.log.at(-2)).toBe('open again as token-of-the-server');
  });

  test('closes the socket politely, and dispose ends the watching', async () => {
    const harness = new Harness();
    const socket = await harness.open();
    harness.connection.markReady();
    harness.connection.markReady();
    expect(harness.clock.openTimers).toBe(2);
    harness.connection.dispose();
    expect(harness.clock.openTimers).toBe(0);
    expect(socket.closed).toEqual({ code: 1000, reason: 'disconnect' });
    expect(harness.environment).toBeUndefined();
    expect(harness.losses[0]).toEqual(new ConnectionError('the connection ended: disconnect'));
  });
});

describe('reconnect', () => {
  test.each(['attempt', 'open'] as const)(
    'begins anew at once in the middle of an %s, and the old socket is heard no more',
    async (when) => {
      const harness = new Harness();
      const old = await harness[when]();
      harness.connection.reconnect();
      await settled();
      const socket = harness.connector.last;
      expect([harness.connector.sockets.length, harness.connector.openSockets]).toEqual([2, 1]);
      const before = harness.log.length;
      if (when === 'attempt') old.open();
      old.receive(initialConnection({ token: 'old' }), update);
      old.receiveFrame(undefined);
      old.ping();
      old.drop();
      old.fail();
      expect(harness.log.slice(before)).toEqual([]);
      socket.introduce({ token: 'new' });
      expect(harness.log.at(-2)).toMatch(/as new$/);
    },
  );
});

test('an effect or a listener that throws stops nothing', async () => {
  const harness = new Harness();
  effect(() => {
    if (harness.connection.state.value.status === 'connected') throw new Error('an effect');
  });
  (await harness.open()).drop();
  expect(harness.errors).toEqual([new Error('an effect')]);
  expect(harness.states.map(({ status }) => status)).toEqual(['connecting', 'connected', 'reconnecting']);
  (await harness.pass(500)).introduce();
  expect(harness.connection.isOpen).toBe(true);
});

test('every error is one of ours, so that a caller can tell them apart', async () => {
  const harness = new Harness();
  (await harness.attempt()).fail();
  expect(isSpacetimeDbError(harness.connection.lastError, 'connection')).toBe(true);
});
