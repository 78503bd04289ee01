import { computed, type ReadonlySignal, signal, type Signal } from '@preact/signals-core';
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { firstNonNull, firstWhere, next, toStream, type WaitOptions } from '../src/helpers.ts';
import { settled } from './support/fake-clock.ts';

/** A signal that knows whether anybody watches it. */
function watchedSignal<T>(value: T): { source: Signal<T>; isWatched: () => boolean } {
  let watchers = 0;
  const source = signal(value, { watched: () => void watchers++, unwatched: () => void watchers-- });
  return { source, isWatched: () => watchers > 0 };
}

/** A signal whose value cannot be computed while `source` is negative. */
const squareRootOf = (source: ReadonlySignal<number>): ReadonlySignal<number> =>
  computed(() => {
    if (source.value < 0) throw new RangeError('negative');
    return Math.sqrt(source.value);
  });

describe.each<[string, (source: ReadonlySignal<number>, options?: WaitOptions) => Promise<number>]>([
  [
    'firstNonNull',
    (source, options) =>
      firstNonNull(
        computed(() => (source.value > 2 ? source.value : undefined)),
        options,
      ),
  ],
  ['firstWhere', (source, options) => firstWhere(source, (value) => value > 2, options)],
  [
    'next',
    (source, options) =>
      next(
        computed(() => Math.max(2, source.value)),
        options,
      ),
  ],
])('%s', (_, wait) => {
  test('waits for its value, and leaves no listener behind', async () => {
    const { source, isWatched } = watchedSignal(1);
    const { signal: abort } = new AbortController();
    const waited = wait(source, { signal: abort });
    source.value = 2;
    expect(isWatched()).toBe(true);
    source.value = 3;
    source.value = 4;
    expect(await waited).toBe(3);
    expect([isWatched(), getEventListeners(abort, 'abort')]).toEqual([false, []]);
  });

  test('rejects with the reason of an abort, before or while it waits, and leaves no listener behind', async () => {
    const { source, isWatched } = watchedSignal(1);
    await expect(wait(source, { signal: AbortSignal.abort('early') })).rejects.toBe('early');
    const aborting = new AbortController();
    const waited = wait(source, { signal: aborting.signal });
    expect(isWatched()).toBe(true);
    aborting.abort('enough');
    expect(isWatched()).toBe(false);
    source.value = 3;
    await expect(waited).rejects.toBe('enough');
    expect(getEventListeners(aborting.signal, 'abort')).toEqual([]);
  });

  test('rejects with an error of the signal, and whoever writes is not troubled by it', async () => {
    const { source, isWatched } = watchedSignal(1);
    const waited = wait(squareRootOf(source));
    source.value = -1;
    await expect(waited).rejects.toThrow(RangeError);
    await expect(wait(squareRootOf(source))).rejects.toThrow(RangeError);
    expect(isWatched()).toBe(false);
  });
});

test.each<[string, (source: ReadonlySignal<number>, options: WaitOptions) => Promise<number>]>([
  ['firstNonNull', firstNonNull],
  ['firstWhere', (source, options) => firstWhere(source, (value) => value > 2, options)],
])('%s looks at the present value first, and then never listens', async (_, wait) => {
  const { source, isWatched } = watchedSignal(5);
  const { signal: abort } = new AbortController();
  const waited = wait(source, { signal: abort });
  expect([isWatched(), getEventListeners(abort, 'abort')]).toEqual([false, []]);
  source.value = 6;
  expect(await waited).toBe(5);
});

test('next never counts the present value, nor a value that is set again', async () => {
  const { source } = watchedSignal('a');
  const seen: string[] = [];
  void next(source).then((value) => seen.push(value));
  source.value = 'a';
  await settled();
  expect(seen).toEqual([]);
  source.value = 'b';
  await settled();
  expect(seen).toEqual(['b']);
});

test('firstNonNull takes what is false or empty, and firstWhere rejects with an error of its predicate', async () => {
  expect(await firstNonNull(signal<false | null>(false))).toBe(false);
  const empty = signal<string | null | undefined>(undefined);
  const waited = firstNonNull(empty);
  empty.value = null;
  empty.value = '';
  expect(await waited).toBe('');
  const { source, isWatched } = watchedSignal(0);
  const failing = firstWhere(source, (value) => {
    if (value === 1) throw new Error('a predicate');
    return false;
  });
  source.value = 1;
  await expect(failing).rejects.toThrow('a predicate');
  expect(isWatched()).toBe(false);
});

test('a predicate that reads other signals does not wait for those', async () => {
  const { source } = watchedSignal(0);
  const other = signal(10);
  let calls = 0;
  const waited = firstWhere(source, (value) => ++calls > 0 && value > other.value);
  other.value = -1;
  expect(calls).toBe(1);
  source.value = 1;
  await waited;
});

describe('toStream', () => {
  test('begins with the present value, gives only the newest to a slow reader, and listens until the reading ends', async () => {
    const { source, isWatched } = watchedSignal(0);
    const { signal: abort } = new AbortController();
    const seen: number[] = [];
    for await (const value of toStream(source, { signal: abort })) {
      seen.push(value);
      if (value === 9) break;
      expect(isWatched()).toBe(true);
      for (const skipped of [1, 2, 3]) source.value = value + skipped;
      await settled();
    }
    expect(seen).toEqual([0, 3, 6, 9]);
    expect([isWatched(), getEventListeners(abort, 'abort')]).toEqual([false, []]);
  });

  test('gives every change to a reader that waits, also to several, each one', async () => {
    const { source } = watchedSignal('a');
    const iterator = toStream(source)[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next(), iterator.next()];
    source.value = 'b';
    source.value = 'c';
    expect(await Promise.all(reads)).toEqual(['a', 'b', 'c'].map((value) => ({ done: false, value })));
    const waiting = iterator.next();
    await iterator.return?.();
    source.value = 'd';
    const other = toStream(source)[Symbol.asyncIterator]();
    await other.next();
    source.value = 'never read';
    await other.return?.();
    expect(await other.next()).toEqual({ done: true, value: undefined });
    expect([await waiting, await iterator.next()]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  test('listens to nothing before somebody reads, nor after an early end', async () => {
    const { source, isWatched } = watchedSignal(0);
    const stream = toStream(source);
    const iterator = stream[Symbol.asyncIterator]();
    expect([stream.readable.locked, isWatched()]).toEqual([false, false]);
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(isWatched()).toBe(false);
  });

  test('ends with the reason of an abort, in the middle or before the beginning', async () => {
    const { source, isWatched } = watchedSignal(0);
    const aborting = new AbortController();
    const iterator = toStream(source, { signal: aborting.signal })[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    aborting.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(isWatched()).toBe(false);
    await expect(toStream(source, { signal: aborting.signal }).readable.getReader().read()).rejects.toBe('enough');
  });

  test('ends with an error of the signal, after which nobody writes in vain', async () => {
    const { source, isWatched } = watchedSignal(4);
    const iterator = toStream(squareRootOf(source))[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 2 });
    source.value = -1;
    expect(isWatched()).toBe(false);
    await expect(iterator.next()).rejects.toThrow('negative');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('is a ReadableStream too, which reads nothing ahead and can be cancelled', async () => {
    const { source, isWatched } = watchedSignal(0);
    const reader = toStream(source).readable.getReader();
    await settled();
    expect(isWatched()).toBe(false);
    source.value = 1;
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    source.value = 2;
    await settled();
    source.value = 3;
    expect(await reader.read()).toEqual({ done: false, value: 3 });
    await reader.cancel();
    expect(isWatched()).toBe(false);
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });
});
