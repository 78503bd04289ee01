import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/embedded/clock.ts';
import { keepAlive } from '../../../src/embedded/fronts/keep-alive.ts';

function start() {
  const clock = new ManualClock(0n);
  const log: string[] = [];
  const note = (what: string): void => {
    log.push(`${what} ${clock.nowMicros() / 1_000_000n}`);
  };
  const alive = keepAlive(clock, { ping: () => note('ping'), giveUp: () => note('give up') });
  return { clock, log, alive };
}

describe('keepAlive', () => {
  test('pings at once and every 15 seconds a client that answers', () => {
    const { clock, log, alive } = start();
    for (let second = 0; second < 50; second++) {
      clock.advance(1000);
      alive.answered();
    }
    expect(log).toEqual(['ping 0', 'ping 15', 'ping 30', 'ping 45']);
  });

  test('gives up after 30 seconds of silence, once', () => {
    const { clock, log } = start();
    clock.advance(100_000);
    expect(log).toEqual(['ping 0', 'give up 30']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('takes any frame for a sign of life, but sends no ping while a pong is due', () => {
    const { clock, log, alive } = start();
    clock.advance(29_000);
    alive.heard();
    clock.advance(29_000);
    expect(log).toEqual(['ping 0']);
    clock.advance(1000);
    expect(log).toEqual(['ping 0', 'give up 59']);
  });

  test('leaves no timer behind when it is stopped', () => {
    const { clock, log, alive } = start();
    alive.stop();
    clock.advance(100_000);
    expect(log).toEqual(['ping 0']);
    expect(clock.pendingTimers).toBe(0);
  });
});
