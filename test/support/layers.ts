/**
 * Which part of the repository may import which: the one place where it is written down.
 * `test/layers.test.ts` holds every file to it and sees to it that the linter's rules say the same, which
 * `npm run lint:layers` writes.
 */
export interface Layer {
  /** Folders (ending in `/`) and files, from the top of the repository, that this layer may import besides itself. */
  readonly imports: readonly string[];
  /** Packages it may import; `node:*` stands for all of Node's own modules. */
  readonly packages: readonly string[];
}

const signals = '@preact/signals-core';
const core = [
  'errors.ts',
  'listeners.ts',
  'ids.ts',
  'millis.ts',
  'deferred.ts',
  'on-demand.ts',
  'copies.ts',
  'bsatn/',
  'wire/',
  'store/',
  'connection/',
  'subscription/',
  'calls/',
  'offline/',
  'platform/',
  'sync/',
  'client-types.ts',
];
const inSource = (...names: readonly string[]): readonly string[] => names.map((name) => `src/${name}`);

/** A key that ends in `/` is a folder, any other a file; the longest that fits a path is its layer. */
export const layers: Readonly<Record<string, Layer>> = {
  'src/errors.ts': { imports: [], packages: [] },
  'src/listeners.ts': { imports: [], packages: [] },
  'src/ids.ts': { imports: [], packages: [] },
  'src/millis.ts': { imports: [], packages: [] },
  'src/deferred.ts': { imports: [], packages: [] },
  'src/on-demand.ts': { imports: inSource('errors.ts'), packages: [] },
  // Which other copies there are: of this package, and of the signals it is built on.
  'src/copies.ts': { imports: [], packages: [signals] },
  'src/bsatn/': { imports: inSource('errors.ts'), packages: [] },
  'src/wire/': { imports: inSource('errors.ts', 'bsatn/'), packages: [] },
  'src/module-def/': { imports: inSource('errors.ts', 'bsatn/'), packages: [] },
  'src/platform/': { imports: inSource('errors.ts'), packages: ['node:*', 'ws', 'pako', 'brotli-dec-wasm'] },
  'src/store/': { imports: inSource('errors.ts', 'listeners.ts', 'deferred.ts', 'bsatn/'), packages: [signals] },
  'src/connection/': {
    imports: inSource('errors.ts', 'ids.ts', 'millis.ts', 'bsatn/', 'wire/', 'platform/'),
    packages: [signals, '#platform'],
  },
  'src/connection/file-token-store.ts': {
    imports: inSource('errors.ts', 'connection/', 'platform/'),
    packages: ['node:*'],
  },
  'src/subscription/': {
    // `calls/`: one-off queries are awaited as calls are.
    imports: inSource(
      'errors.ts',
      'ids.ts',
      'millis.ts',
      'option-names.ts',
      'listeners.ts',
      'deferred.ts',
      'bsatn/',
      'wire/',
      'calls/',
    ),
    packages: [signals],
  },
  'src/calls/': {
    imports: inSource('errors.ts', 'ids.ts', 'millis.ts', 'option-names.ts', 'listeners.ts', 'bsatn/', 'wire/'),
    packages: [signals],
  },
  'src/offline/': {
    imports: inSource('errors.ts', 'bsatn/', 'platform/', 'wire/'),
    packages: [signals, '#platform', 'localforage'],
  },
  'src/offline/files/': { imports: inSource('errors.ts', 'offline/', 'platform/'), packages: ['node:*'] },
  'src/helpers.ts': { imports: inSource('errors.ts', 'copies.ts', 'bsatn/', 'store/'), packages: [signals] },
  // What joins the calls and the rows with the offline store.
  'src/sync/': {
    imports: inSource(
      'errors.ts',
      'millis.ts',
      'option-names.ts',
      'deferred.ts',
      'listeners.ts',
      'bsatn/',
      'wire/',
      'store/',
      'connection/',
      'subscription/',
      'calls/',
      'offline/',
      'platform/',
      'row-steps.ts',
    ),
    packages: [signals],
  },
  'src/option-names.ts': { imports: inSource('millis.ts'), packages: [] },
  'src/options.ts': {
    imports: inSource(
      'ids.ts',
      'millis.ts',
      'option-names.ts',
      'connection/',
      'offline/',
      'platform/',
      'sync/',
      'wire/',
    ),
    packages: [],
  },
  'src/connection-options.ts': {
    imports: inSource('option-names.ts', 'connection/', 'platform/', 'wire/', 'options.ts'),
    packages: ['#platform'],
  },
  'src/client-types.ts': { imports: inSource('listeners.ts', 'bsatn/', 'calls/', 'drift/', 'store/'), packages: [] },
  'src/own-reducers.ts': {
    imports: inSource(
      'errors.ts',
      'option-names.ts',
      'bsatn/',
      'wire/',
      'store/',
      'calls/',
      'sync/',
      'row-steps.ts',
      'client-types.ts',
    ),
    packages: [],
  },
  'src/call-gate.ts': {
    imports: inSource('errors.ts', 'calls/', 'connection/', 'wire/', 'options.ts'),
    packages: [],
  },
  'src/row-steps.ts': {
    imports: inSource('errors.ts', 'platform/', 'store/', 'subscription/', 'wire/'),
    packages: [],
  },
  'src/drift/': { imports: inSource('errors.ts', 'bsatn/', 'module-def/'), packages: [] },
  'src/schema-check.ts': {
    imports: inSource(
      'errors.ts',
      'connection/',
      'drift/',
      'on-demand.ts',
      'options.ts',
      'platform/',
      'schema-comparison.ts',
      'subscription/',
    ),
    packages: [],
  },
  'src/schema-comparison.ts': {
    imports: inSource('errors.ts', 'connection/', 'drift/', 'schema-check.ts'),
    packages: [],
  },
  // The composition root: the only file that knows all parts.
  'src/client-core.ts': {
    imports: inSource(
      ...core,
      'drift/',
      'schema-check.ts',
      'options.ts',
      'row-steps.ts',
      'call-gate.ts',
      'own-reducers.ts',
      'connection-options.ts',
    ),
    packages: [signals, '#platform'],
  },
  'src/one-off-answer.ts': {
    imports: inSource('errors.ts', 'schema-check.ts', 'store/', 'subscription/', 'wire/'),
    packages: [],
  },
  'src/client.ts': {
    imports: inSource(...core, 'options.ts', 'option-names.ts', 'client-core.ts', 'one-off-answer.ts'),
    packages: [signals],
  },
  'src/runtime.ts': {
    imports: inSource(...core, 'drift/', 'options.ts', 'client-core.ts', 'client.ts'),
    packages: [signals],
  },
  'src/index.ts': {
    imports: inSource(...core, 'options.ts', 'client-core.ts', 'client.ts', 'helpers.ts'),
    packages: [signals],
  },
  'src/node.ts': {
    imports: inSource(
      'errors.ts',
      'bsatn/',
      'platform/',
      'connection/',
      'offline/',
      'offline/files/',
      'connection/file-token-store.ts',
    ),
    packages: ['node:*'],
  },
  'src/adapters/': {
    imports: inSource('index.ts'),
    packages: [signals, 'preact', 'react', 'signal-polyfill', 'solid-js', 'svelte', 'vue'],
  },
  'src/embedded/': {
    imports: inSource('errors.ts', 'option-names.ts', 'bsatn/', 'wire/', 'module-def/', 'platform/'),
    packages: ['node:*', 'ws', 'esbuild', 'spacetimedb'],
  },
  'codegen/': {
    imports: inSource('errors.ts', 'bsatn/', 'module-def/', 'platform/', 'embedded/'),
    packages: ['node:*'],
  },
};

/** What is wrong with one import: a sentence that names file and import, or `undefined` when it is allowed. */
export function checkImport(file: string, specifier: string): string | undefined {
  const name = layerOf(file);
  const layer = name === undefined ? undefined : layers[name];
  if (name === undefined || layer === undefined)
    return `${file} belongs to no layer; name one in test/support/layers.ts`;
  if (!specifier.startsWith('.')) {
    if (layer.packages.some((allowed) => isPackage(specifier, allowed))) return undefined;
    return `${file} imports ${specifier}: the layer ${name} may not import that package`;
  }
  const target = resolve(file, specifier);
  const allowed = [name, ...layer.imports].some((path) =>
    path.endsWith('/') ? target.startsWith(path) : target === path,
  );
  return allowed ? undefined : `${file} imports ${specifier}: the layer ${name} may not import ${target}`;
}

/** Every module a source names: imports with and without types, re-exports, dynamic imports, `import('…')` types. */
export function importsOf(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const patterns = [
    /(?:^|[;}\s])(?:import|export)\b[^'"`;=()]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /(?:^|[;}\s])import\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g,
    /\brequire\s*\(\s*['"`]([^'"`]+)['"`]/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].flatMap((match) => match[1] ?? []));
}

/** One override of `.oxlintrc.json`. */
export interface LintOverride {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

/**
 * The same layers as rules for the linter, which sees an import only as it is typed and knows no look-ahead: they name
 * what is forbidden. A package that no layer may import is left to `checkImport`.
 */
export function lintOverrides(): readonly LintOverride[] {
  return Object.entries(layers).flatMap(([name, layer]) => {
    if (!name.endsWith('/')) return [override(name, name, layer, '\\./')];
    // Folders inside this one have names of layers, so what `../store/` means depends on the depth of the file.
    if (name === 'src/embedded/') {
      return [1, 2].map((depth) =>
        override(`${name}${'*/'.repeat(depth - 1)}*.ts`, name, layer, '\\.\\./'.repeat(depth)),
      );
    }
    return [override(`${name}**/*.ts`, name, layer, '(?:\\.\\./)+')];
  });
}

function override(files: string, name: string, layer: Layer, climb: string): LintOverride {
  // Up to the folder that holds the layer, then down again: '../' and 'wire/', or from codegen '../' and 'src/wire/'.
  const base = name.startsWith('src/') ? 'src/' : '';
  const forbidden = Object.keys(layers)
    .filter((path) => path.startsWith(base) && path !== name && !layer.imports.includes(path))
    .map((path) => escape(path.slice(base.length)) + (path.endsWith('/') ? '' : '$'));
  const strangers = [...new Set(Object.values(layers).flatMap((other) => other.packages))]
    .filter((one) => !layer.packages.includes(one))
    .map((one) => (one === 'node:*' ? 'node:' : `${escape(one)}(?:/|$)`));
  const message = `The layer ${name} may not import this; see test/support/layers.ts.`;
  const patterns = [
    { regex: `^${climb}(?:${forbidden.join('|')})`, message },
    { regex: `^(?:\\.{1,2}/)+(?:bench|test${base === '' ? '' : '|codegen|src'})/`, message },
    { regex: layer.packages.length === 0 ? '^[^.]' : `^(?:${strangers.join('|')})`, message },
  ];
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function layerOf(file: string): string | undefined {
  const fitting = Object.keys(layers).filter((name) => (name.endsWith('/') ? file.startsWith(name) : file === name));
  return fitting.sort((a, b) => b.length - a.length)[0];
}

function isPackage(specifier: string, allowed: string): boolean {
  if (allowed === 'node:*') return specifier.startsWith('node:');
  return specifier === allowed || specifier.startsWith(`${allowed}/`);
}

function resolve(file: string, specifier: string): string {
  const parts = file.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return specifier;
    } else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
