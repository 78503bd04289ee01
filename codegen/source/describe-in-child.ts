import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

/** How long a module may take to describe itself, in milliseconds. */
const describeTimeLimitMs = 10_000;

/**
 * What a module says of itself, written to a file by another process: whatever the module does there, it does not do here, and it has to come to an
 * end. `argsFor` gives the arguments of Node for the file that the description goes to, in a folder that is gone afterwards.
 */
export async function describeInChild(
  argsFor: (outputFile: string, folder: string) => readonly string[] | Promise<readonly string[]>,
  timeLimitMs: number = describeTimeLimitMs,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-'));
  try {
    const file = join(folder, 'description');
    const args = await argsFor(file, folder);
    const run = { command: process.execPath, args, cwd: folder, env: {}, timeLimitMs };
    const { ending, code, errors } = await runTool(run);
    if (ending === 'timedOut') {
      throw new Error(
        `the module did not finish describing itself within ${timeLimitMs / 1000} seconds: does something in it loop when it is loaded?`,
      );
    }
    if (code !== 0) throw new Error(reasonIn(errors));
    return new Uint8Array(await readFile(file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last word of a process that failed. */
function reasonIn(errors: string): string {
  const lines = errors.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1) ?? 'it ended without a word';
}
