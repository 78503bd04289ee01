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

  test('takes nobody for silent while the process stood still', () => {
    const timers: { readonly at: bigint; readonly fire: () => void }[] = [];
    let now = 0n;
    const clock = {
      advance: () => undefined,
      nowMicros: () => now,
      setTimer: (at: bigint, fire: () => void) => {
        timers.push({ at, fire });
        return { cancel: () => undefined };
      },
    };
    const log: string[] = [];
    keepAlive(clock, { ping: () => log.push('ping'), giveUp: () => log.push(`give up ${now / 1_000_000n}`) });
    // The timer of the 15th second fires a minute late, and only then what came meanwhile is read.
    now = 75_000_000n;
    timers.shift()?.fire();
    expect([log, timers.map(({ at }) => at / 1_000_000n)]).toEqual([['ping'], [90n]]);
    for (let timer = timers.shift(); timer !== undefined; timer = timers.shift()) {
      now = timer.at;
      timer.fire();
    }
    expect(log).toEqual(['ping', 'give up 105']);
  });

  test('leaves no timer behind when it is stopped', () => {
    const { clock, log, alive } = start();
    alive.stop();
    clock.advance(100_000);
    expect(log).toEqual(['ping 0']);
    expect(clock.pendingTimers).toBe(0);
  });
});
