import { expect, test } from 'vitest';
import { emptyReport, simulateNoLoss } from './no-loss.ts';
import { fromEach, seedsOf, timeout } from './seeds.ts';

const seeds = seedsOf(100);

test(
  `no call is lost between a client and its module, and what arrives twice was uncertain, from ${seeds.length} seeds`,
  { timeout },
  async () => {
    const report = emptyReport();
    await fromEach(seeds, async (seed) => simulateNoLoss(seed, report));
    console.info(`no loss: ${JSON.stringify(report)}`);
    expect(report.committed).toBeGreaterThan(seeds.length);
    expect(report.uncertain).toBeGreaterThan(0);
  },
);
