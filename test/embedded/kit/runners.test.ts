import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readmeFile } from '../../support/readme.ts';
import { bundleExample } from '../../support/bundle-example.ts';
import { patienceMs } from '../../support/patience.ts';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(at('.runners-'));
});
afterAll(async () => rm(folder, { recursive: true }));

/** The whole test of the README, as a file for one test runner. */
async function userTest(runner: string): Promise<string> {
  const source = join(folder, `${runner.replace(':', '-')}.ts`);
  const text = readmeFile('notes.test.ts')
    .replace("'node:test'", JSON.stringify(runner))
    .replace('./generated/index.js', '../../../generated/reference/index.ts')
    .replace("'notes.wasm'", JSON.stringify(at('../../reference-module/reference-module.wasm')));
  await writeFile(source, text);
  const outfile = source.replace('.ts', '.test.mjs');
  await bundleExample(source, outfile);
  return outfile;
}

test('the test of the README has fifteen lines, and runs under node:test', async () => {
  const lines = readmeFile('notes.test.ts').split('\n');
  expect(lines.filter((line) => line.trim() !== '')).toHaveLength(15);
  const file = await userTest('node:test');
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], { timeout: patienceMs });
  expect(stdout).toContain('ok 1 - what others say shows');
  expect(stdout).toContain('# pass 1');
  expect(stdout).toContain('# fail 0');
});

test('the same test runs under vitest', async () => {
  const file = await userTest('vitest');
  // Else it looks for the configuration of the folders around.
  await writeFile(join(folder, 'vitest.config.mjs'), 'export default {};\n');
  const vitest = at('../../../node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', folder, '--reporter=json', file];
  const { stdout } = await run(process.execPath, args, { cwd: folder, timeout: patienceMs, env: withoutVitest() });
  expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: 1, numTotalTests: 1 });
});

/** A run inside a run must not take itself for a worker of the outer one. */
function withoutVitest(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
}
