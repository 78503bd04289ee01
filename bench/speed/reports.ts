import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { generate } from '../../codegen/generate.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { gzipFrame } from './gzip-frame.ts';
import { schemaOf } from './schema.ts';

/** Where the reports work. */
export interface ReportPlaces {
  /** The repository, with its `dist` built. */
  readonly root: string;
  /** A folder inside of it that is emptied afterwards. */
  readonly scratch: string;
}

/** What is no race: sizes, compressed frames, the generator, and what a compiler makes of its code. */
export async function reports({ root, scratch }: ReportPlaces): Promise<void> {
  const small = await smallBundle(root, scratch);
  console.log(`bundle of a client with one table and one reducer: ${small} bytes gzipped, without inflate`);
  console.log(`a gzip frame of 1.25 kB: ${Math.round((await gzipFrame(100_000)) / 1000)} µs more than uncompressed`);
  const tables = Array.from({ length: 400 }, (_, index) => `table_${index}`);
  const { generateMs, compileMs, lines } = checkedCode(root, scratch, tables);
  console.log(
    `code for ${tables.length} tables: ${lines} lines, generated in ${generateMs} ms, checked by tsc in ${compileMs} ms`,
  );
}

const program = `
import { effect } from 'spacetimedb-signals';
import { SpacetimeDbClient } from './small/index.js';

const client = await SpacetimeDbClient.create({ host: 'localhost:3000', database: 'players' });
effect(() => console.log(client.player.rows.value.length));
await client.connect({ initialSubscriptions: ['SELECT * FROM player'] });
await client.reducers.movePlayer({ id: 1, x: 1, y: 2, z: 3 });
`;

/** What a browser loads at once, minified and gzipped. */
async function smallBundle(root: string, scratch: string): Promise<number> {
  writeCode(join(scratch, 'small'), ['player']);
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: scratch, loader: 'ts', sourcefile: 'program.ts' },
    absWorkingDir: root,
    outdir: 'unused',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['pako'],
    tsconfigRaw: {},
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const { outputs } = metafile;
  const loaded = new Set(
    Object.keys(outputs).filter((name) => outputs[name]?.entryPoint?.endsWith('program.ts') === true),
  );
  for (const name of loaded) {
    for (const { kind, path, external } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) loaded.add(path);
    }
  }
  const paths = new Set(Array.from(loaded, (name) => join(root, name)));
  const chunks = outputFiles.filter(({ path }) => paths.has(path));
  return chunks.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}

/** Generates the bindings of these tables, and has them checked under strict flags against the built package. */
function checkedCode(
  root: string,
  scratch: string,
  tables: readonly string[],
): { readonly generateMs: number; readonly compileMs: number; readonly lines: number } {
  const begin = performance.now();
  const lines = writeCode(join(scratch, 'large'), tables);
  const generated = performance.now();
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable', 'dom'],
    types: [],
    skipLibCheck: true,
  };
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['large/index.ts'] }));
  const tsc = join(dirname(createRequire(join(root, 'package.json')).resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', scratch], { stdio: 'inherit' });
  return {
    generateMs: Math.round(generated - begin),
    compileMs: Math.round(performance.now() - generated),
    lines,
  };
}

function writeCode(folder: string, tables: readonly string[]): number {
  mkdirSync(folder, { recursive: true });
  let lines = 0;
  const options = { runtime: 'spacetimedb-signals/runtime', extension: '.js' } as const;
  for (const [name, text] of generate(moduleFromJson(schemaOf(tables)), options).files) {
    writeFileSync(join(folder, name), text);
    lines += text.split('\n').length;
  }
  return lines;
}
