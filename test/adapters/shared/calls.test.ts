import { effect } from '@preact/signals-core';
import { expect, test } from 'vitest';
import { Calls } from '../../../src/adapters/shared/calls.ts';
import { deferred } from '../../../src/deferred.ts';

/** The calls of a component, and all states that they were in, in short. */
function callsOf<Result>(): { calls: Calls<Result>; states: string[] } {
  const calls = new Calls<Result>();
  const states: string[] = [];
  effect(() => {
    const { isPending, isQueued, error, result } = calls.state.value;
    const text = typeof result === 'object' ? JSON.stringify(result) : String(result);
    states.push(`${isPending ? 'pending ' : ''}${isQueued ? 'queued ' : ''}${error?.message ?? '-'} ${text}`);
  });
  return { calls, states };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a call is pending until it is answered; a refusal keeps the last result, and the next call clears it', async () => {
  const { calls, states } = callsOf<string>();
  await calls.of(() => Promise.resolve('first'))();
  await soon();
  await expect(calls.of(() => Promise.reject(new Error('refused')))()).rejects.toThrow('refused');
  await soon();
  await calls.of(() => Promise.resolve('second'))();
  await soon();
  expect(states).toEqual([
    '- undefined',
    'pending - undefined',
    '- first',
    'pending - first',
    'refused first',
    'pending - first',
    '- second',
  ]);
});

test('of several calls the last one says what came of it, whichever is answered last', async () => {
  const { calls, states } = callsOf<string>();
  const [first, second] = [deferred<string>(), deferred<string>()];
  void calls.of(() => first.promise)();
  void calls.of(() => second.promise)();
  second.resolve('second');
  await soon();
  first.reject(new Error('first'));
  await soon();
  expect(states.slice(-2)).toEqual(['pending - second', '- second']);
});

test('what rejects with no error, or throws at once, shows as an error too, and nobody has to handle it', async () => {
  const { calls, states } = callsOf<string>();
  void calls.of(() => Promise.reject('a reason'))();
  await soon();
  void calls.of(() => {
    throw new TypeError('a wrong argument');
  })();
  await soon();
  expect([states[2], states.at(-1)]).toEqual(['a reason undefined', 'a wrong argument undefined']);
  expect(calls.state.peek().error).toBeInstanceOf(TypeError);
});

interface Result {
  readonly isPending: boolean;
  readonly settled?: Promise<Result>;
}

test('a call that waits in the offline queue is queued until its outcome is known', async () => {
  const { calls, states } = callsOf<Result>();
  const [sent, refused] = [deferred<Result>(), deferred<Result>()];
  await calls.of(() => Promise.resolve({ isPending: true, settled: sent.promise }))();
  await soon();
  sent.resolve({ isPending: false });
  await soon();
  expect(states.slice(2)).toEqual(['queued - {"isPending":true,"settled":{}}', '- {"isPending":false}']);
  await calls.of(() => Promise.resolve({ isPending: true, settled: refused.promise }))();
  refused.reject(new Error('refused'));
  await soon();
  expect([states.at(-1)?.startsWith('refused'), calls.state.peek().isQueued]).toEqual([true, false]);
});
