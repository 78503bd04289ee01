import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bundleOptions, problemIn } from '../../src/embedded/javascript/bundle.ts';
import { type EsbuildPlugin, loadEsbuild } from '../../src/embedded/javascript/load-esbuild.ts';
import { describeInChild } from './describe-in-child.ts';
import { describingProgram, hostModule } from './javascript-host.ts';

/** The description of a module in TypeScript or JavaScript, as BSATN; `file` is where it begins, in full. Throws an error that says what is wrong, without saying with what. */
export async function describeJavaScript(file: string, timeLimitMs?: number): Promise<Uint8Array> {
  if (!existsSync(file)) throw new Error('there is no such file');
  const bundle = await bundlerFor(dirname(file));
  return describeInChild(async (output, folder) => {
    const program = join(folder, 'module.mjs');
    await bundle(file, program);
    return [program, output];
  }, timeLimitMs);
}

/** Puts a module and the program that asks it for its description into one file. */
type Bundle = (file: string, outfile: string) => Promise<void>;

/** A bundler that finds packages as the module's project does. */
async function bundlerFor(folder: string): Promise<Bundle> {
  const esbuild = await loadEsbuild(folder);
  return async (file, outfile) => {
    try {
      await esbuild.build({
        ...bundleOptions,
        stdin: { contents: describingProgram(file), resolveDir: folder, sourcefile: 'describe.js' },
        outfile,
        // Places in the source are named from here.
        absWorkingDir: basename(folder) === 'src' ? dirname(folder) : folder,
        format: 'esm',
        external: ['node:*'],
        plugins: [hostPlugin],
      });
    } catch (cause) {
      throw new Error(`it cannot be bundled: ${problemIn(cause)}`, { cause });
    }
  };
}

const hostPlugin: EsbuildPlugin = {
  name: 'spacetimedb-host',
  setup: (build) => {
    build.onResolve({ filter: /^spacetime:sys@\d+\.\d+$/ }, () => ({ path: 'host', namespace: 'spacetimedb-host' }));
    build.onLoad({ filter: /.*/, namespace: 'spacetimedb-host' }, () => ({ contents: hostModule, loader: 'js' }));
  },
};
