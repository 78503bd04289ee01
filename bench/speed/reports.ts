import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { browserBundle } from '../../test/package/browser-bundle.ts';
import { writeBindings } from './generate.ts';
import { gzipFrame } from './gzip-frame.ts';
import { smallProgram } from './small-app.ts';

/** Where the reports work. */
export interface ReportPlaces {
  /** The repository, with its `dist` built. */
  readonly root: string;
  /** A folder inside of it that is emptied afterwards. */
  readonly scratch: string;
}

/** What is no race: sizes, compressed frames, the generator, and what a compiler makes of its code. */
export async function reports({ root, scratch }: ReportPlaces): Promise<void> {
  writeBindings(join(scratch, 'small'), ['player']);
  // `pako` is left out: what inflates is no work of ours, and the official client has it from the browser.
  const { gzipBytes, onDemand } = await browserBundle(smallProgram, scratch, { packages: ['pako'] });
  console.log(
    `all that a client with one table and one reducer loads to connect, subscribe, call and reconnect: ${gzipBytes} bytes gzipped (${kibibytes(gzipBytes)}), without inflate`,
  );
  for (const { name, gzipBytes: bytes } of onDemand) {
    console.log(`  not among them, loaded on demand: ${name}, ${bytes} bytes gzipped`);
  }
  console.log(`a gzip frame of 1.25 kB: ${Math.round((await gzipFrame(100_000)) / 1000)} µs more than uncompressed`);
  const tables = Array.from({ length: 400 }, (_, index) => `table_${index}`);
  const { generateMs, compileMs, lines } = checkedCode(root, scratch, tables);
  console.log(
    `code for ${tables.length} tables: ${lines} lines, generated in ${generateMs} ms, checked by tsc in ${compileMs} ms`,
  );
}

/** Generates the bindings of these tables, and has them checked under strict flags against the built package. */
function checkedCode(
  root: string,
  scratch: string,
  tables: readonly string[],
): { readonly generateMs: number; readonly compileMs: number; readonly lines: number } {
  const begin = performance.now();
  const lines = writeBindings(join(scratch, 'large'), tables);
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

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
