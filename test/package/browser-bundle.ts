import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

/** What a browser loads at once of a program: its main chunk and what that imports, without what is imported on demand. */
interface BrowserBundle {
  /** The length of it, minified, in bytes. */
  readonly bytes: number;
  /** The same after gzip, chunk by chunk. */
  readonly gzipBytes: number;
  /** The source files that something of it came from. */
  readonly inputs: readonly string[];
  /** The source files of the chunks that are loaded on demand. */
  readonly inputsOnDemand: readonly string[];
  /** What else is loaded when it is wanted: by the chunk that its import names, with what comes along and is not there at once. */
  readonly onDemand: readonly { readonly name: string; readonly gzipBytes: number }[];
  /** Imports that were left as they are. */
  readonly external: readonly string[];
  readonly text: string;
}

/**
 * Bundles a program for browsers as an app would; `folder` is where its imports are looked up, and `packages` are left as they are. Rejects where a
 * `node:` module would be needed. With `splitting` what is loaded on demand is apart, and what it shares with the rest is kept whole.
 */
export async function browserBundle(
  program: string,
  folder: string,
  { splitting = true, packages = [] }: { readonly splitting?: boolean; readonly packages?: readonly string[] } = {},
): Promise<BrowserBundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: folder, loader: 'ts', sourcefile: 'program.ts' },
    absWorkingDir: folder,
    outdir: 'bundle',
    bundle: true,
    splitting,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    external: [...packages],
    // Whatever lies above the folder is not of the app.
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  const { outputs } = metafile;
  const [main = ''] = Object.keys(outputs).filter((name) => outputs[name]?.entryPoint === 'program.ts');
  const atOnce = loadedWith(outputs, main);
  const onDemand = Object.keys(outputs).filter((name) => !atOnce.has(name));
  const chunksOf = (names: readonly string[]): typeof outputFiles => {
    const paths = new Set(names.map((name) => join(folder, name)));
    return outputFiles.filter(({ path }) => paths.has(path));
  };
  const gzipBytesOf = (names: readonly string[]): number =>
    sum(chunksOf(names).map(({ contents }) => gzipSync(contents, { level: 9 }).length));
  const chunks = chunksOf([...atOnce]);
  return {
    bytes: sum(chunks.map(({ contents }) => contents.length)),
    gzipBytes: gzipBytesOf([...atOnce]),
    inputs: [...atOnce].flatMap((name) => inputsOf(outputs, name)),
    onDemand: onDemand.flatMap((name) => {
      const entry = outputs[name]?.entryPoint;
      if (entry === undefined) return [];
      const more = [...loadedWith(outputs, name)].filter((each) => !atOnce.has(each));
      return [{ name: entry, gzipBytes: gzipBytesOf(more) }];
    }),
    inputsOnDemand: onDemand.flatMap((name) => inputsOf(outputs, name)),
    external: Object.values(outputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external).map(({ path }) => path),
    ),
    text: chunks.map(({ text }) => text).join('\n'),
  };
}

type Outputs = Metafile['outputs'];

/** An output, and all that its static imports reach. */
function loadedWith(outputs: Outputs, main: string): ReadonlySet<string> {
  const loaded = new Set([main]);
  for (const name of loaded) {
    for (const { kind, path, external } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) loaded.add(path);
    }
  }
  return loaded;
}

function inputsOf(outputs: Outputs, name: string): string[] {
  return Object.entries(outputs[name]?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path] : [],
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
