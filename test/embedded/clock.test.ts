import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ManualClock, systemClock } from '../../src/embedded/clock.ts';

/** In microseconds. */
const day = 86_400_000_000n;

describe('a manual clock', () => {
  test('stands still until it is told to go on', () => {
    const clock = new ManualClock(5n);
    expect([clock.nowMicros(), clock.nowMicros()]).toEqual([5n, 5n]);
    clock.advance(1.5);
    expect(clock.nowMicros()).toBe(1505n);
    clock.sleepUntil(1000n);
    expect(clock.nowMicros()).toBe(1505n);
  });

  test('fires timers in order of their times, each at its time, also those set meanwhile', () => {
    const clock = new ManualClock(0n);
    const fired: [string, bigint][] = [];
    const note = (name: string) => () => void fired.push([name, clock.nowMicros()]);
    clock.setTimer(3000n, note('late'));
    clock.setTimer(1000n, () => {
      note('early')();
      clock.setTimer(2000n, note('between'));
      clock.setTimer(500n, note('overdue'));
    });
    clock.setTimer(1000n, note('second'));
    clock.setTimer(1000n, note('cancelled')).cancel();
    clock.setTimer(3001n, note('never'));
    expect(fired).toEqual([]);
    clock.advance(3);
    expect(fired).toEqual([
      ['early', 1000n],
      ['overdue', 1000n],
      ['second', 1000n],
      ['between', 2000n],
      ['late', 3000n],
    ]);
    expect(clock.pendingTimers).toBe(1);
  });
});

describe('the clock of the system', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('fires a timer once its time has come, even beyond the longest delay of setTimeout', () => {
    const clock = systemClock();
    let fired = 0;
    clock.setTimer(clock.nowMicros() + 60n * day, () => fired++);
    const cancelled = clock.setTimer(clock.nowMicros() + 30n * day, () => (fired += 100));
    vi.advanceTimersByTime(26 * 86_400_000);
    cancelled.cancel();
    vi.advanceTimersByTime(33 * 86_400_000);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(2 * 86_400_000);
    expect(fired).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('never fires from within setTimer', () => {
    const clock = systemClock({ unref: true });
    let fired = 0;
    clock.setTimer(clock.nowMicros() - 1_000_000n, () => fired++);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });
});

test('sleeping blocks until the time has come', () => {
  const clock = systemClock();
  const until = clock.nowMicros() + 3000n;
  clock.sleepUntil(until);
  expect(clock.nowMicros() >= until).toBe(true);
});
