import { describe, expect, test } from 'vitest';
import { Liveness } from '../../src/connection/liveness.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** 30 s of silence, 10 s for an answer, 120 s more while a snapshot is on its way. */
function livenessOf(querySets = { isSnapshotPending: false }): { liveness: Liveness; clock: FakeClock; log: string[] } {
  const clock = new FakeClock();
  const start = clock.now();
  const log: string[] = [];
  const at = (what: string): void => void log.push(`${what} at ${(clock.now() - start) / 1000}`);
  const options = { clock, idleProbeMs: 30_000, probeTimeoutMs: 10_000, host: { querySets } };
  const liveness = new Liveness(options, {
    ask: () => at('ask'),
    onProbe: (millis) => millis !== undefined && at(`answer after ${millis} ms`),
    onDead: (silentMs) => {
      at(`dead, silent for ${silentMs} ms`);
      liveness.close();
    },
  });
  return { liveness, clock, log };
}

describe('liveness', () => {
  test('asks a server that has been silent for long, and gives it up when it does not answer in time', () => {
    const { clock, log } = livenessOf();
    clock.advance(1_000_000);
    expect(log).toEqual(['ask at 30', 'dead, silent for 40000 ms at 40']);
    expect(clock.openTimers).toBe(0);
  });

  test('asks nothing while the server talks, and goes by the last word', () => {
    const { liveness, clock, log } = livenessOf();
    for (let time = 0; time < 100; time++) {
      clock.advance(29_999);
      liveness.heard();
    }
    expect(log).toEqual([]);
    clock.advance(30_000);
    expect(log).toHaveLength(1);
    clock.advance(9999);
    liveness.heard();
    clock.advance(29_999);
    expect(log.slice(1)).toEqual(['answer after 9999 ms at 3039.899']);
    expect(clock.openTimers).toBe(1);
  });

  test('is patient while a large answer is on its way, but not for ever', () => {
    const querySets = { isSnapshotPending: true };
    const waiting = livenessOf(querySets);
    waiting.clock.advance(1_000_000);
    expect(waiting.log).toEqual(['ask at 30', 'dead, silent for 160000 ms at 160']);
    const done = livenessOf(querySets);
    done.clock.advance(60_000);
    querySets.isSnapshotPending = false;
    done.clock.advance(1_000_000);
    expect(done.log).toEqual(['ask at 30', 'dead, silent for 70000 ms at 70']);
  });

  test('asks at once where there is suspicion, and more suspicion gives no more time', () => {
    const { liveness, clock, log } = livenessOf();
    clock.advance(5000);
    for (let time = 0; time < 4; time++) {
      liveness.suspect();
      clock.advance(3000);
    }
    expect(log).toEqual(['ask at 5', 'ask at 8', 'ask at 11', 'ask at 14', 'dead, silent for 15000 ms at 15']);
  });

  test('answers a probe with the first sign of life, or with its time-out, and a probe kills nobody', async () => {
    const { liveness, clock, log } = livenessOf();
    const answered = liveness.probe(500);
    clock.advance(499);
    liveness.heard();
    const unanswered = [liveness.probe(500), liveness.probe(10_000)];
    clock.advance(500);
    expect(await Promise.all([answered, unanswered[0]])).toEqual([true, false]);
    expect(log.filter((line) => line.startsWith('dead'))).toEqual([]);
    liveness.close();
    expect(await unanswered[1]).toBe(false);
    expect(clock.openTimers).toBe(0);
  });

  test('begins a period anew where somebody sets the clock back, and comes to its end all the same', () => {
    const { clock, log } = livenessOf();
    clock.jump(-3_600_000);
    clock.advance(60_000);
    clock.jump(-3_600_000);
    clock.advance(20_000);
    expect(log.map((line) => line.split(' ')[0])).toEqual(['ask', 'dead,']);
    const ahead = livenessOf();
    ahead.clock.jump(3_600_000);
    ahead.clock.advance(30_000);
    expect(ahead.log).toHaveLength(1);
    ahead.liveness.heard();
    ahead.clock.advance(29_000);
    expect(ahead.log).toHaveLength(2);
  });
});
