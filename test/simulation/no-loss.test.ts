import { expect, test } from 'vitest';
import { emptyReport, simulateNoLoss } from './no-loss.ts';

/*
 * SIM_SEEDS=10000 runs more seeds, SIM_SEED=123 runs that one again.
 */
const only = process.env['SIM_SEED'];
const count = Number(process.env['SIM_SEEDS'] ?? 100);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

test(
  `no call is lost between a client and its module, and what arrives twice was uncertain, from ${seeds.length} seeds`,
  { timeout: 3_600_000 },
  async () => {
    const report = emptyReport();
    for (const seed of seeds) {
      try {
        await simulateNoLoss(seed, report);
      } catch (cause) {
        throw new Error(`seed ${seed} (run it again with SIM_SEED=${seed}): ${String(cause)}`, { cause });
      }
    }
    console.info(`no loss: ${JSON.stringify(report)}`);
    expect(report.committed).toBeGreaterThan(seeds.length);
    expect(report.uncertain).toBeGreaterThan(0);
  },
);
