// What every script of this repository that needs node_modules calls first. Imports nothing but Node itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const oldestNode = [20, 19];

// `npm pack` in a fresh clone.
if (process.argv[1] === fileURLToPath(import.meta.url)) ensureInstalled();

/**
 * Makes sure that Node is new enough and that node_modules holds exactly what package-lock.json names; runs `npm ci`
 * when it does not. Ends the process with one line when that is impossible.
 */
export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    fail(`spacetimedb-signals needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}.`);
  }
  const reason = whyStale();
  if (reason === undefined) return;
  console.log(`Installing dependencies with \`npm ci\`: ${reason}.`);
  const result = spawnSync('npm', ['ci'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.error !== undefined) fail(`\`npm ci\` could not be started: ${result.error.message}`);
  if (result.status !== 0) fail('`npm ci` failed, see above.');
}

/** Compares by name and version, not by file times: a checkout sets those at random. */
function whyStale() {
  const installedLock = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedLock)) return 'node_modules is missing';
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(installedLock);
  for (const [path, { version, optional, devOptional }] of wanted) {
    // An optional package may be left out on purpose: it is for another operating system.
    const present = installed.get(path);
    if (present === undefined && (optional || devOptional)) continue;
    if (present?.version !== version) return `${path} ${version} is in package-lock.json but not installed`;
  }
  for (const path of installed.keys()) {
    if (!wanted.has(path)) return `${path} is installed but not in package-lock.json`;
  }
  return undefined;
}

function packagesOf(lockFile) {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
  return new Map(Object.entries(packages).filter(([path]) => path !== ''));
}

function fail(line) {
  console.error(line);
  process.exit(1);
}
