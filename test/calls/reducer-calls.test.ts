import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { answerOf, type ReducerAnswer } from '../../src/calls/reducer-calls.ts';
import { ConnectionError, ReducerError, TimeoutError } from '../../src/errors.ts';
import { droppedResult } from '../../src/calls/result.ts';
import { type ReducerOutcome } from '../../src/wire/server-message.ts';
import { CallHarness, hi, hiBytes, reducerCallsOf, resultOf, say } from './call-harness.ts';

/** How the server's outcome looks to whoever called. */
async function answered(outcome: ReducerOutcome): Promise<ReducerAnswer> {
  const calls = reducerCallsOf(new CallHarness().host);
  calls.call(say, hi).catch(() => undefined);
  const call = calls.take(1);
  if (call === undefined) throw new Error('the call is not known');
  return answerOf(call, resultOf(1, outcome));
}

const bsatnString = Uint8Array.of(4, 0, 0, 0, 0x6e, 0x6f, 0x70, 0x65);

describe('a reducer call', () => {
  test('is sent with its arguments and is fulfilled when its call is', async () => {
    const { host, sent, clock } = new CallHarness();
    const calls = reducerCallsOf(host);
    const promise = calls.call(say, hi);
    expect(sent).toEqual([{ tag: 'CallReducer', requestId: 1, reducer: 'say', args: hiBytes }]);
    const call = calls.take(1);
    expect(call).toMatchObject({ name: 'say', args: hi, argsBytes: hiBytes });
    const answer = call && answerOf(call, resultOf(1, { tag: 'OkEmpty' }));
    expect(answer).toMatchObject({ status: 'committed' });
    if (answer !== undefined && !(answer instanceof ReducerError)) call?.resolve(answer);
    const result = await promise;
    expect(result).toMatchObject({
      status: 'committed',
      isCommitted: true,
      isPending: false,
      isDropped: false,
      requestId: 1,
      mutationId: undefined,
    });
    expect(result.timestamp).toEqual(new Timestamp(5n));
    expect(await result.settled).toBe(result);
    expect([calls.pending.size, clock.openTimers]).toEqual([0, 0]);
  });

  test.each<[string, ReducerOutcome, Uint8Array | undefined]>([
    ['nothing at all', { tag: 'OkEmpty' }, undefined],
    ['an empty value', { tag: 'Ok', returnValue: new Uint8Array(0), querySets: [] }, undefined],
    ['a value', { tag: 'Ok', returnValue: Uint8Array.of(7), querySets: [] }, Uint8Array.of(7)],
  ])('that returns %s has that as its value', async (_, outcome, retValue) => {
    expect(await answered(outcome)).toMatchObject({ status: 'committed', retValue });
  });

  test.each<[string, ReducerOutcome, Partial<ReducerError>]>([
    ['an error', { tag: 'Err', error: bsatnString }, { status: 'failed', message: 'nope', errorBytes: bsatnString }],
    [
      'bytes that are no BSATN',
      { tag: 'Err', error: Uint8Array.of(0xef, 0xbb, 0xbf, 0x68, 0xff, 0x69) },
      { status: 'failed', message: '\ufeffh\ufffdi' },
    ],
    [
      'BSATN with more behind it',
      { tag: 'Err', error: Uint8Array.of(1, 0, 0, 0, 0x61, 0x62) },
      { message: '\u0001\0\0\0ab' },
    ],
    ['no bytes', { tag: 'Err', error: new Uint8Array(0) }, { status: 'failed', message: '' }],
    [
      'a panic',
      { tag: 'InternalError', message: 'fatal é' },
      { status: 'internalError', message: 'fatal é', errorBytes: new TextEncoder().encode('fatal é') },
    ],
  ])('that ends in %s fails with a ReducerError that says so', async (_, outcome, expected) => {
    const answer = await answered(outcome);
    expect(answer).toMatchObject({ ...expected, reducer: 'say' });
    expect(answer).toBeInstanceOf(ReducerError);
  });

  test('with an argument that does not fit names the reducer, and sends nothing', async () => {
    const { host, sent } = new CallHarness();
    const calls = reducerCallsOf(host);
    const failing = calls.call(say, { text: 'hi', times: -1 });
    await expect(failing).rejects.toThrow(TypeError);
    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(
        /^calling reducer say: the argument times, which is the number -1, cannot be encoded: /,
      ),
      cause: expect.any(RangeError),
    });
    const tooLong = calls.call(say, { text: 'x'.repeat(32 * 1024 * 1024), times: 1 });
    await expect(tooLong).rejects.toThrow(
      /calling reducer say: the arguments take 33554440 bytes, and a server takes messages of 32 MiB/,
    );
    expect([sent, calls.pending.size]).toEqual([[], 0]);
  });

  test('that cannot be sent rejects with why, and is not waited for', async () => {
    const harness = new CallHarness();
    const error = new ConnectionError('there is no connection');
    const refuse = (): never => {
      throw error;
    };
    const calls = reducerCallsOf({ ...harness.host, sendCall: refuse });
    await expect(calls.call(say, hi)).rejects.toBe(error);
    expect([calls.pending.size, harness.clock.openTimers]).toEqual([0, 0]);
  });

  test('that takes too long rejects, and its answer is still known: its rows come nowhere else', async () => {
    const { host, clock } = new CallHarness();
    const calls = reducerCallsOf(host);
    const standard = calls.call(say, hi);
    const short = calls.call(say, hi, { timeoutMs: 10 });
    const endless = calls.call(say, hi, { timeoutMs: Infinity });
    clock.advance(10);
    await expect(short).rejects.toEqual(new TimeoutError('calling reducer say: no answer within 10 ms'));
    clock.advance(990);
    await expect(standard).rejects.toEqual(new TimeoutError('calling reducer say: no answer within 1000 ms'));
    expect([calls.pending.size, clock.openTimers]).toEqual([3, 0]);
    const late = calls.take(2);
    expect(late).toMatchObject({ name: 'say', args: hi });
    late?.reject(new Error('too late to matter'));
    calls.failAll(new Error('the end'));
    await expect(endless).rejects.toBeInstanceOf(ConnectionError);
  });

  test('shares its timer with the other calls of its turn; each has its own outcome', async () => {
    const { host, clock, calls: made } = new CallHarness();
    const calls = reducerCallsOf(host);
    const [first, second, third] = [calls.call(say, hi), calls.call(say, hi), calls.call(say, hi)];
    expect(clock.openTimers).toBe(1);
    const call = calls.take(2);
    const answer = call && answerOf(call, resultOf(2, { tag: 'OkEmpty' }));
    if (answer !== undefined && !(answer instanceof ReducerError)) call?.resolve(answer);
    const waitsFor = (): boolean[] => made.map(({ isAbandoned }) => !isAbandoned);
    expect(waitsFor()).toEqual([true, false, true]);
    clock.advance(1000);
    const message = 'calling reducer say: no answer within 1000 ms';
    await expect(first).rejects.toEqual(new TimeoutError(message));
    expect(await second).toMatchObject({ requestId: 2 });
    await expect(third).rejects.toEqual(new TimeoutError(message));
    expect(waitsFor()).toEqual([false, false, false]);
    expect([calls.pending.size, clock.openTimers]).toEqual([2, 0]);
  });

  test('of which the id is used again does not end with the time of the former one', async () => {
    const harness = new CallHarness();
    const { clock } = harness;
    const calls = reducerCallsOf({ ...harness.host, ids: { nextRequestId: () => 7 } });
    void calls.call(say, hi);
    const neighbour = calls.call(say, hi);
    calls.take(7)?.resolve(droppedResult(7));
    expect(await neighbour).toMatchObject({ requestId: 7 });
    clock.advance(400);
    const second = calls.call(say, hi);
    clock.advance(600);
    expect(harness.calls.at(-1)?.isAbandoned).toBe(false);
    clock.advance(400);
    await expect(second).rejects.toBeInstanceOf(TimeoutError);
  });

  test('is late in time whatever the ids of a turn are', async () => {
    const { host, clock } = new CallHarness();
    const ids = [2 ** 32 - 1, 0, 3_000_000_000, 5];
    const calls = reducerCallsOf({ ...host, ids: { nextRequestId: () => ids.shift() ?? 1 } });
    const made = [1, 2, 3, 4].map(async () => calls.call(say, hi));
    clock.advance(1000);
    for (const call of made) await expect(call).rejects.toBeInstanceOf(TimeoutError);
    expect([calls.pending.size, clock.openTimers]).toEqual([4, 0]);
  });

  test('that is aborted rejects with the reason, before it was sent or after, and no listener stays', async () => {
    const { host, sent, clock } = new CallHarness();
    const calls = reducerCallsOf(host);
    const reason = { any: 'value' };
    await expect(calls.call(say, hi, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sent).toEqual([]);
    const aborting = new AbortController();
    const { signal } = aborting;
    const aborted = calls.call(say, hi, { signal });
    const committed = calls.call(say, hi, { signal });
    const call = calls.take(2);
    const answer = call && answerOf(call, resultOf(2, { tag: 'OkEmpty' }));
    if (answer !== undefined && !(answer instanceof ReducerError)) call?.resolve(answer);
    expect(await committed).toMatchObject({ requestId: 2 });
    aborting.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect([getEventListeners(signal, 'abort'), clock.openTimers, calls.pending.size]).toEqual([[], 0, 1]);
    expect(calls.take(1)).toBeDefined();
  });

  test('that the end of the connection leaves open rejects, and says that nobody knows what became of it', async () => {
    const { host, clock } = new CallHarness();
    const calls = reducerCallsOf(host);
    const promises = [calls.call(say, hi), calls.call(say, hi)];
    const cause = new ConnectionError('the connection broke');
    calls.failAll(cause);
    for (const promise of promises) {
      await expect(promise).rejects.toMatchObject({
        code: 'connection',
        message:
          'calling reducer say: the connection broke before the answer came; it may or may not have been carried out',
        cause,
      });
    }
    expect([calls.pending.size, clock.openTimers, calls.take(1)]).toEqual([0, 0, undefined]);
  });
});
