// Builds dist: JavaScript by esbuild, declarations by tsc. `npm run build`
//   --javascript   only the JavaScript, and of it only what changed, so that whoever runs dist meanwhile is not disturbed
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const onlyJavaScript = process.argv.includes('--javascript');

// name in dist -> source
const entryPoints = {
  index: 'src/index.ts',
  runtime: 'src/runtime.ts',
  bsatn: 'src/bsatn/index.ts',
  node: 'src/node.ts',
  embedded: 'src/embedded/index.ts',
  'javascript-thread': 'src/embedded/javascript/thread-main.ts',
  preact: 'src/adapters/preact.ts',
  react: 'src/adapters/react.ts',
  solid: 'src/adapters/solid.ts',
  svelte: 'src/adapters/svelte.ts',
  tc39: 'src/adapters/tc39.ts',
  vue: 'src/adapters/vue.ts',
  'platform/node': 'src/platform/node.ts',
  'platform/browser': 'src/platform/browser.ts',
  'platform/no-brotli': 'src/platform/no-brotli.ts',
  cli: 'codegen/cli.ts',
};

const missing = Object.values(entryPoints).filter((source) => !existsSync(join(root, source)));
if (missing.length > 0) {
  console.error(`build: these entries do not exist: ${missing.join(', ')}`);
  process.exit(1);
}

// What is loaded on demand has nothing in common with the rest: bundlers of apps would load what they share at once, and keep all of it. Only the errors
// are the same for all, since `instanceof` has to hold.
const demanded = {
  'bsatn/encoding-problem': '#encoding-problem',
  'one-off-answer': '#one-off-answer',
  'platform/brotli': '#brotli',
  'schema-comparison': '#schema-comparison',
  'sync/offline-session': '#offline-session',
};
const onDemand = {
  name: 'on-demand',
  setup(it) {
    for (const [source, path] of Object.entries(demanded)) {
      it.onResolve({ filter: new RegExp(`/${source.split('/').at(-1)}\\.ts$`) }, ({ kind }) =>
        kind === 'dynamic-import' ? { path, external: true } : undefined,
      );
    }
    it.onResolve({ filter: /\/errors\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: '#errors', external: true, sideEffects: false },
    );
    // What is imported for nothing is not imported: bundlers of apps would have to put it where everybody who names it can load it.
    it.onResolve({ filter: /^@preact\/signals-core$/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

/** What decodes UTF-8: the platform says it, but for what is loaded on demand, which has one of its own that works everywhere. */
const utf8 = (resolved) => ({
  name: 'utf-8',
  setup(it) {
    it.onResolve({ filter: /\/utf-8\.ts$/ }, ({ kind }) => (kind === 'entry-point' ? undefined : resolved));
  },
});
const chosenUtf8 = utf8({ path: '#utf-8', external: true, sideEffects: false });
const ownUtf8 = utf8({ path: join(root, 'src/bsatn/utf-8-anywhere.ts') });

const settings = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  packages: 'external',
  external: ['#platform'],
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
};
const together = { entryPoints, splitting: true, chunkNames: 'chunks/[name]-[hash]', plugins: [onDemand, chosenUtf8] };
const built = await Promise.all([
  build({ ...settings, ...together }),
  ...[...Object.keys(demanded), 'errors', 'bsatn/utf-8', 'bsatn/utf-8-anywhere'].map((name) =>
    build({ ...settings, entryPoints: { [name]: `src/${name}.ts` }, plugins: [onDemand, ownUtf8] }),
  ),
]);
const outputFiles = built.flatMap((one) => withoutStrayMaps(one.outputFiles));
if (!onlyJavaScript) rmSync(join(root, 'dist'), { recursive: true, force: true });
// Chunks first: an entry must not name one that is not there yet.
for (const { path, contents } of outputFiles.sort((a, b) => isChunk(b) - isChunk(a))) write(path, contents);
chmodSync(join(root, 'dist/cli.js'), 0o755);

// Node's side and the browser's side need different types, hence one run each.
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
for (const project of onlyJavaScript ? [] : ['tsconfig.build.json', 'tsconfig.build-browser.json']) {
  try {
    execFileSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  } catch {
    console.error(`build: tsc -p ${project} failed, see above`);
    process.exit(1);
  }
}
if (!onlyJavaScript) writeForOlderCompilers();

/**
 * Compilers before 5.7 have no `Uint8Array<ArrayBuffer>`, which is what theirs calls `Uint8Array`. What `slice` returns is the former where there is one and the
 * latter where there is not.
 */
function writeForOlderCompilers() {
  for (const name of readdirSync(join(root, 'dist'), { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(root, 'dist', name);
    const text = readFileSync(path, 'utf8');
    const older = text.replaceAll('Uint8Array<ArrayBuffer>', "ReturnType<Uint8Array['slice']>");
    if (older !== text) writeFileSync(path, older);
  }
}

/** The package holds the sources of the client, not those of the command line: a map that leads to nothing helps nobody. */
function withoutStrayMaps(files) {
  const stray = files.filter(
    ({ path, text }) =>
      path.endsWith('.map') && JSON.parse(text).sources.some((source) => /^(?:\.\.\/)+codegen\//.test(source)),
  );
  const scripts = new Set(stray.map(({ path }) => path.slice(0, -'.map'.length)));
  return files.flatMap((file) => {
    if (stray.includes(file)) return [];
    if (!scripts.has(file.path)) return [file];
    return [{ path: file.path, contents: Buffer.from(file.text.replace(/\n\/\/# sourceMappingURL=.*\n$/, '\n')) }];
  });
}

function isChunk({ path }) {
  return basename(dirname(path)) === 'chunks';
}

/** Leaves a file that is the same alone; nobody ever sees half of one that is not. */
function write(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}
