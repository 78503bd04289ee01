import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

/** The compilers that the package is checked with. */
export type CompilerVersion = '5.5' | '5.9' | '6.0' | '7.0';

/**
 * What a compiler prints about a project, which is nothing where nothing is wrong. `project` is a folder with a tsconfig.json, or the path of one. Rejects where the
 * compiler itself came to nothing: that it says nothing then is no praise.
 */
export async function compilerSays(
  project: string,
  version: CompilerVersion = '7.0',
  options: readonly string[] = [],
): Promise<string> {
  const compiler = version === '7.0' ? 'typescript' : `typescript-${version}`;
  const tsc = join(dirname(resolve(`${compiler}/package.json`)), 'bin/tsc');
  // With several threads it does some of the work in each, and there are other tests for the other processors.
  const threads = version === '7.0' ? ['--singleThreaded'] : [];
  return new Promise((fulfil, reject) => {
    const args = [tsc, '-p', project, '--pretty', 'false', ...threads, ...options];
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (error, said, complaints) => {
      if (error === null || said !== '') fulfil(said);
      else
        reject(
          new Error(`${compiler} -p ${project} failed without a word of what is wrong: ${complaints}`, {
            cause: error,
          }),
        );
    });
  });
}
