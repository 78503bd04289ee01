import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { seededRandom } from '../../support/random.ts';
import { contents, openCrashDatabase, takeStep } from './crash-steps.ts';
import { bundleProcess } from '../../support/bundle-process.ts';

/** How often a process is killed; `CRASHES` says otherwise. */
const crashes = Number(process.env['CRASHES'] ?? 24);
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-crash-'));
  program = await bundleProcess(new URL('crash-main.ts', import.meta.url), folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs steps in another process until it is killed; the result is the last one that it said was committed, or the one before `first`. */
async function runUntilKilled(path: string, first: number, durable: boolean, afterSteps: number): Promise<number> {
  const args = [program, referenceWasm, path, String(first), durable ? 'durable' : ''];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
  if (afterSteps === 0) child.kill('SIGKILL');
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > afterSteps) child.kill('SIGKILL');
  });
  expect(await ended).toBe('SIGKILL');
  const steps = said.split('\n').slice(0, -1);
  return Number(steps.at(-1) ?? first - 1);
}

test(
  `whatever was confirmed is there after kill -9, whole and with nothing beside it: ${crashes} times, CRASH_SEED=${seed}`,
  { timeout: 60_000 + crashes * 10_000 },
  async () => {
    const module = readFileSync(referenceWasm);
    const random = seededRandom(seed);
    const path = join(folder, 'commits.log');
    const model = await openCrashDatabase(module);
    let next = 0;
    let torn = 0;
    for (let crash = 0; crash < crashes; crash++) {
      const durable = random.chance(0.7);
      const confirmed = await runUntilKilled(path, next, durable, random.chance(0.1) ? 0 : random.below(60));
      for (; next <= confirmed; next++) takeStep(model, next);
      const reopened = await openCrashDatabase(module, path);
      const found = contents(reopened);
      // A step that was on the disk and that nobody was told of any more may be there; it is all there then.
      if (found.join() !== contents(model).join()) takeStep(model, next++);
      expect(found).toEqual(contents(model));
      expect(reopened.warnings.length).toBeLessThan(2);
      torn += reopened.warnings.length;
      reopened.database.close();
    }
    expect(next).toBeGreaterThan(crashes);
    console.log(`${crashes} crashes, ${next} commits, ${torn} torn tails`);
  },
);
