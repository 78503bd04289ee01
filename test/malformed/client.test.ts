import { expect, test } from 'vitest';
import { runMutant } from './mutant.ts';
import { recordedSessions } from './recorded-session.ts';

/*
 * MUTANTS=100000 runs more of them, MUTANT=123 runs that one again.
 */
const only = process.env['MUTANT'];
const count = Number(process.env['MUTANTS'] ?? 3000);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

test(
  `a client that gets one of ${seeds.length} damaged answers ends with the server's rows`,
  { timeout: 3_600_000 },
  async () => {
    const sessions = recordedSessions();
    expect(sessions.length).toBeGreaterThan(15);
    const problems: string[] = [];
    let noticed = 0;
    let mostBytes = 0;
    for (const seed of seeds) {
      try {
        const { wasNoticed } = await runMutant(sessions, seed);
        if (wasNoticed) noticed++;
      } catch (error) {
        problems.push(`mutant ${seed} (run it again with MUTANT=${seed}): ${String(error)}`);
      }
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers);
    }
    // The first few are enough to read.
    expect([problems.length, ...problems.slice(0, 5)]).toEqual([0]);
    // The frames of a mutant are bounded by 64 kB, plain and inflated; the rest waits to be collected.
    expect(mostBytes).toBeLessThan(256 << 20);
    // Many changes make another valid message: other values in a row, a frame that is missing.
    if (only === undefined) expect(noticed / seeds.length).toBeGreaterThan(0.3);
  },
);
