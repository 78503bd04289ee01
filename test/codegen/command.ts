import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Terminal } from '../../codegen/dev/footer.ts';
import { runCli } from '../../codegen/run-cli.ts';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';

export { temporaryFolder } from '../support/temporary-folder.ts';

/** How a run of the command line ended. */
export interface CommandResult {
  readonly code: number;
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

/** What a run is given besides its arguments. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly interrupted?: AbortSignal;
  readonly terminal?: Terminal;
  /** Called after each line of either output. */
  readonly onLine?: (line: string) => void;
}

/** Runs the command line in `cwd`. */
export async function run(
  cwd: string,
  args: readonly string[],
  standardInput = '',
  { env = process.env, interrupted = new AbortController().signal, onLine, terminal }: RunOptions = {},
): Promise<CommandResult> {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await runCli(args, {
    cwd,
    readStandardInput: () => Promise.resolve(standardInput),
    env,
    describeWasm: async (file) => describeWasm(await readFile(file)),
    interrupted,
    terminal,
    print: (line) => {
      output.push(line);
      onLine?.(line);
    },
    warn: (line) => {
      errors.push(line);
      onLine?.(line);
    },
  });
  return { code, output, errors };
}

/** The text of every file of a folder and of those inside it, by its path from there. */
export function filesOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]));
}
