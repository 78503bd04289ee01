/** Who takes part in a case. */
export const sideNames = ['ours', 'official', 'limit'] as const;
export type SideName = (typeof sideNames)[number];

/** What a side counted while it ran, such as effects that ran. */
type Counts = Readonly<Record<string, number>>;

/** How big a case is. */
export interface Scale {
  /** Rows in the table. */
  readonly rows: number;
  /** Rows that are watched. */
  readonly watchers: number;
  /** How long a sample of something quick takes at least, in milliseconds. */
  readonly sampleMs: number;
}

/** One side of a case, ready to run. */
export interface Racer {
  /** Runs it once. What it cost: nanoseconds per operation, or bytes per row. */
  readonly sample: () => number | Promise<number>;
  /** What was counted so far. */
  readonly counts?: () => Counts;
}

/** Something that this package does, the official client does, and a hand-written loop does. */
export interface BenchCase {
  readonly name: string;
  /** What is measured, for people. */
  readonly title: string;
  readonly unit: 'ns' | 'bytes';
  /** The ratio of ours to the limit that is wanted at most. */
  readonly target: number;
  /** How often each process runs it before it counts, and how often it counts. */
  readonly samples: { readonly warmUp: number; readonly counted: number };
  readonly sides: { readonly [Side in SideName]?: (scale: Scale) => Promise<Racer> };
}

/** Many short samples, of what takes microseconds. */
export const quickSamples = { warmUp: 8, counted: 11 };
/** A few samples, of what takes many milliseconds. */
export const slowSamples = { warmUp: 2, counted: 5 };
/** One sample, of what a process can only do once. */
export const onlySample = { warmUp: 0, counted: 1 };

/**
 * The time that passes, in nanoseconds; with `BENCH_CLOCK=cpu` the time that this process works, in all its threads: on a machine that is busy with
 * something else the only one that says anything.
 */
const now: () => number = process.env['BENCH_CLOCK'] === 'cpu' ? cpuTime : () => Number(process.hrtime.bigint());

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** How long `run` takes, in nanoseconds per operation. */
export function timed(operations: number, run: () => void): number {
  const start = now();
  run();
  return (now() - start) / operations;
}

/** The same for something that waits. */
export async function timedAsync(operations: number, run: () => Promise<void>): Promise<number> {
  const start = now();
  await run();
  return (now() - start) / operations;
}

/** Runs `round`, of so many operations, for at least `sampleMs`. In nanoseconds per operation. */
export function repeated(operations: number, sampleMs: number, round: () => void): number {
  const start = now();
  let rounds = 0;
  let passed = 0;
  do {
    round();
    rounds++;
    passed = now() - start;
  } while (passed < sampleMs * 1e6);
  return passed / (rounds * operations);
}

/** Throws when a bench does not do what it says. */
export function check(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what} is ${String(actual)}, not ${String(expected)}`);
}
