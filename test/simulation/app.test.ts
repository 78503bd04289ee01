import { expect, test } from 'vitest';
import { type AppReport, simulateApps } from './app.ts';

/*
 * SIM_SEEDS=10000 runs more seeds, SIM_SEED=123 runs that one again.
 */
const only = process.env['SIM_SEED'];
const count = Number(process.env['SIM_SEEDS'] ?? 12);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

test(
  `apps that do anything at any time end with the server's rows and leave nothing behind, from ${seeds.length} seeds`,
  { timeout: 3_600_000 },
  async () => {
    const report: AppReport = { actions: 0, nested: 0, mounted: 0, offline: 0 };
    for (const seed of seeds) {
      try {
        await simulateApps(seed, report);
      } catch (cause) {
        throw new Error(`seed ${seed} (run it again with SIM_SEED=${seed}): ${String(cause)}`, { cause });
      }
    }
    console.info(`apps: ${JSON.stringify(report)}`);
    expect(report.actions).toBeGreaterThan(seeds.length);
    expect(report.mounted).toBeGreaterThan(0);
  },
);
