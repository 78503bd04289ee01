import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeInChild } from './describe-in-child.ts';
import { describingProgram, hostModule } from './javascript-host.ts';

/** The description of a module in TypeScript or JavaScript, as BSATN; `file` is where it begins, in full. Throws an error that says what is wrong, without saying with what. */
export async function describeJavaScript(file: string, timeLimitMs?: number): Promise<Uint8Array> {
  if (!existsSync(file)) throw new Error('there is no such file');
  const bundle = await loadEsbuild(dirname(file));
  return describeInChild(async (output, folder) => {
    const program = join(folder, 'module.mjs');
    await bundle(file, program);
    return [program, output];
  }, timeLimitMs);
}

/** Puts a module and the program that asks it for its description into one file. */
type Bundle = (file: string, outfile: string) => Promise<void>;

interface Esbuild {
  readonly build: (options: object) => Promise<unknown>;
}

interface PluginBuild {
  readonly onResolve: (filter: { readonly filter: RegExp }, callback: (args: { path: string }) => object) => void;
  readonly onLoad: (filter: object, callback: () => object) => void;
}

/** esbuild as the module's project has it, or as this package does. */
async function loadEsbuild(folder: string): Promise<Bundle> {
  const esbuild = await importFrom(join(folder, 'package.json'), 'esbuild');
  return async (file, outfile) => {
    try {
      await esbuild.build({
        stdin: { contents: describingProgram(file), resolveDir: folder, sourcefile: 'describe.js' },
        outfile,
        absWorkingDir: folder,
        bundle: true,
        format: 'esm',
        // The server's runtime uses syntax that Node 20 does not read.
        target: 'es2022',
        platform: 'neutral',
        mainFields: ['module', 'main'],
        conditions: ['production', 'import', 'default'],
        external: ['node:*'],
        plugins: [hostPlugin],
        logLevel: 'silent',
      });
    } catch (cause) {
      throw new Error(`it cannot be bundled: ${firstError(cause)}`, { cause });
    }
  };
}

const hostPlugin = {
  name: 'spacetimedb-host',
  setup(build: PluginBuild): void {
    build.onResolve({ filter: /^spacetime:sys@\d+\.\d+$/ }, () => ({ path: 'host', namespace: 'spacetimedb-host' }));
    build.onLoad({ filter: /.*/, namespace: 'spacetimedb-host' }, () => ({ contents: hostModule, loader: 'js' }));
  },
};

async function importFrom(from: string, name: string): Promise<Esbuild> {
  for (const place of [from, import.meta.url]) {
    const path = resolved(place, name);
    if (path === undefined) continue;
    const loaded: unknown = await import(pathToFileURL(path).href);
    if (isEsbuild(loaded)) return loaded;
  }
  throw new Error('esbuild is missing, which modules in TypeScript are read with: npm install --save-dev esbuild');
}

function resolved(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    // Not there: the next place may have it.
    return undefined;
  }
}

function isEsbuild(value: unknown): value is Esbuild {
  return typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function';
}

/** What a failed build names first, with its place. */
function firstError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n').filter((line) => line !== '')[1] ?? message;
}
