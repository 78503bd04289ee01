import { describe, expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { stringCodec } from '../../src/bsatn/basic-codecs.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { ProcedureCalls } from '../../src/calls/procedure-calls.ts';
import { ConnectionError, ProcedureError, ProtocolError, TimeoutError } from '../../src/errors.ts';
import { type ProcedureResult } from '../../src/wire/server-message.ts';
import { CallHarness, hi, hiBytes, sayProcedure } from './call-harness.ts';

const resultOf = (requestId: number, status: ProcedureResult['status']): ProcedureResult => ({
  tag: 'ProcedureResult',
  requestId,
  status,
  timestamp: new Timestamp(0n),
  duration: new TimeDuration(0n),
});

describe('a procedure call', () => {
  test('is sent with its arguments, and gives what was returned, whatever the order of the answers', async () => {
    const { host, sent, clock } = new CallHarness();
    const calls = new ProcedureCalls(host);
    const [first, second] = [calls.call(sayProcedure, hi), calls.call(sayProcedure, hi)];
    expect(sent[0]).toEqual({ tag: 'CallProcedure', requestId: 1, procedure: 'say', args: hiBytes });
    calls.onResult(resultOf(2, { tag: 'Returned', value: encode(stringCodec, 'two') }));
    calls.onResult(resultOf(1, { tag: 'Returned', value: encode(stringCodec, 'one') }));
    expect(await Promise.all([first, second])).toEqual(['one', 'two']);
    expect([calls.pending.size, clock.openTimers]).toEqual([0, 0]);
  });

  test('that fails, or returns something else than the generated code says, rejects and names the procedure', async () => {
    const { host } = new CallHarness();
    const calls = new ProcedureCalls(host);
    const [failed, strange] = [calls.call(sayProcedure, hi), calls.call(sayProcedure, hi)];
    calls.onResult(resultOf(1, { tag: 'InternalError', message: 'No such procedure' }));
    calls.onResult(resultOf(2, { tag: 'Returned', value: Uint8Array.of(9) }));
    await expect(failed).rejects.toEqual(new ProcedureError('say', 'No such procedure'));
    await expect(strange).rejects.toThrow(ProtocolError);
    await expect(strange).rejects.toThrow(/result of procedure say/);
    await expect(calls.call(sayProcedure, { text: 'hi', times: -1 })).rejects.toThrow(
      /^calling procedure say: the argument /,
    );
  });

  test('ends with a time-out, an abort or the connection, and an answer after that troubles nobody', async () => {
    const { host, clock } = new CallHarness();
    const calls = new ProcedureCalls(host);
    const aborting = new AbortController();
    const late = calls.call(sayProcedure, hi, { timeoutMs: 10 });
    const aborted = calls.call(sayProcedure, hi, { signal: aborting.signal });
    const lost = calls.call(sayProcedure, hi);
    clock.advance(10);
    aborting.abort('enough');
    await expect(late).rejects.toEqual(new TimeoutError('calling procedure say: no answer within 10 ms'));
    await expect(aborted).rejects.toBe('enough');
    for (const id of [1, 2]) calls.onResult(resultOf(id, { tag: 'Returned', value: encode(stringCodec, 'late') }));
    calls.failAll(new ConnectionError('gone'));
    await expect(lost).rejects.toBeInstanceOf(ConnectionError);
    calls.onResult(resultOf(3, { tag: 'Returned', value: encode(stringCodec, 'late') }));
    expect([calls.pending.size, clock.openTimers]).toEqual([0, 0]);
  });
});
