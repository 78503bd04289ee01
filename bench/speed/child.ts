/** One side of one case in a process of its own: `child.js CASE SIDE SCALE`. Takes samples when the parent asks for them. */
import { type Scale, sideNames } from './case.ts';
import { benchCases, growthCases } from './cases/index.ts';
import { type ChildMessage } from './race.ts';

function tell(message: ChildMessage): void {
  process.send?.(message);
}

async function run(): Promise<void> {
  const [, , caseName, sideArgument, scaleText = '{}'] = process.argv;
  const benchCase = [...benchCases, ...growthCases].find(({ name }) => name === caseName);
  const side = sideNames.find((name) => name === sideArgument);
  const prepare = side === undefined ? undefined : benchCase?.sides[side];
  if (benchCase === undefined || prepare === undefined) throw new Error(`no side ${sideArgument} of case ${caseName}`);
  const scale: Scale = JSON.parse(scaleText);
  const racer = await prepare(scale);
  for (let sample = 0; sample < benchCase.samples.warmUp; sample++) await racer.sample();
  process.on('message', () => {
    Promise.resolve(racer.sample()).then(
      (value) => tell({ kind: 'sample', value }),
      (error: unknown) => fail(error),
    );
  });
  tell({ kind: 'ready' });
}

function fail(error: unknown): void {
  tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
  process.disconnect();
}

run().catch(fail);
