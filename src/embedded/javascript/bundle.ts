import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf } from '../../errors.ts';
import { ModuleLoadError } from '../module-load-error.ts';
import { type BundleResult, type EsbuildPlugin, loadEsbuild } from './load-esbuild.ts';

/** A module in TypeScript or JavaScript in one piece. All of it is plain data, so that it can go to another thread. */
export interface ModuleBundle {
  /** The folder of the project; the sources of log lines and stack traces are named from here. */
  readonly folder: string;
  /** The name that the engine and debuggers know the bundle by; there is no such file. */
  readonly scriptUrl: string;
  /** The body of a function that takes {@link systemParameter} and returns what the module exports; its source map is in it, as debuggers want it. */
  readonly code: string;
  readonly sourceMap: SourceMapData;
  /** Whether procedures may make HTTP requests: then they run on threads of their own. */
  readonly mayWait: boolean;
  /** All files, in full, that it was made from. */
  readonly inputs: readonly string[];
}

/** A source map of version 3. */
interface SourceMapData {
  readonly version: number;
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/** The modules of the host that this server has. */
const systemNames = ['spacetime:sys@2.0', 'spacetime:sys@2.1'] as const;

/** The name by which a bundle knows the function that gives it a module of the host. */
export const systemParameter = '__spacetimedbSystem';

const exportsName = '__spacetimedbExports';

/** How modules are bundled, wherever they run: as their own tools do it for a server. */
export const bundleOptions = {
  bundle: true,
  // The server's runtime uses syntax that Node 20 does not read.
  target: 'es2022',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['production', 'import', 'default'],
  logLevel: 'silent',
} as const;

/**
 * Bundles the module that begins in `file`, with `spacetimedb` as its project has it. Throws a {@link ModuleLoadError} that names the place in the
 * source at fault.
 */
export async function bundleModule(file: string, folder: string): Promise<ModuleBundle> {
  if (!existsSync(file)) throw new ModuleLoadError(`there is no ${file}`);
  const outfile = `${file}.bundle.js`;
  const { outputFiles, metafile } = await build(folder, {
    ...bundleOptions,
    entryPoints: [file],
    outfile,
    absWorkingDir: folder,
    // A promise that the engine makes for such a function is out of reach of whoever watches promises.
    supported: { 'async-await': false, 'async-generator': false, 'for-await': false, 'dynamic-import': false },
    format: 'iife',
    globalName: exportsName,
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
    write: false,
    plugins: [systemPlugin],
  });
  const textOf = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  const sourceMap = withFullSources(readSourceMap(textOf('.map')), dirname(outfile));
  const inputs = Object.keys(metafile.inputs)
    .filter((input) => !input.startsWith(`${systemNamespace}:`))
    .map((input) => resolve(folder, input));
  return {
    folder,
    scriptUrl: pathToFileURL(outfile).href,
    code: `${textOf('.js')}\nreturn ${exportsName};\n//# sourceMappingURL=${dataUrlOf(sourceMap)}\n`,
    sourceMap,
    mayWait: await speakOfHttp(inputs),
    inputs,
  };
}

/** Whether the project's own files have the word by which procedures reach the network. */
async function speakOfHttp(inputs: readonly string[]): Promise<boolean> {
  const own = inputs.filter((input) => !input.split(sep).includes('node_modules'));
  const texts = await Promise.all(own.map(async (input) => readFile(input, 'utf8')));
  return texts.some((text) => /\bhttp\b/.test(text));
}

const systemNamespace = 'spacetimedb-host';

/** Puts a call of the host in the place of each of its modules. */
const systemPlugin: EsbuildPlugin = {
  name: systemNamespace,
  setup: (build) => {
    build.onResolve({ filter: /^spacetime:/ }, ({ path }) => {
      const isKnown = systemNames.some((name) => name === path);
      if (isKnown) return { path, namespace: systemNamespace };
      return { errors: [{ text: `it needs ${path}; this server has ${systemNames.join(' and ')} (spacetimedb 2.x)` }] };
    });
    build.onLoad({ filter: /.*/, namespace: systemNamespace }, ({ path }) => ({
      contents: `module.exports = ${systemParameter}(${JSON.stringify(path)});`,
    }));
  },
};

async function build(folder: string, options: object): Promise<BundleResult> {
  try {
    const esbuild = await loadEsbuild(folder);
    return await esbuild.build(options);
  } catch (cause) {
    throw new ModuleLoadError(problemIn(cause), { cause });
  }
}

/** What a failed build names first, with its place. */
export function problemIn(error: unknown): string {
  if (!isBuildFailure(error)) return messageOf(error);
  const [first] = error.errors;
  if (first === undefined) return error.message;
  const place =
    first.location === null ? '' : `${first.location.file}:${first.location.line}:${first.location.column + 1}: `;
  const more = error.errors.length > 1 ? ` (and ${error.errors.length - 1} more)` : '';
  return `${place}${first.text}${adviceFor(first)}${more}`;
}

/** A package that is there, without what is imported from it, is not mended by installing it. */
function adviceFor({ text, notes = [] }: BuildProblem): string {
  const [, path, name] = /^The path "(.*)" is not exported by package "(.*)"/.exec(notes[0]?.text ?? '') ?? [];
  if (name !== undefined) {
    return `; the package ${name} has no ${path}${name === 'spacetimedb' ? ': modules import from spacetimedb/server' : ''}`;
  }
  if (/^Could not resolve "spacetimedb["/]/.test(text)) return '; run: npm install spacetimedb';
  if (text.startsWith('Could not resolve "node:') || notes.some((note) => note.text.includes('built into node'))) {
    return '; a module runs in the database, without the modules of Node';
  }
  return text.startsWith('Top-level await') ? '; a module cannot wait for anything' : '';
}

interface BuildFailure extends Error {
  readonly errors: readonly BuildProblem[];
}

interface BuildProblem {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
  readonly notes?: readonly { readonly text: string }[];
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors);
}

function readSourceMap(text: string): SourceMapData {
  const map: SourceMapData = JSON.parse(text);
  return map;
}

/** Sources by their full addresses, so that whoever reads the map finds them wherever the bundle seems to be. */
function withFullSources(map: SourceMapData, folder: string): SourceMapData {
  const { version, names, mappings } = map;
  return {
    version,
    sources: map.sources.map((source) => pathToFileURL(resolve(folder, source)).href),
    names,
    mappings,
  };
}

function dataUrlOf(map: SourceMapData): string {
  return `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

/** The path of a source from the folder of its project, such as `src/index.ts`. */
export function shortSource(source: string, folder: string): string {
  return relative(folder, fileURLToPath(source));
}
