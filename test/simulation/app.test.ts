import { expect, test } from 'vitest';
import { noAppsYet, simulateApps } from './app.ts';
import { ModuleVersions } from './module-versions.ts';
import { fromEach, seedsOf, timeout } from './seeds.ts';

const seeds = seedsOf(12);
const changingSeeds = seedsOf(4, 0.05);

test(
  `apps that do anything at any time end with the server's rows and leave nothing behind, from ${seeds.length} seeds`,
  { timeout },
  async () => {
    const report = noAppsYet();
    await fromEach(seeds, async (seed) => simulateApps(seed, report));
    console.info(`apps: ${JSON.stringify(report)}`);
    expect(report.actions).toBeGreaterThan(seeds.length);
    expect(report.mounted).toBeGreaterThan(0);
  },
);

test(
  `so they do while their module changes, and are told what does not fit, from ${changingSeeds.length} seeds`,
  { timeout },
  async () => {
    const report = noAppsYet();
    const versions = new ModuleVersions();
    await fromEach(changingSeeds, async (seed) => simulateApps(seed, report, versions));
    console.info(`apps on changing modules: ${JSON.stringify(report)}`);
    expect(report.reloads).toBeGreaterThan(changingSeeds.length);
  },
);
