import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type BenchCase, type Scale, type SideName, sideNames } from './case.ts';

/** What the parent is told. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sample'; readonly value: number }
  | { readonly kind: 'failed'; readonly message: string };

/** What became of one case. */
export interface RaceResult {
  readonly name: string;
  readonly title: string;
  readonly unit: BenchCase['unit'];
  readonly target: number;
  /** The median over the repeats, by side: nanoseconds or bytes. */
  readonly values: Readonly<Partial<Record<SideName, number>>>;
  /** Ours and the official client by the limit: the median of the ratios of all repeats, and the least and greatest. */
  readonly ratios: Readonly<Partial<Record<SideName, Spread>>>;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** Runs a case: in each repeat one fresh process per side, which take samples in turn, so that whatever else the machine does hits all alike. */
export async function race(benchCase: BenchCase, scale: Scale, repeats: number, program: string): Promise<RaceResult> {
  const rounds: Partial<Record<SideName, number>>[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) rounds.push(await runOnce(benchCase, scale, program));
  const names = sideNames.filter((side) => benchCase.sides[side] !== undefined);
  const valuesOf = (side: SideName): number[] => rounds.flatMap((round) => round[side] ?? []);
  const ratiosOf = (side: SideName): number[] =>
    rounds.flatMap((round) =>
      round[side] === undefined || round.limit === undefined ? [] : round[side] / round.limit,
    );
  const { name, title, unit, target } = benchCase;
  return {
    name,
    title,
    unit,
    target,
    values: Object.fromEntries(names.map((side) => [side, median(valuesOf(side))])),
    ratios: Object.fromEntries(
      names.filter((side) => side !== 'limit').map((side) => [side, spreadOf(ratiosOf(side))]),
    ),
  };
}

/** The middle one of `numbers`, or between the middle two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), least: Math.min(...numbers), greatest: Math.max(...numbers) };
}

/** One fresh process per side, which take samples in turn. The median of the samples, by side. */
export async function runOnce(
  benchCase: BenchCase,
  scale: Scale,
  program: string,
  chosen: readonly SideName[] = sideNames,
): Promise<Partial<Record<SideName, number>>> {
  const sides: Side[] = [];
  try {
    // One after the other: getting ready takes a core each.
    for (const name of chosen) {
      if (benchCase.sides[name] === undefined) continue;
      const side = new Side(name, program, [benchCase.name, name, JSON.stringify(scale)]);
      sides.push(side);
      await side.isReady();
    }
    for (let round = 0; round < benchCase.samples.counted; round++) for (const side of sides) await side.sample();
    return Object.fromEntries(sides.map(({ name, samples }) => [name, median(samples)]));
  } finally {
    for (const side of sides) side.end();
  }
}

/** The process of one side. */
class Side {
  readonly name: SideName;
  readonly samples: number[] = [];
  readonly #child: ChildProcess;
  readonly #first: Promise<ChildMessage>;

  constructor(name: SideName, program: string, args: readonly string[]) {
    this.name = name;
    this.#child = fork(program, args, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#first = this.#next();
  }

  async isReady(): Promise<void> {
    await this.#first;
  }

  async sample(): Promise<void> {
    const answer = this.#next();
    this.#child.send('sample');
    const message = await answer;
    if (message.kind === 'sample') this.samples.push(message.value);
  }

  end(): void {
    this.#child.kill();
  }

  async #next(): Promise<ChildMessage> {
    const ended = new AbortController();
    try {
      const [message] = await Promise.race([
        once(this.#child, 'message', { signal: ended.signal }),
        once(this.#child, 'exit', { signal: ended.signal }).then(([code]) => {
          throw new Error(`the process of ${this.name} ended with ${String(code)}`);
        }),
      ]);
      const told: ChildMessage = message;
      if (told.kind === 'failed') throw new Error(told.message);
      return told;
    } finally {
      ended.abort();
    }
  }
}
