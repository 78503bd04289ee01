import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

/*
 * SIM_SEEDS=10000 runs more seeds, SIM_SEED=123 runs that one again.
 */
const only = process.env['SIM_SEED'];
const count = Number(process.env['SIM_SEEDS'] ?? 300);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

test(
  `random users on a bad network end with the server's rows, from ${seeds.length} seeds`,
  { timeout: 3_600_000 },
  async () => {
    let [faults, comparisons] = [0, 0];
    for (const seed of seeds) {
      try {
        const report = await simulate(seed);
        faults += report.faults;
        comparisons += report.comparisons;
      } catch (cause) {
        throw new Error(`seed ${seed} (run it again with SIM_SEED=${seed}): ${String(cause)}`, { cause });
      }
    }
    expect(faults).toBeGreaterThan(seeds.length);
    expect(comparisons).toBe(seeds.length * 3 * 3 * 4);
  },
);
