import { describe, expect, test } from 'vitest';
import { type Deadline, Deadlines } from '../../src/calls/deadlines.ts';
import { FakeClock } from '../support/fake-clock.ts';

function deadlinesOf(): { clock: FakeClock; deadlines: Deadlines; late: Deadline[] } {
  const clock = new FakeClock();
  const late: Deadline[] = [];
  const deadlines = new Deadlines(clock, (deadline) => late.push(deadline));
  return { clock, deadlines, late };
}

describe('a deadline', () => {
  test('is shared by the calls of one turn that may take equally long, and by no others', async () => {
    const { clock, deadlines, late } = deadlinesOf();
    const first = deadlines.of(100);
    const second = deadlines.of(100);
    const short = deadlines.of(50);
    expect(second).toBe(first);
    expect(clock.openTimers).toBe(2);
    await Promise.resolve();
    clock.advance(10);
    const next = deadlines.of(50);
    expect(clock.openTimers).toBe(3);
    clock.advance(40);
    expect(late).toEqual([short]);
    clock.advance(10);
    expect(late.slice(1)).toEqual([next]);
    clock.advance(40);
    expect(late.slice(2)).toEqual([first]);
    expect(clock.openTimers).toBe(0);
  });

  test('leaves no timer when all of its calls have ended, and takes no further call then', () => {
    const { clock, deadlines, late } = deadlinesOf();
    const first = deadlines.of(100);
    deadlines.of(100);
    first?.leave();
    expect(clock.openTimers).toBe(1);
    first?.leave();
    expect(clock.openTimers).toBe(0);
    const next = deadlines.of(100);
    expect(next).not.toBe(first);
    clock.advance(100);
    expect(late).toEqual([next]);
  });

  test('of a call that may take for ever is none', () => {
    const { clock, deadlines } = deadlinesOf();
    expect(deadlines.of(Infinity)).toBeUndefined();
    expect(clock.openTimers).toBe(0);
  });
});
