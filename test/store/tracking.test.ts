import { computed, effect, signal, untracked } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { isTracking } from '../../src/store/tracking.ts';

describe('whether a read is tracked', () => {
  // Were this to fail after an update of signals-core, everything would still be right, and look-ups slower.
  test('is known outside of everything', () => {
    expect(isTracking()).toBe(false);
    expect(untracked(isTracking)).toBe(false);
  });

  test('is so in effects and computeds, watched or not, also when they run again', () => {
    const source = signal(0);
    const seen: boolean[] = [];
    const derived = computed(() => [isTracking(), source.value]);
    expect(derived.value).toEqual([true, 0]);
    const stop = effect(() => {
      void source.value;
      seen.push(isTracking(), isTracking(), derived.value[0] === true, isTracking());
    });
    source.value = 1;
    stop();
    expect(seen).toEqual(Array.from({ length: 8 }, () => true));
    expect(isTracking()).toBe(false);
  });

  test('is so no longer when what tracked has thrown', () => {
    const failing = computed(() => {
      if (isTracking()) throw new Error('thrown while tracking');
    });
    expect(() => failing.value).toThrow('thrown while tracking');
    expect(isTracking()).toBe(false);
  });

  test('never wakes anybody', () => {
    let runs = 0;
    const stop = effect(() => {
      if (isTracking()) runs++;
    });
    void computed(isTracking).value;
    expect(isTracking()).toBe(false);
    stop();
    expect(runs).toBe(1);
  });
});
