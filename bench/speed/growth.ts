import { writeFileSync } from 'node:fs';
import { type BenchCase, type Scale, type SideName } from './case.ts';
import { benchCases, growthCases } from './cases/index.ts';
import { type Curve, growthSvg } from './growth-svg.ts';
import { median, runOnce } from './race.ts';

/** What is drawn: one case and side at growing scales. */
interface GrowthRun {
  readonly label: string;
  readonly caseName: string;
  readonly side: SideName;
  readonly scales: readonly { readonly at: number; readonly scale: Scale }[];
}

const rowCounts: readonly number[] = [1000, 10_000, 100_000, 1_000_000];
const watcherCounts: readonly number[] = [1000, 10_000, 100_000];

const byRows = rowCounts.map((rows) => ({ at: rows, scale: { rows, watchers: 1000, sampleMs: 20 } }));
const byWatchers = watcherCounts.map((watchers) => ({
  at: watchers,
  scale: { rows: 100_000, watchers, sampleMs: 20 },
}));

const runs: readonly (GrowthRun & { readonly panel: 'rows' | 'watchers' | 'load' })[] = [
  { panel: 'rows', label: 'one row', caseName: 'update-1', side: 'ours', scales: byRows },
  { panel: 'rows', label: 'index in use', caseName: 'update-indexed', side: 'ours', scales: byRows },
  { panel: 'rows', label: 'hand-written', caseName: 'update-1', side: 'limit', scales: byRows },
  { panel: 'watchers', label: 'one watched row', caseName: 'watched-alike', side: 'ours', scales: byWatchers },
  { panel: 'watchers', label: 'hand-written', caseName: 'watched-alike', side: 'limit', scales: byWatchers },
  { panel: 'load', label: 'nothing read', caseName: 'load', side: 'ours', scales: byRows },
  { panel: 'load', label: 'hand-written', caseName: 'load', side: 'limit', scales: byRows },
];

/** Measures how costs grow with the table and with those who watch, prints it, and draws it to `file`. */
export async function growth(program: string, file: string): Promise<void> {
  const curves = new Map<string, Curve[]>();
  for (const run of runs) {
    const curve = await measured(run, program);
    console.log(
      `${run.panel}, ${run.label}: ${curve.points.map(([at, value]) => `${at}: ${Math.round(value)} ns`).join(', ')}`,
    );
    curves.set(run.panel, [...(curves.get(run.panel) ?? []), curve]);
  }
  const panel = (name: string): readonly Curve[] => curves.get(name) ?? [];
  writeFileSync(
    file,
    growthSvg([
      { title: 'a transaction, by rows in the table', unit: 'µs', curves: panel('rows') },
      { title: 'a transaction in 100,000 rows, by watched rows', unit: 'µs', curves: panel('watchers') },
      { title: 'first load, per row, by rows', unit: 'µs', curves: panel('load') },
    ]),
  );
}

async function measured({ label, caseName, side, scales }: GrowthRun, program: string): Promise<Curve> {
  const points: [number, number][] = [];
  for (const { at, scale } of scales) {
    const values: number[] = [];
    for (let repeat = 0; repeat < 3; repeat++) {
      const value = (await runOnce(caseOf(caseName), scale, program, [side]))[side];
      if (value !== undefined) values.push(value);
    }
    points.push([at, median(values)]);
  }
  return { label, points };
}

function caseOf(name: string): BenchCase {
  const found = [...benchCases, ...growthCases].find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found;
}
