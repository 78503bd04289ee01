import { batch, computed, signal } from '@preact/signals-core';
import { expect, test } from 'vitest';
import { sameItems, stableComputed } from '../../../src/adapters/shared/stable-computed.ts';
import { watch, watchFromNow } from '../../../src/adapters/shared/watch.ts';

test('tells of each change, once for a batch, and not of the present value; what the listener reads is not watched', () => {
  const [source, other] = [signal(1), signal(1)];
  let heard = 0;
  const stop = watch(source, () => (heard += other.value));
  expect(heard).toBe(0);
  source.value = 2;
  batch(() => {
    source.value = 3;
    source.value = 4;
  });
  other.value = 10;
  expect(heard).toBe(2);
  stop();
  source.value = 5;
  expect(heard).toBe(2);
});

test('tells once at first where what was read before may be old, and goes on from there', () => {
  const source = signal(1);
  const heard: number[] = [];
  const stop = watchFromNow(source, () => heard.push(source.peek()));
  source.value = 2;
  stop();
  source.value = 3;
  expect(heard).toEqual([1, 2]);
});

test('tells where reading begins and ceases to throw, and goes on', () => {
  const row = signal<string | undefined>('here');
  const required = computed(() => {
    if (row.value === undefined) throw new Error('not here');
    return row.value;
  });
  let heard = 0;
  watch(required, () => heard++);
  row.value = undefined;
  row.value = 'back';
  row.value = 'changed';
  expect(heard).toBe(3);
});

test('a stable computed keeps its value where the new one is the same', () => {
  const source = signal([1, 2]);
  const lengths = stableComputed(
    () => ({ length: source.value.length }),
    (left, right) => left.length === right.length,
  );
  const first = lengths.value;
  source.value = [3, 4];
  expect(lengths.value).toBe(first);
  source.value = [5];
  expect([sameItems([1, NaN], [1, NaN]), sameItems([1], [1, 2]), sameItems([1, 2], [2, 1])]).toEqual([
    true,
    false,
    false,
  ]);
  expect(lengths.value).toEqual({ length: 1 });
});
