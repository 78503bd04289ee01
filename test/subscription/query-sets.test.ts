import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/deferred.ts';
import { ConnectionError, SchemaError, SubscriptionError, TimeoutError } from '../../src/errors.ts';
import { QuerySetRegistry, textOf } from './support/query-set-registry.ts';

describe('a query set', () => {
  test('that was given up says why, also when all sets end before that is known', async () => {
    const registry = new QuerySetRegistry();
    const { state } = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    const drift = deferred<SchemaError>();
    registry.sets.reject(1, drift.promise);
    registry.sets.clear(new ConnectionError('the client was logged out'));
    expect(state.peek()).toEqual({ status: 'pending' });
    const error = new SchemaError('table a differs');
    drift.resolve(error);
    await drift.promise;
    expect(state.peek()).toEqual({ status: 'failed', error });
  });

  test('that is late is asked for anew by whoever asks then', async () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    const first = registry.sets.resync(1);
    registry.clock.advance(5000);
    await expect(first).rejects.toBeInstanceOf(TimeoutError);
    const second = registry.sets.resync(1);
    registry.accept('a');
    await expect(second).resolves.toBeUndefined();
  });

  test('that is asked for anew and ended meanwhile troubles nobody who does not wait', async () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.accept('a');
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    void registry.sets.resync(1);
    void registry.sets.unsubscribe(1);
    await new Promise(setImmediate);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  test('is sent at once, and again under its id with every connection, in the order of the making', () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a', 'SELECT * FROM b'], ['a', 'b']);
    registry.connection.isOpen = false;
    registry.sets.subscribe(['SELECT * FROM c'], ['c']);
    expect(registry.sent).toEqual([
      { tag: 'Subscribe', requestId: 101, querySetId: 1, queries: ['SELECT * FROM a', 'SELECT * FROM b'] },
    ]);
    registry.lose();
    registry.open();
    expect(registry.sent.slice(1)).toEqual([
      { tag: 'Subscribe', requestId: 102, querySetId: 1, queries: ['SELECT * FROM a', 'SELECT * FROM b'] },
      { tag: 'Subscribe', requestId: 103, querySetId: 2, queries: ['SELECT * FROM c'] },
    ]);
  });

  test('tells every table that it has its first rows, the empty ones too', async () => {
    const registry = new QuerySetRegistry();
    const { applied } = registry.sets.subscribe(['SELECT * FROM a', 'SELECT * FROM b'], ['a', 'b']);
    registry.accept('b');
    await applied;
    expect(registry.log).toEqual(['a named', 'b named', 'subscribeApplied', 'a answered', 'b answered']);
  });

  test('whose rows are awaited without a connection is told of when nobody asks for one, and waits on', async () => {
    const registry = new QuerySetRegistry();
    Object.assign(registry.connection, { isOpen: false, wasWanted: false });
    const awaited = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.sets.subscribe(['SELECT * FROM b'], ['b']);
    const { applied } = awaited;
    expect([awaited.applied === applied, registry.clock.openTimers]).toEqual([true, 1]);
    registry.clock.advance(5000);
    expect(registry.errors.map(textOf)).toEqual([
      'ConnectionError: waiting for the rows of SELECT * FROM a: nobody has ever asked for a connection; call connect()',
    ]);
    registry.connection.wasWanted = true;
    registry.open();
    registry.clock.advance(1);
    registry.sets.onSubscribeApplied({ tag: 'SubscribeApplied', requestId: 101, querySetId: 1, tables: [] });
    await applied;
    expect(registry.errors).toHaveLength(1);
  });

  test('whose rows are awaited before somebody asks for a connection, or that is ended, is no news', () => {
    const registry = new QuerySetRegistry();
    Object.assign(registry.connection, { isOpen: false, wasWanted: false });
    void registry.sets.subscribe(['SELECT * FROM a'], ['a']).applied;
    const ended = registry.sets.subscribe(['SELECT * FROM b'], ['b']);
    void ended.applied;
    void ended.unsubscribe();
    registry.connection.wasWanted = true;
    registry.clock.advance(4999);
    registry.open();
    expect(registry.clock.openTimers).toBe(1);
    registry.accept('a');
    registry.clock.advance(10_000);
    expect([registry.errors, registry.clock.openTimers]).toEqual([[], 0]);
  });

  test('that the server refuses rejects with its text and the queries, and belongs to nobody else', async () => {
    const registry = new QuerySetRegistry();
    const handle = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    const { applied } = handle;
    registry.refuse();
    await expect(applied).rejects.toEqual(new SubscriptionError('no such table', ['SELECT * FROM a']));
    expect([handle.isActive, registry.errors]).toEqual([false, []]);
    expect(registry.log).toEqual(['a named', 'subscriptionError', 'a: SubscriptionError: no such table']);
    await handle.unsubscribe();
    expect(registry.sent).toHaveLength(1);
  });

  test('that the server refuses and nobody asks about is reported', () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.refuse();
    registry.sets.subscribe(['SELECT * FROM b'], ['b']).state.peek();
    registry.refuse();
    expect(registry.errors).toEqual([new SubscriptionError('no such table', ['SELECT * FROM a'])]);
  });

  test.each<[string, (registry: QuerySetRegistry) => void]>([
    ['refused by the next connection', (registry) => (registry.lose(), registry.open(), registry.refuse('gone'))],
    [
      'failing later on',
      ({ sets }) =>
        sets.onSubscriptionError({ tag: 'SubscriptionError', requestId: undefined, querySetId: 1, error: 'gone' }),
    ],
  ])('that had its rows and is %s is reported, and its tables stay answered', async (_, fail) => {
    const registry = new QuerySetRegistry();
    const handle = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.accept();
    const refreshed = registry.sets.resync(1);
    registry.accept();
    fail(registry);
    await Promise.all([handle.applied, refreshed]);
    expect(registry.errors).toEqual([new SubscriptionError('gone', ['SELECT * FROM a'])]);
    expect(registry.log.at(-1)).toBe('subscriptionError');
    expect([handle.isActive, registry.sets.live()]).toEqual([false, []]);
  });

  test('whose rows cannot be read is ended, and whoever waits for them is told why', async () => {
    const registry = new QuerySetRegistry();
    const drift = new SchemaError('table a has changed');
    const first = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    const { applied } = first;
    registry.sets.reject(1, drift);
    await expect(applied).rejects.toBe(drift);
    expect(registry.sent.at(-1)).toMatchObject({ tag: 'Unsubscribe', querySetId: 1, sendDroppedRows: false });
    expect([registry.errors, registry.log.at(-1)]).toEqual([[], 'a: SchemaError: table a has changed']);
    registry.sets.subscribe(['SELECT * FROM b'], ['b']);
    registry.accept();
    registry.sets.reject(2, drift);
    registry.sets.reject(2, drift);
    expect([registry.errors, registry.sent.length]).toEqual([[drift], 4]);
  });

  test('that is ended before the server refuses it, or lets it fail, is ended and no error', async () => {
    const registry = new QuerySetRegistry();
    const first = registry.sets.subscribe(['SELECT * FROM a'], ['a']).unsubscribe();
    registry.refuse();
    const second = registry.sets.subscribe(['SELECT * FROM b'], ['b']);
    registry.accept();
    const ended = second.unsubscribe();
    registry.sets.onSubscriptionError({ tag: 'SubscriptionError', requestId: undefined, querySetId: 2, error: 'gone' });
    registry.end();
    await Promise.all([first, ended]);
    const events = ['a named', 'unsubscribeApplied', 'b named', 'subscribeApplied', 'b answered', 'unsubscribeApplied'];
    expect([registry.log, registry.errors]).toEqual([events, []]);
  });

  test('that takes too long rejects, stays wanted, and its rows come in when they come', async () => {
    const registry = new QuerySetRegistry();
    const handle = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.clock.advance(4999);
    expect(registry.log).toEqual(['a named']);
    registry.clock.advance(1);
    await expect(handle.applied).rejects.toEqual(
      new TimeoutError('subscribing to SELECT * FROM a: no answer within 5000 ms'),
    );
    expect([handle.isActive, registry.sets.ready.peek()]).toEqual([true, false]);
    registry.accept();
    expect(registry.log.slice(-2)).toEqual(['subscribeApplied', 'a answered']);
    expect(registry.sets.ready.peek()).toBe(true);
  });

  test('waits without a connection as long as it takes, and for rows it has had before', () => {
    const registry = new QuerySetRegistry();
    registry.connection.isOpen = false;
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    expect(registry.clock.openTimers).toBe(0);
    registry.open();
    expect(registry.clock.openTimers).toBe(1);
    registry.lose();
    expect(registry.clock.openTimers).toBe(0);
    registry.open();
    registry.accept();
    expect(registry.clock.openTimers).toBe(0);
    registry.lose();
    registry.open();
    expect(registry.clock.openTimers).toBe(0);
  });

  test('ends with the answer of the server, or at once where there is none to wait for', async () => {
    const registry = new QuerySetRegistry();
    const handle = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.accept();
    const ended = handle.unsubscribe({ sendDroppedRows: true });
    expect([handle.isActive, registry.log.at(-1)]).toEqual([false, 'a answered']);
    expect(registry.sent.at(-1)).toMatchObject({ tag: 'Unsubscribe', sendDroppedRows: true });
    registry.end();
    await ended;
    registry.connection.isOpen = false;
    const offline = registry.sets.subscribe(['SELECT * FROM b'], ['b']);
    const early = offline.applied;
    await registry.sets.unsubscribe(offline.querySetId);
    await expect(early).rejects.toThrow('the query set was ended before its rows came');
    expect(registry.log.filter((entry) => entry === 'unsubscribeApplied')).toHaveLength(2);
    await registry.sets.unsubscribe(999);
  });
});

test('clear ends every set without asking, and tells whoever waits', async () => {
  const registry = new QuerySetRegistry();
  const answered = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
  registry.accept();
  const waiting = registry.sets.subscribe(['SELECT * FROM b'], ['b']);
  const error = new ConnectionError('logged out');
  const refreshed = registry.sets.resync(1);
  registry.sets.clear(error);
  await answered.applied;
  await expect(waiting.applied).rejects.toBe(error);
  await expect(refreshed).rejects.toBe(error);
  await Promise.all([answered.unsubscribe(), waiting.unsubscribe()]);
  expect(registry.log.filter((entry) => entry.startsWith('b'))).toEqual(['b named', 'b: ConnectionError: logged out']);
  expect([registry.errors, registry.sets.live(), registry.clock.openTimers]).toEqual([[], [], 0]);
});

test('an effect of `ready` that throws stops nothing', () => {
  const registry = new QuerySetRegistry();
  effect(() => {
    if (registry.sets.ready.value) throw new Error('an effect');
  });
  registry.sets.subscribe(['SELECT * FROM a'], ['a']);
  registry.accept();
  expect(registry.errors).toEqual([new Error('an effect')]);
  expect(registry.log.at(-1)).toBe('a answered');
});
