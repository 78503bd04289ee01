// `npm test`: every check in order, then one line `N passed, N failed`.
//   --only=lock,tsc,lint,format,unused,vitest   runs only these
//   -- args                                     go to vitest
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../bootstrap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [own, vitestArguments] = splitArguments(process.argv.slice(2));
const total = { passed: 0, failed: 0, skipped: 0 };

const steps = {
  lock: { title: 'package-lock.json names no registry and is complete', run: checkLockFile },
  tsc: {
    title: 'types (Node, then browser)',
    run: () => quiet('tsc', '-p', 'tsconfig.json') && quiet('tsc', '-p', 'tsconfig.browser.json'),
  },
  lint: { title: 'lint', run: () => quiet('oxlint', '--deny-warnings') },
  format: { title: 'format', run: () => quiet('oxfmt', '--check') },
  unused: { title: 'unused code and dependencies', run: () => quiet('knip', '--no-progress', '--no-config-hints') },
  vitest: { title: 'tests', run: runTests },
};

const chosen = chooseSteps(own);
ensureInstalled();
const failedSteps = [];
for (const name of chosen) {
  const step = steps[name];
  console.log(`== ${name}: ${step.title}`);
  if (step.run()) continue;
  failedSteps.push(name);
  total.failed += name === 'vitest' ? 0 : 1;
}
if (failedSteps.length > 0) console.log(`Failed, see above: ${failedSteps.join(', ')}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function splitArguments(args) {
  const separator = args.indexOf('--');
  return separator < 0 ? [args, []] : [args.slice(0, separator), args.slice(separator + 1)];
}

function chooseSteps(args) {
  const names = Object.keys(steps);
  const unknown = args.filter((arg) => !arg.startsWith('--only='));
  const only = args.filter((arg) => arg.startsWith('--only=')).flatMap((arg) => arg.slice('--only='.length).split(','));
  unknown.push(...only.filter((name) => !names.includes(name)));
  if (unknown.length > 0) {
    console.error(
      `unknown: ${unknown.join(' ')}; known: --only=${names.join(',')} and, after --, arguments for vitest`,
    );
    process.exit(2);
  }
  return only.length > 0 ? names.filter((name) => only.includes(name)) : names;
}

function start(tool, args, stdio) {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const result = spawnSync(tool, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (result.error !== undefined) console.error(`${tool} could not be run: ${result.error.message}`);
  return result;
}

/** Runs a tool and shows what it says only when it fails. */
function quiet(tool, ...args) {
  const { status, stdout, stderr } = start(tool, args, 'pipe');
  if (status === 0) return true;
  console.log(`${stdout ?? ''}${stderr ?? ''}`.trimEnd());
  console.log(`${tool} ${args.join(' ')}: failed`);
  return false;
}

/**
 * A lock file with addresses in it ties everybody to the registry of the machine that wrote it; one without the
 * optional packages of other systems (a partial mirror leaves them out) makes `npm ci` fail.
 */
function checkLockFile() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const problems = Object.entries(packages).flatMap(([path, entry]) => {
    const optional = Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isLocked(packages, path, name));
    const missing = optional.map((name) => `${path}: its optional ${name} is missing`);
    return /^\w+:\/\//.test(entry.resolved ?? '') ? [`${path}: has a "resolved" address`, ...missing] : missing;
  });
  for (const problem of problems) console.log(problem);
  return problems.length === 0;
}

/** Looks a package up as Node does: beside the package that names it, then further and further out. */
function isLocked(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-test-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const args = ['run', '--config', 'test/vitest.config.ts', ...reporters, ...vitestArguments];
    const { status } = start('vitest', args, 'inherit');
    const failures = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : 0;
    // No report, no test found or an unhandled error: vitest fails without a failed test.
    if (status !== 0 && failures === 0) total.failed += 1;
    return status === 0 && failures === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(report) {
  // A file that cannot even be loaded is a failure without a test.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failures = report.numFailedTests + broken.length;
  total.passed += report.numPassedTests;
  total.failed += failures;
  total.skipped += report.numPendingTests + report.numTodoTests;
  return failures;
}
