import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
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

test('the clock of the system follows it over the sleep of the machine, and never goes back', () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const clock = systemClock();
  const start = clock.nowMicros();
  let fired = 0;
  clock.setTimer(start + day, () => fired++);
  // While it sleeps the timers of the process stand still.
  vi.setSystemTime(Date.now() + 86_400_000);
  expect(clock.nowMicros() - start).toBeGreaterThanOrEqual(day - 1_000_000n);
  vi.advanceTimersByTime(1000);
  expect(fired).toBe(1);
  // Who sets a timer may be the first to look at the clock, or a timer itself.
  vi.setSystemTime(Date.now() + 86_400_000);
  clock.setTimer(start + 2n * day, () => fired++);
  vi.advanceTimersByTime(5000);
  expect(fired).toBe(2);
  clock.setTimer(start + 2n * day + 60_000_000n, () => fired++);
  vi.setSystemTime(Date.now() + 86_400_000);
  vi.advanceTimersByTime(120_000);
  expect(fired).toBe(3);
  const after = clock.nowMicros();
  vi.setSystemTime(Date.now() - 86_400_000);
  expect(clock.nowMicros()).toBeGreaterThanOrEqual(after);
});

test('the clock of the system put forward stays ahead, has fired what came due on the way, and no timer twice', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const clock = systemClock();
  const start = clock.nowMicros();
  const fired: string[] = [];
  const at = (millis: bigint, name: string): void =>
    void clock.setTimer(start + millis * 1000n, () =>
      fired.push(`${name} ${(clock.nowMicros() - start) / 1_000_000n}`),
    );
  at(120_000n, 'second');
  at(60_000n, 'first');
  at(600_000n, 'later');
  clock.setTimer(start + 1000n, () => fired.push('cancelled')).cancel();
  clock.advance(300_000);
  expect(fired).toEqual(['first 60', 'second 120']);
  expect(clock.nowMicros() - start).toBeGreaterThanOrEqual(300_000_000n);
  vi.advanceTimersByTime(301_000);
  expect(fired).toEqual(['first 60', 'second 120', expect.stringMatching(/^later/)]);
  vi.advanceTimersByTime(3_600_000);
  expect(fired).toHaveLength(3);
});
