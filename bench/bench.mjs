// `npm run bench`: every case of bench/speed, ours against the official client and against a hand-written loop.
//   --help           prints these lines
//   --quick          each case once and small, in one process; prints what was counted, as JSON
//   --only=a,b       only the cases whose names begin so
//   --repeats=N      how often, in fresh processes; 5 by default
//   --save           writes the results to bench/speed
//   --growth         how costs grow with the table and with its watchers, drawn to bench/growth.svg, and nothing else
//   --reports        bundle size, and the generator with 400 tables (builds the package first), and nothing else
//   --server         calls and updates of the embedded server, and nothing else
//   --offline        bytes that a client with offline storage writes for each row that changes, and nothing else
//   --generate       writes the bindings that the cases use, bench/speed/generated, and does nothing else
// BENCH_CLOCK=cpu    measures the work of the process instead of time, for a machine that is busy with something else
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  entryPoints: [
    'bench/speed/main.ts',
    'bench/speed/child.ts',
    'bench/speed/quick.ts',
    'bench/speed/growth.ts',
    'bench/speed/reports.ts',
    'bench/speed/server.ts',
    'bench/speed/server-clients.ts',
    'bench/speed/offline-bytes.ts',
    'bench/speed/generate.ts',
  ],
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
  writeBindings(join(root, 'bench/speed/generated'), ['player'], '.ts');
} else if (options.growth) {
  const { growth } = await load('growth.js');
  await growth(join(scratch, 'child.js'), join(root, 'bench/growth.svg'));
} else if (options.reports) {
  execFileSync(process.execPath, [join(root, 'esbuild.mjs')], { stdio: 'inherit' });
  const { reports } = await load('reports.js');
  await reports({ root, scratch });
} else if (options.server) {
  const { server } = await load('server.js');
  await server(root, join(scratch, 'server-clients.js'));
} else if (options.offline) {
  const { offlineBytesText } = await load('offline-bytes.js');
  console.log(await offlineBytesText());
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
  try {
    return parseOptions();
  } catch (error) {
    console.error(`npm run bench: ${error.message}; --help tells the options`);
    return process.exit(2);
  }
}

/** The comment at the head of this file. */
function helpText() {
  const [head] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\nimport ');
  return head.replaceAll(/^\/\/ ?/gm, '');
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      generate: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      reports: { type: 'boolean', default: false },
      server: { type: 'boolean', default: false },
      offline: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      repeats: { type: 'string', default: '5' },
      save: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(helpText());
    process.exit();
  }
  const repeats = Number(values.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error(`--repeats=${values.repeats} is no count`);
  const only = values.only.split(',').filter((name) => name !== '');
  return { ...values, repeats, only, folder: values.save ? join(root, 'bench/speed') : undefined };
}
