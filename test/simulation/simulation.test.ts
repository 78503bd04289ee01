import { expect, test } from 'vitest';
import { fromEach, seedsOf, timeout } from './seeds.ts';
import { simulate } from './simulate.ts';

const seeds = seedsOf(300);

test(`random users on a bad network end with the server's rows, from ${seeds.length} seeds`, { timeout }, async () => {
  let [faults, comparisons] = [0, 0];
  await fromEach(seeds, async (seed) => {
    const report = await simulate(seed);
    faults += report.faults;
    comparisons += report.comparisons;
  });
  expect(faults).toBeGreaterThan(seeds.length);
  expect(comparisons).toBe(seeds.length * 3 * 3 * 4);
});
