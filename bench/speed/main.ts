import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { type BenchCase, type Scale } from './case.ts';
import { benchCases } from './cases/index.ts';
import { race, type RaceResult } from './race.ts';
import { tableText } from './table-text.ts';

/** What the command line asks for. */
export interface BenchOptions {
  /** The folder that the results go to; undefined: they are only printed. */
  readonly folder: string | undefined;
  /** The bundle of `child.ts`. */
  readonly program: string;
  /** Only the cases whose names begin with one of these; all when there are none. */
  readonly only: readonly string[];
  readonly repeats: number;
}

const fullScale: Scale = { rows: 100_000, watchers: 10_000, sampleMs: 20 };

/** Runs the cases, prints the table, and writes it as JSON. */
export async function bench({ folder, program, only, repeats }: BenchOptions): Promise<void> {
  const chosen = benchCases.filter(({ name }) => isChosen(name, only));
  const results: RaceResult[] = [];
  for (const benchCase of chosen) results.push(await announced(benchCase, repeats, program));
  const machine = machineText();
  console.log(`\n${machine}; median of ${repeats} runs\n\n${tableText(results)}`);
  if (folder !== undefined) save(join(folder, 'results.json'), machine, repeats, results);
}

/** What is written. */
interface SavedResults {
  readonly machine: string;
  readonly repeats: number;
  readonly results: readonly RaceResult[];
}

/** Writes the results, and keeps those of cases that were not run. */
function save(file: string, machine: string, repeats: number, results: readonly RaceResult[]): void {
  const known: SavedResults = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { machine, repeats, results: [] };
  const merged = benchCases.flatMap(
    ({ name }) => [...results, ...known.results].find((result) => result.name === name) ?? [],
  );
  const saved: SavedResults = { machine, repeats, results: merged };
  writeFileSync(file, `${JSON.stringify(saved, undefined, 2)}\n`);
}

function isChosen(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((prefix) => name.startsWith(prefix));
}

async function announced(benchCase: BenchCase, repeats: number, program: string): Promise<RaceResult> {
  console.log(`${benchCase.name}: ${benchCase.title}`);
  const result = await race(benchCase, fullScale, repeats, program);
  const { ours, official } = result.ratios;
  console.log(`  ours ${ours?.median.toFixed(2)}, official ${official?.median.toFixed(2)} times the limit`);
  return result;
}

function machineText(): string {
  const [cpu] = cpus();
  const clock = process.env['BENCH_CLOCK'] === 'cpu' ? 'processor time' : 'wall time';
  return `Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim() ?? arch()}, ${platform()}; ${clock}`;
}
