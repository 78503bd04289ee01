// `npm test`: every check, then one line `N passed, N failed`. What looks at the sources only runs side by side, and says what it found in order; then the tests.
//   --only=lock,tsc,lint,format,unused,vitest   runs only these
//   -- args                                     go to vitest
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../bootstrap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [own, vitestArguments] = splitArguments(process.argv.slice(2));
const total = { passed: 0, failed: 0, skipped: 0 };

// What each `run` gives is what is wrong, or nothing.
const steps = {
  lock: { title: 'package-lock.json names no registry and is complete', run: checkLockFile },
  tsc: {
    title: 'types (Node, then browser)',
    run: async () =>
      (await complaintsOf('tsc', '-p', 'tsconfig.json')) || complaintsOf('tsc', '-p', 'tsconfig.browser.json'),
  },
  lint: { title: 'lint', run: () => complaintsOf('oxlint', '--deny-warnings') },
  format: { title: 'format', run: () => complaintsOf('oxfmt', '--check') },
  unused: {
    title: 'unused code and dependencies',
    run: () => complaintsOf('knip', '--no-progress', '--no-config-hints'),
  },
  vitest: { title: 'tests', run: runTests },
};

const chosen = chooseSteps(own);
ensureInstalled();
const failedSteps = [];
const begun = new Map(chosen.filter((name) => name !== 'vitest').map((name) => [name, steps[name].run()]));
for (const name of chosen) {
  console.log(`== ${name}: ${steps[name].title}`);
  const complaints = await (begun.get(name) ?? steps[name].run());
  if (complaints === '') continue;
  console.log(complaints);
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

/** Runs a tool to its end; the result is its exit code, and what it said where `stdio` is `pipe`. */
async function start(tool, args, stdio) {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const child = spawn(tool, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['inherit', stdio, stdio],
    shell: process.platform === 'win32',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ said: `${tool} could not be run: ${error.message}` }));
    child.once('close', (status) => resolve({ status, said }));
  });
}

/** Runs a tool; what it says counts only when it fails. */
async function complaintsOf(tool, ...args) {
  const { status, said } = await start(tool, args, 'pipe');
  return status === 0 ? '' : `${said.trimEnd()}\n${tool} ${args.join(' ')}: failed`;
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
  return problems.join('\n');
}

/** Looks a package up as Node does: beside the package that names it, then further and further out. */
function isLocked(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-test-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const args = ['run', '--config', 'test/vitest.config.ts', ...reporters, ...vitestArguments];
    const { status, said } = await start('vitest', args, 'inherit');
    const failures = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : 0;
    // No report, no test found or an unhandled error: vitest fails without a failed test.
    if (status !== 0 && failures === 0) total.failed += 1;
    return status === 0 && failures === 0 ? '' : `${said}\nvitest: failed`.trim();
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
