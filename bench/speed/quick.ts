import { type Scale, type SideName, sideNames } from './case.ts';
import { benchCases } from './cases/index.ts';
import { playerCodec } from './generated/index.ts';

const smallScale: Scale = { rows: 10_000, watchers: 1000, sampleMs: 0 };

/** What one side of a case did in one run. */
export interface QuickResult {
  readonly name: string;
  readonly side: SideName;
  /** How many rows our generated codec made objects of. */
  readonly decodedRows: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs every side of every case once, small, in this process: whether it runs, and what it counts; times mean nothing here. */
export async function quickRun(): Promise<readonly QuickResult[]> {
  const decoded = countReads();
  const results: QuickResult[] = [];
  for (const { name, sides } of benchCases) {
    for (const side of sideNames) {
      const prepare = sides[side];
      if (prepare === undefined) continue;
      const before = decoded.count;
      const racer = await prepare(smallScale);
      await racer.sample();
      results.push({ name, side, decodedRows: decoded.count - before, counts: racer.counts?.() ?? {} });
    }
  }
  return results;
}

/** From here on every row that the generated codec reads is counted. */
function countReads(): { count: number } {
  const counter = { count: 0 };
  const { read } = playerCodec;
  Object.assign(playerCodec, {
    read: (reader: Parameters<typeof read>[0]) => {
      counter.count++;
      return read(reader);
    },
  });
  return counter;
}
