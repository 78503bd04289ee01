// `npm run bench`: every case of bench/speed, ours against the official client and against a hand-written loop.
//   --quick          each case once and small, in one process; prints what was counted, as JSON
//   --only=a,b       only the cases whose names begin so
//   --repeats=N      how often, in fresh processes; 5 by default
//   --save           writes the results to bench/speed
//   --generate       writes the bindings that the cases use, bench/speed/generated, and does nothing else
// BENCH_CLOCK=cpu    measures the work of the process instead of time, for a machine that is busy with something else
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../bootstrap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const options = readOptions();
ensureInstalled();
mkdirSync(join(root, '.bench'), { recursive: true });
// Inside the repository, so that Node finds its node_modules.
const scratch = mkdtempSync(join(root, '.bench/run-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const { build } = await import('esbuild');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/speed/main.ts', 'bench/speed/child.ts', 'bench/speed/quick.ts', 'bench/speed/generate.ts'],
  outdir: scratch,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  // The paths of tsconfig.json lead from the generated code to the sources.
  tsconfig: 'tsconfig.json',
  logLevel: 'warning',
});

if (options.generate) {
  const { writeBindings } = await load('generate.js');
  writeBindings(join(root, 'bench/speed/generated'));
} else if (options.quick) {
  const { quickRun } = await load('quick.js');
  console.log(JSON.stringify(await quickRun()));
} else {
  const { bench } = await load('main.js');
  await bench({ ...options, program: join(scratch, 'child.js') });
}
process.exit();

function load(name) {
  return import(pathToFileURL(join(scratch, name)).href);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      generate: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      repeats: { type: 'string', default: '5' },
      save: { type: 'boolean', default: false },
    },
  });
  const repeats = Number(values.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error(`--repeats=${values.repeats} is no count`);
  const only = values.only.split(',').filter((name) => name !== '');
  const { quick, generate } = values;
  return { quick, generate, repeats, only, folder: values.save ? join(root, 'bench/speed') : undefined };
}
