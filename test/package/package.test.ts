import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  browserConfig,
  browserProgram,
  frameworksProgram,
  importsOf,
  nodeConfig,
  nodeProgram,
  offlineProgram,
} from './app.ts';
import { writeBindings } from '../../bench/speed/generate.ts';
import { smallProgram } from '../../bench/speed/small-app.ts';
import { browserBundle } from './browser-bundle.ts';
import { installPackage, type InstalledPackage } from './installed-package.ts';
import { expectWeight, quotedWeights, smallApp, wholeApp } from './weights.ts';
import { compilerSays } from '../support/compiler.ts';
import { patienceMs } from '../support/patience.ts';

const run = promisify(execFile);
const fixture = (name: string): string => fileURLToPath(new URL(`../reference-module/${name}`, import.meta.url));
const checkApp = fileURLToPath(new URL('./check-app.mjs', import.meta.url));
const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const onlyNode: readonly string[] = ['./node', './embedded'];

let installed: InstalledPackage;
/** Every subpath that is code. */
let subpaths: readonly string[];

beforeAll(async () => {
  installed = await installPackage(['@types/node', '@types/react', 'csstype', 'react-dom']);
  return installed.remove;
});

beforeAll(async () => {
  subpaths = Object.keys(installed.manifest.exports).filter((subpath) => subpath !== './package.json');
  const { folder } = installed;
  await command('generate', '--wasm', fixture('reference-module.wasm'), '--out', 'generated');
  const inBrowsers = subpaths.filter((subpath) => !onlyNode.includes(subpath));
  const files = {
    'node-program.ts': nodeProgram,
    'node-imports.ts': importsOf(subpaths.map(specifierOf)),
    'tsconfig.node.json': JSON.stringify(nodeConfig),
    'browser-program.ts': browserProgram,
    'browser-imports.ts': importsOf(inBrowsers.map(specifierOf)),
    'tsconfig.browser.json': JSON.stringify(browserConfig),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});

function specifierOf(subpath: string): string {
  return installed.manifest.name + subpath.slice(1);
}

/** Runs the binary of the package in the app. */
async function command(...args: readonly string[]): Promise<string> {
  const { manifest, packageFolder, folder } = installed;
  const { stdout } = await run(process.execPath, [join(packageFolder, manifest.bin[manifest.name] ?? ''), ...args], {
    cwd: folder,
  });
  return stdout;
}

/** Compiles the app; what the compiler has to say. */
async function complaints(config: string): Promise<string> {
  return compilerSays(join(installed.folder, config));
}

/** What a program in the app prints, also where it fails. */
async function whatSays(...args: readonly string[]): Promise<string> {
  return run(process.execPath, args, { cwd: installed.folder }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  );
}

let nodeComplaints: Promise<string> | undefined;
/** Compiles the app for Node, once for all who run something of it. */
async function complaintsInNode(): Promise<string> {
  nodeComplaints ??= complaints('tsconfig.node.json');
  return nodeComplaints;
}

/** The scripts that others lead to, themselves included. */
function reachedFrom(entries: readonly string[], texts: ReadonlyMap<string, string>): ReadonlySet<string> {
  const reached = new Set(entries);
  for (const script of reached) {
    for (const [, chunk = ''] of (texts.get(script) ?? '').matchAll(/["']\.{1,2}\/(?:chunks\/)?([\w.-]+\.js)["']/g)) {
      if (texts.has(`dist/chunks/${chunk}`)) reached.add(`dist/chunks/${chunk}`);
    }
  }
  return reached;
}

describe('the tarball', () => {
  test('holds what is built, its sources and the texts, and nothing else', () => {
    const { files } = installed;
    const atTheTop = new Set(files.map((file) => file.split('/')[0]));
    expect(atTheTop).toEqual(
      new Set(['CHANGELOG.md', 'COMPAT.md', 'LICENSE', 'README.md', 'dist', 'docs', 'package.json', 'src']),
    );
    const kinds = /^dist\/.*\.(?:js|d\.ts)(?:\.map)?$|^src\/.*\.(?:ts|md)$|^docs\/.*\.(?:md|jpg)$|^[^/]+$/;
    expect(files.filter((file) => !kinds.test(file) || /\.(?:test|prop)\./.test(file))).toEqual([]);
  });

  test('holds every file that package.json points at', () => {
    const { exports, bin } = installed.manifest;
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : [target.types, target.default],
    );
    const paths = [...targets, ...Object.values(bin)].map((path) => path.replace('./', ''));
    expect(paths.filter((path) => !installed.files.includes(path))).toEqual([]);
  });

  test('holds the sources that its declarations lead an editor to, and its code a debugger', async () => {
    const maps = installed.files.filter((file) => file.endsWith('.map'));
    expect(maps).not.toEqual([]);
    const sources = (await Promise.all(maps.map(sourcesOf))).flat();
    expect(sources.filter((source) => !installed.files.includes(source))).toEqual([]);
  });

  test('holds no code but that of this repository', async () => {
    const scripts = installed.files.filter((file) => file.startsWith('dist/') && file.endsWith('.js'));
    const mapped = scripts.filter((script) => installed.files.includes(`${script}.map`));
    const sources = await Promise.all(mapped.map((script) => sourcesOf(`${script}.map`)));
    expect(new Set(sources.flat().map((source) => source.split('/')[0]))).toEqual(new Set(['src']));
    // The sources of the command line are not in the package, so what is its alone has no map.
    const texts = new Map(
      await Promise.all(
        scripts.map(async (script) => [script, await readFile(join(installed.packageFolder, script), 'utf8')] as const),
      ),
    );
    const unmapped = scripts.filter((script) => !mapped.includes(script));
    expect(scripts.filter((script) => texts.get(script)?.includes('sourceMappingURL') !== true)).toEqual(unmapped);
    const entries = scripts.filter((script) => !script.startsWith('dist/chunks/') && script !== 'dist/cli.js');
    expect(unmapped).toContain('dist/cli.js');
    expect(unmapped.filter((script) => reachedFrom(entries, texts).has(script))).toEqual([]);
  });

  test('asks for no class of which what is loaded on demand has a copy of its own', async () => {
    // Errors are the same for all. The others are asked of what was made in the same file, or only choose the shorter way.
    const harmless = ['UnencodableArguments'];
    const onDemand = Object.entries(installed.manifest.imports)
      .filter(([name]) => !['#platform', '#errors', '#utf-8'].includes(name))
      .flatMap(([, target]) => JSON.stringify(target).match(/dist\/[\w/-]+\.js/g) ?? []);
    expect(onDemand).toContain('dist/sync/offline-session.js');
    for (const script of onDemand) {
      const text = await readFile(join(installed.packageFolder, script), 'utf8');
      const asked = Array.from(text.matchAll(/instanceof (\w+)/g), ([, name = '']) => name);
      const ownClasses = asked.filter((name) => !(name in globalThis) && !/^\w+Error\d*$/.test(name));
      expect([script, ownClasses.filter((name) => !harmless.includes(name))]).toEqual([script, []]);
    }
  });

  test('imports what it declares, and never depends on `spacetimedb`', async () => {
    const { packageFolder, files, manifest } = installed;
    const { metafile } = await build({
      entryPoints: files.filter((file) => file.startsWith('dist/') && file.endsWith('.js')),
      absWorkingDir: packageFolder,
      outdir: 'unused',
      bundle: true,
      packages: 'external',
      external: ['#platform'],
      format: 'esm',
      platform: 'node',
      write: false,
      metafile: true,
    });
    const imports = Object.entries(metafile.inputs).flatMap(([file, input]) =>
      input.imports.filter(({ external }) => external).map((one) => ({ ...one, file })),
    );
    const packages = imports.filter(({ path }) => !/^node:|^#platform$/.test(path));
    const { dependencies, peerDependencies = {} } = manifest;
    // An optional peer may be missing, so nothing but an import on demand, or the adapter for it, may name it.
    const mayImport = ({ kind, path, file }: (typeof imports)[number]): boolean => {
      const isAdapter = subpaths.some((subpath) => file === `dist/${subpath.slice(2)}.js`);
      return path in dependencies || ((kind === 'dynamic-import' || isAdapter) && packageOf(path) in peerDependencies);
    };
    expect(packages.filter((one) => !mayImport(one))).toEqual([]);
    const imported = packages.map(({ path }) => path);
    expect(Object.keys(dependencies).filter((name) => !imported.includes(name))).toEqual([]);
    expect(Object.keys(dependencies)).not.toContain('spacetimedb');
  });

  test('has nothing that publint or attw object to', async () => {
    const { messages } = await publint({ pkgDir: installed.packageFolder, strict: true });
    expect(messages.map((message) => formatMessage(message, installed.manifest, { color: false }))).toEqual([]);
    const analysis = await checkPackage(createPackageFromTarballData(await readFile(installed.tarball)));
    if (analysis.types === false) throw new Error('attw finds no types');
    // ESM only, and no support for the resolution of before `exports`: what that brings along is meant.
    const unmeant = analysis.problems.filter(
      (problem) =>
        problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
    );
    expect(unmeant).toEqual([]);
  });

  test('asks for no framework that an app has not chosen', () => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = installed.manifest;
    expect(Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)).toEqual([]);
  });
});

describe('in Node', () => {
  test('every subpath can be imported, and required', async () => {
    const specifiers = subpaths.map(specifierOf);
    const program = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const counts = [];
      for (const specifier of ${JSON.stringify(specifiers)}) {
        const imported = Object.keys(await import(specifier));
        const required = Object.keys(require(specifier)).filter((name) => name !== '__esModule');
        counts.push([specifier, imported.length > 0, required.length === imported.length]);
      }
      console.log(JSON.stringify(counts));
      console.log(require('${specifierOf('./package.json')}').name);`;
    await writeFile(join(installed.folder, 'import-all.js'), program);
    const { stdout } = await run(process.execPath, ['import-all.js'], { cwd: installed.folder });
    const [counts = '', name] = stdout.split('\n');
    expect(JSON.parse(counts)).toEqual(specifiers.map((specifier) => [specifier, true, true]));
    expect(name).toBe(installed.manifest.name);
  });

  test('the command line tells what it can do', async () => {
    expect(await command('--help')).toContain('generate');
    expect(await command('generate', '--help')).toContain('--wasm FILE');
    const binary = join(installed.packageFolder, installed.manifest.bin[installed.manifest.name] ?? '');
    expect(await readFile(binary, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    if (process.platform !== 'win32') expect((await stat(binary)).mode & 0o111).toBe(0o111);
  });

  test('the command line writes the same from a schema as from the module', async () => {
    const written = await command('generate', '--schema', fixture('schema.v10.json'), '--out', 'generated', '--check');
    expect(written).toBe('');
  });

  test('an app of it compiles under `nodenext`, with its declarations checked, and runs', async () => {
    expect(await complaintsInNode()).toBe('');
    const args = ['out/node-program.js', fixture('reference-module.wasm'), join(installed.folder, 'token')];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: installed.folder, timeout: patienceMs });
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual(['titles: ', 'titles: Milk', 'refused: say something', 'sum: 42n']);
  });

  test('what an app of it predicted while it was offline shows in its next run', async () => {
    expect(await complaintsInNode()).toBe('');
    await writeFile(join(installed.folder, 'offline-program.js'), offlineProgram);
    const args = ['offline-program.js', join(installed.folder, 'offline')];
    const options = { cwd: installed.folder, timeout: 30_000 };
    expect(await run(process.execPath, args, options)).toEqual({ stdout: 'Milk 1\n', stderr: '' });
    expect(await run(process.execPath, [...args, 'later'], options)).toEqual({ stdout: 'Milk 1\n', stderr: '' });
  });

  test('an app of it renders in the frameworks that do so in Node', async () => {
    expect(await complaintsInNode()).toBe('');
    await writeFile(join(installed.folder, 'frameworks-program.js'), frameworksProgram);
    const args = ['frameworks-program.js', fixture('reference-module.wasm')];
    const { stdout } = await run(process.execPath, args, { cwd: installed.folder, timeout: patienceMs });
    expect(stdout.trimEnd().split('\n')).toEqual(['react Milk', 'solid Milk', 'svelte Milk', 'vue <p>Milk</p>']);
  });
});

test.each(['5.5', '5.9', '6.0'])(
  'an app of it compiles with TypeScript %s, with its declarations checked',
  async (version) => {
    const compiler = inRepository(`node_modules/typescript-${version}/lib/typescript.js`);
    const said = await whatSays(checkApp, compiler, 'tsconfig.node.json');
    expect(said).toMatch(/^\d{3} files checked\n$/);
  },
  180_000,
);

describe('in browsers', () => {
  test('an app of it compiles under `bundler`, with its declarations checked and no types of Node', async () => {
    expect(await complaints('tsconfig.browser.json')).toBe('');
  });

  test('every subpath for browsers needs nothing of Node, and weighs at most what the README says', async () => {
    const { folder, manifest } = installed;
    const peers = Object.keys(manifest.peerDependencies ?? {});
    const inBrowsers = subpaths.filter((subpath) => !onlyNode.includes(subpath)).map(specifierOf);
    const quoted = quotedWeights(await readFile(join(installed.packageFolder, 'README.md'), 'utf8'));
    expect([...quoted.keys()]).toEqual([...inBrowsers, smallApp, wholeApp]);
    for (const specifier of inBrowsers) {
      const bundle = await browserBundle(`export * from '${specifier}';`, folder, { packages: peers });
      expect(bundle.external.filter((path) => !peers.includes(packageOf(path)))).toEqual([]);
      expectWeight(specifier, bundle.gzipBytes, quoted);
    }
  });

  test('what keeps data in IndexedDB is loaded on demand only', async () => {
    const bundle = await browserBundle(`export * from '${specifierOf('.')}';`, installed.folder);
    expect(bundle.inputs.filter((path) => path.includes('/localforage/'))).toEqual([]);
    expect(bundle.inputsOnDemand).toContainEqual(expect.stringMatching(/\/localforage\//));
  });

  test('an app needs nothing of Node, loads brotli, what compares schemas and what works offline on demand only, and weighs what it may', async () => {
    const {
      inputs,
      inputsOnDemand,
      external,
      text,
      gzipBytes: weight,
    } = await browserBundle(browserProgram, installed.folder);
    expect(external).toEqual([]);
    expect(inputs).toContainEqual(expect.stringMatching(/dist\/platform\/browser\.js$/));
    expect(
      inputs.filter((path) => /platform\/node\.js|\/(?:ws|brotli-dec-wasm|localforage|spacetimedb)\//.test(path)),
    ).toEqual([]);
    expect(inputsOnDemand).toContainEqual(expect.stringMatching(/\/brotli-dec-wasm\//));
    expect(inputsOnDemand).toContainEqual(expect.stringMatching(/dist\/schema-comparison\.js$/));
    expect(inputsOnDemand).toContainEqual(expect.stringMatching(/dist\/sync\/offline-session\.js$/));
    expect(inputsOnDemand).toContainEqual(expect.stringMatching(/generated\/schema\.ts$/));
    // A strict content security policy would refuse them.
    expect(text).not.toMatch(/\beval\(|\bnew Function\b/);
    expectWeight(wholeApp, weight, quotedWeights(await readFile(join(installed.packageFolder, 'README.md'), 'utf8')));
  });

  test('an app with one table and one reducer loads nothing that it does not use', async () => {
    const { folder, packageFolder } = installed;
    writeBindings(join(folder, 'small'), ['player']);
    const { gzipBytes, onDemand, text } = await browserBundle(smallProgram, folder, { packages: ['pako'] });
    const quoted = quotedWeights(await readFile(join(packageFolder, 'README.md'), 'utf8'));
    expectWeight(smallApp, gzipBytes, quoted, 0.96);
    const apart = ['encoding-problem', 'offline-session', 'one-off-answer', 'brotli', 'schema-comparison', 'schema'];
    const loaded = onDemand.map(({ name }) => name.replace(/^.*\/|\.\w+$/g, ''));
    expect(loaded).toEqual(expect.arrayContaining(apart));
    // What only shows where it is used: overlays, sorted indexes, procedures, what keeps rows between runs.
    expect(text).not.toMatch(/an optimistic row of table|chunkSizes|result of procedure|removals/);
  });

  test('an app with an adapter has one copy of everything, and the adapter adds little', async () => {
    const { folder, manifest, files } = installed;
    const packages = Object.keys(manifest.peerDependencies ?? {});
    const app = await browserBundle(browserProgram, folder, { packages });
    const adapters = subpaths.filter((subpath) => files.includes(`src/adapters/${subpath.slice(2)}.ts`));
    expect(adapters).toHaveLength(6);
    for (const subpath of adapters) {
      const program = `${browserProgram}\nimport * as adapter from '${specifierOf(subpath)}';\nconsole.log(adapter);`;
      const { inputs, gzipBytes } = await browserBundle(program, folder, { packages });
      expect(inputs.filter((path) => path.includes('signals-core'))).toHaveLength(1);
      console.info(`${subpath} adds ${gzipBytes - app.gzipBytes} bytes after gzip`);
      expect(gzipBytes - app.gzipBytes, `bytes that ${subpath} adds to an app`).toBeLessThan(1500);
    }
  });

  test('a bundler leaves out what an app does not use', async () => {
    const { name } = installed.manifest;
    const { text } = await browserBundle(
      `import { isSpacetimeDbError } from '${name}'; isSpacetimeDbError(1);`,
      installed.folder,
      { splitting: false },
    );
    expect(text.length).toBeLessThan(500);
    const codec = await browserBundle(
      `import { Identity } from '${name}/bsatn'; console.log(Identity);`,
      installed.folder,
    );
    expect(codec.inputs.filter((path) => /pako|signals-core|platform/.test(path))).toEqual([]);
    expect(codec.bytes).toBeLessThan(5000);
  });
});

/** The package that a specifier names. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The sources of a map, as paths from the top of the package. */
async function sourcesOf(map: string): Promise<string[]> {
  const { packageFolder } = installed;
  const { sources }: { readonly sources: readonly string[] } = JSON.parse(
    await readFile(join(packageFolder, map), 'utf8'),
  );
  const folder = dirname(join(packageFolder, map));
  return sources.map((source) => relative(packageFolder, resolve(folder, source)).replaceAll(sep, '/'));
}
