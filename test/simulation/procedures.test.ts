import { expect, test } from 'vitest';
import { type ProcedureReport, simulateProcedures } from './procedures.ts';
import { fromEach, seedsOf, timeout } from './seeds.ts';

const seeds = seedsOf(3, 0.02);

test(
  `every call of a procedure ends with its own result or an error, whatever happens meanwhile, from ${seeds.length} seeds`,
  { timeout },
  async () => {
    const report: ProcedureReport = { returned: 0, failed: 0, abandoned: 0, lost: 0 };
    await fromEach(seeds, async (seed) => simulateProcedures(seed, report));
    console.info(`procedures: ${JSON.stringify(report)}`);
    expect(report.returned).toBeGreaterThan(0);
  },
);
