// `npm run soak`: the tests from seeds, as often as a release asks for, each time from others. Takes a good half hour.
//   SIM_SEEDS=10000 MUTANTS=100000 CRASHES=3000 FUZZ=20000 RELOADS=200   how often, where less or more is meant
// Simulations whose seeds take long run a share of SIM_SEEDS; `SIM_FROM=70000` says with which seed they begin, `SIM_SEED=123` runs that one again.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../bootstrap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const env = {
  SIM_SEEDS: '10000',
  SIM_FROM: String(Date.now() % 1_000_000_000),
  MUTANTS: '100000',
  CRASHES: '3000',
  FUZZ: '20000',
  RELOADS: '200',
  ...process.env,
  PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
};

ensureInstalled();
const folders = [
  'test/simulation',
  'test/malformed',
  'test/offline/files/crash.test.ts',
  'test/offline/app/crash.test.ts',
  'test/offline/app/tabs.test.ts',
  'test/embedded/reload',
  'test/embedded/durability',
  'test/embedded/fuzz',
];
const tests = [...folders, ...process.argv.slice(2)];
const { status } = spawnSync('vitest', ['run', '--config', 'test/vitest.config.ts', ...tests], {
  cwd: root,
  env,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
