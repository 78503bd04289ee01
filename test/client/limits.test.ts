import { getEventListeners } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { ConnectionError, ProtocolError, SubscriptionError, TimeoutError } from '../../src/errors.ts';
import { firstNonNull, firstWhere, next } from '../../src/helpers.ts';
import { type ClientLimits } from '../../src/options.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { committed, scoreChange, scores, ScriptedClient, transaction } from './scripted-client.ts';
import { encodeClientMessage, serverMessageCodec } from '../support/message-codecs.ts';

const all = 'SELECT * FROM score';
const many = Array.from({ length: 50 }, (_, index) => index);

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([promise]);
  return result?.status === 'rejected' ? result.reason : undefined;
}

describe('a limit', () => {
  test.each([0, -1, 1.5, NaN])('of %d is refused by name', async (value) => {
    const options = { host: 'localhost', database: 'limits', limits: { maxPendingCalls: value } };
    await expect(SpacetimeDbClient.create(options)).rejects.toThrow(/^limits.maxPendingCalls is /);
    await expect(SpacetimeDbClient.create(options)).rejects.toBeInstanceOf(RangeError);
  });

  test('may be absent', async () => {
    await using scripted = await ScriptedClient.connected({
      limits: { maxPendingCalls: Infinity, maxBufferedBytes: Infinity },
    });
    await scripted.subscribe(all, scores(...many));
    expect(scripted.points).toHaveLength(50);
  });
});

describe('what the server sends', () => {
  test.each<[keyof ClientLimits, number, (scripted: ScriptedClient) => void, string]>([
    [
      'maxInboundFrameBytes',
      500,
      ({ socket }) => socket.receiveFrame(new Uint8Array(501)),
      'the server sent frames of 501 bytes, more than 500; raise limits.maxInboundFrameBytes if that is meant',
    ],
    [
      'maxInflatedBytes',
      500,
      ({ socket }) => {
        const message = encode(serverMessageCodec, transaction(scoreChange(1, { inserts: many })));
        socket.receiveFrame(Uint8Array.of(2, ...gzipSync(message)));
      },
      'more than 500 bytes; raise limits.maxInflatedBytes if that is meant',
    ],
    [
      'maxRowsPerMessage',
      49,
      ({ socket }) => socket.receive(transaction(scoreChange(1, { inserts: many }))),
      'the server sent a TransactionUpdate with 50 rows, more than 49; raise limits.maxRowsPerMessage if that is meant',
    ],
  ])('is bounded by %s: the error says so, and what is there stays', async (name, bound, exceed, message) => {
    await using scripted = await ScriptedClient.connected({ limits: { [name]: bound } });
    const set = await scripted.subscribe(all, scores(1));
    exceed(scripted);
    expect(scripted.errors).toEqual([expect.any(ProtocolError)]);
    expect(String(scripted.errors[0])).toContain(message);
    expect([scripted.status, scripted.points]).toEqual(['reconnecting', [1]]);
    await scripted.comeBack();
    scripted.answer(set, scores(1, 2));
    expect(scripted.points).toEqual([1, 2]);
  });
});

describe('what the client sends', () => {
  test('waits for no more than maxPendingCalls answers, of all kinds together', async () => {
    await using scripted = await ScriptedClient.connected({ limits: { maxPendingCalls: 3 } });
    const { reducers, procedures, subscriptions } = scripted.client;
    const pending = [reducers.noop(), procedures.add({ left: 1n, right: 1n }), subscriptions.oneOffQuery(all)];
    for (const each of pending) each.catch(() => undefined);
    await settled();
    for (const call of [reducers.noop(), procedures.add({ left: 1n, right: 1n }), subscriptions.oneOffQuery(all)]) {
      const error = await errorOf(call);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toMatch(
        /(calling|asking) .+: 3 calls wait for an answer already \(limits.maxPendingCalls\)/,
      );
    }
    expect(scripted.sent).toHaveLength(3);
    const requestId = scripted.socket.messages[0]?.requestId ?? 0;
    scripted.socket.receive(committed(requestId));
    await pending[0];
    reducers.noop().catch(() => undefined);
    await settled();
    expect(scripted.sent).toHaveLength(4);
  });

  test('is refused while maxBufferedBytes wait for the network', async () => {
    await using scripted = await ScriptedClient.connected({ limits: { maxBufferedBytes: 1000 } });
    scripted.socket.bufferedBytes = 1000;
    const error = await errorOf(scripted.client.reducers.noop());
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain(
      'calling reducer noop: 1000 bytes wait for the network already (limits.maxBufferedBytes)',
    );
    scripted.socket.bufferedBytes = 999;
    scripted.client.reducers.noop().catch(() => undefined);
    await settled();
    expect(scripted.sent).toEqual(['CallReducer noop']);
  });

  test('shares frames of at most maxOutboundFrameBytes; a larger message goes alone; order is kept', async () => {
    const maxOutboundFrameBytes = 200;
    await using scripted = await ScriptedClient.connected({ limits: { maxOutboundFrameBytes } });
    const texts = ['a', 'b'.repeat(300), ...Array.from({ length: 10 }, (_, index) => `${index}`.repeat(30))];
    for (const text of texts) scripted.client.reducers.say({ room: 1, text }).catch(() => undefined);
    for (let turn = 0; turn < texts.length; turn++) {
      await settled();
      scripted.clock.advance(1);
    }
    const { sent, sentFrames, messages } = scripted.socket;
    expect(messages.map(({ requestId }) => requestId)).toEqual(texts.map((_, index) => index + 1));
    const sizes = sent.map((frame, index) => [frame.length, sentFrames[index]?.length ?? 0] as const);
    expect(sizes.filter(([count, bytes]) => bytes > maxOutboundFrameBytes && count > 1)).toEqual([]);
    expect(sizes.filter(([, bytes]) => bytes > maxOutboundFrameBytes)).toHaveLength(1);
    expect(sizes.some(([count]) => count > 1)).toBe(true);
    expect(Buffer.concat(sentFrames)).toEqual(Buffer.concat(messages.map(encodeClientMessage)));
  });

  test('goes one by one where batching is disabled', async () => {
    await using scripted = await ScriptedClient.connected({ outboundBatching: 'disabled' });
    for (let call = 0; call < 3; call++) scripted.client.reducers.noop().catch(() => undefined);
    expect(scripted.socket.sent.map((frame) => frame.length)).toEqual([1, 1, 1]);
  });
});

describe('nobody waits for ever', () => {
  test('for a connection', async () => {
    await using scripted = await ScriptedClient.create({ connectTimeoutMs: 700 });
    const connecting = scripted.client.connect();
    connecting.catch(() => undefined);
    await settled();
    scripted.socket.open();
    scripted.clock.advance(699);
    expect(scripted.status).toBe('connecting');
    scripted.clock.advance(1);
    expect(String(await errorOf(connecting))).toBe(
      'TimeoutError: connecting: the first message of the server did not come within 700 ms',
    );
  });

  test('for first rows; the set stays wanted, and its rows come in when they come', async () => {
    await using scripted = await ScriptedClient.connected({ subscribeTimeoutMs: 700 });
    const handle = scripted.client.subscriptions.subscribe(all);
    await settled();
    scripted.clock.advance(700);
    const error = await errorOf(handle.applied);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(String(error)).toContain(`subscribing to ${all}: no answer within 700 ms`);
    expect([handle.isActive, scripted.client.subscriptions.ready.value]).toEqual([true, false]);
    scripted.answer(handle.querySetId, scores(1));
    expect([scripted.points, scripted.client.subscriptions.ready.value]).toEqual([[1], true]);
    await scripted.client.score.subscribed;
  });

  test('for the answer to a call or a query, each with its own time', async () => {
    await using scripted = await ScriptedClient.connected({ callTimeoutMs: 700 });
    const { reducers, procedures, subscriptions } = scripted.client;
    const calls: readonly (readonly [string, Promise<unknown>, number])[] = [
      ['reducer noop', reducers.noop(), 700],
      ['procedure add', procedures.add({ left: 1n, right: 1n }), 700],
      [all, subscriptions.oneOffQuery(all), 700],
      ['reducer noop', reducers.noop({ timeoutMs: 50 }), 50],
      ['procedure add', procedures.add({ left: 1n, right: 1n }, { timeoutMs: 50 }), 50],
      [all, subscriptions.oneOffQuery(all, { timeoutMs: 50 }), 50],
    ];
    const patient = [reducers.noop({ timeoutMs: Infinity }), subscriptions.oneOffQuery(all, { timeoutMs: Infinity })];
    const ended: string[] = [];
    for (const [name, call, millis] of calls)
      call.catch((error: unknown) => ended.push(`${name} ${millis} ${String(error)}`));
    for (const call of patient) call.catch((error: unknown) => ended.push(String(error)));
    await settled();
    scripted.clock.advance(49);
    await settled();
    expect(ended).toEqual([]);
    scripted.clock.advance(1);
    await settled();
    expect(ended).toHaveLength(3);
    scripted.clock.advance(650);
    await settled();
    expect(ended).toHaveLength(6);
    for (const text of ended) {
      const [, name, millis] = /^(.*) (\d+) TimeoutError/.exec(text) ?? [];
      expect(text).toContain(`${name}: no answer within ${millis} ms`);
    }
    scripted.clock.advance(25_000);
    await settled();
    expect(ended).toHaveLength(6);
  });

  test('for a sign of life', async () => {
    await using scripted = await ScriptedClient.connected({ idleProbeMs: 100, probeTimeoutMs: 30 });
    scripted.clock.advance(100);
    await settled();
    expect(scripted.sent).toEqual(['OneOffQuery ']);
    scripted.clock.advance(30);
    expect(scripted.status).toBe('reconnecting');
  });
});

describe('an AbortSignal', () => {
  const reason = new Error('not any more');

  /** A signal that must have nobody listening in the end. */
  async function withSignal(run: (controller: AbortController) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    await run(controller);
    await settled();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }

  test('ends connect: the client disconnects, and the promise rejects with the reason', async () => {
    await withSignal(async (controller) => {
      await using scripted = await ScriptedClient.create();
      const { signal } = controller;
      const connecting = scripted.client.connect({ signal, initialSubscriptions: [all] });
      await settled();
      controller.abort(reason);
      expect(await errorOf(connecting)).toBe(reason);
      expect([scripted.status, scripted.connector.openSockets]).toEqual(['disconnected', 0]);
      expect(await errorOf(scripted.client.connect({ signal }))).toBe(reason);
      expect(scripted.connector.sockets).toHaveLength(1);
      expect(scripted.client.inspect().querySets).toEqual([]);
    });
  });

  test('ends connect also while it waits for the first rows', async () => {
    await withSignal(async (controller) => {
      await using scripted = await ScriptedClient.create();
      const connecting = scripted.client.connect({ signal: controller.signal, initialSubscriptions: [all] });
      await settled();
      scripted.socket.introduce();
      await settled();
      controller.abort(reason);
      expect(await errorOf(connecting)).toBe(reason);
    });
  });

  test('that aborts later has nothing to do with a connect that is over', async () => {
    await withSignal(async (controller) => {
      await using scripted = await ScriptedClient.create();
      const connecting = scripted.client.connect({ signal: controller.signal });
      await settled();
      scripted.socket.introduce();
      await connecting;
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      controller.abort(reason);
      expect(scripted.status).toBe('connected');
    });
  });

  test('ends the waiting for a call or a query', async () => {
    await using scripted = await ScriptedClient.connected();
    const { reducers, procedures, subscriptions } = scripted.client;
    const waits: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => reducers.noop({ signal }),
      (signal) => procedures.add({ left: 1n, right: 1n }, { signal }),
      (signal) => subscriptions.oneOffQuery(all, { signal }),
    ];
    for (const wait of waits) {
      await withSignal(async (controller) => {
        const waiting = wait(controller.signal);
        waiting.catch(() => undefined);
        await settled();
        controller.abort(reason);
        expect(await errorOf(waiting)).toBe(reason);
        const sent = scripted.sent.length;
        expect(await errorOf(wait(controller.signal))).toBe(reason);
        await settled();
        expect(scripted.sent).toHaveLength(sent);
      });
    }
  });

  test('ends the waiting for a signal', async () => {
    await using scripted = await ScriptedClient.create();
    const { ready } = scripted.client.subscriptions;
    const waits: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => firstWhere(ready, (isReady) => isReady, { signal }),
      (signal) => firstNonNull(scripted.client.me, { signal }),
      (signal) => next(ready, { signal }),
    ];
    for (const wait of waits) {
      await withSignal(async (controller) => {
        const waiting = wait(controller.signal);
        controller.abort(reason);
        expect(await errorOf(waiting)).toBe(reason);
      });
    }
  });

  test('ends every kind of listener', async () => {
    await using scripted = await ScriptedClient.create();
    const { client } = scripted;
    await withSignal(async (controller) => {
      const heard: string[] = [];
      const { signal } = controller;
      client.connection.onStateChanged(() => heard.push('state'), { signal });
      client.onIdentityChanged(() => heard.push('identity'), { signal });
      client.onError(() => heard.push('error'), { signal });
      client.score.onInsert(() => heard.push('insert'), { signal });
      client.score.onDelete(() => heard.push('delete'), { signal });
      client.setting.onUpdate(() => heard.push('update'), { signal });
      client.reducers.onNoop(() => heard.push('reducer'), { signal });
      controller.abort(reason);
      await scripted.connect();
      await scripted.subscribe(all, scores(1));
      scripted.socket.receiveFrame(undefined);
      expect(heard).toEqual([]);
    });
  });

  test('leaves no listener behind where the waiting ends by itself', async () => {
    await using scripted = await ScriptedClient.connected();
    await withSignal(async ({ signal }) => {
      const call = scripted.client.reducers.noop({ signal });
      const query = scripted.client.subscriptions.oneOffQuery(all, { signal });
      await settled();
      const [first, second] = scripted.socket.messages;
      scripted.socket.receive(committed(first?.requestId ?? 0));
      const result = { err: 'no' };
      scripted.socket.receive({ tag: 'OneOffQueryResult', requestId: second?.requestId ?? 0, result });
      await call;
      await expect(query).rejects.toBeInstanceOf(SubscriptionError);
    });
  });
});
