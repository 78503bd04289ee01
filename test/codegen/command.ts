import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCli } from '../../codegen/run-cli.ts';

/** How a run of the command line ended. */
export interface CommandResult {
  readonly code: number;
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

/** An empty folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs the command line in `cwd`. */
export async function run(cwd: string, args: readonly string[], standardInput = ''): Promise<CommandResult> {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await runCli(args, {
    cwd,
    readStandardInput: () => Promise.resolve(standardInput),
    print: (line) => void output.push(line),
    warn: (line) => void errors.push(line),
  });
  return { code, output, errors };
}

/** The text of every file of a folder. */
export function filesOf(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
