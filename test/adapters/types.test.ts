import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compilerSays } from '../support/compiler.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const adapters = ['preact', 'react', 'solid', 'svelte', 'tc39', 'vue'];

/** The declarations of the adapters, as they are published: older compilers do not read our sources. */
const folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-types-'));
const sources = join(root, 'test/adapters/types');

interface Framework {
  /** What is said of it, in files that name another framework with the same words. */
  readonly bodies: readonly string[];
  /** The file that reads what its hooks show. */
  readonly reading: string;
}

const components: Framework = { bodies: ['vocabulary', 'components'], reading: 'reading-plain.ts' };
const frameworks: Readonly<Record<string, Framework>> = {
  preact: components,
  react: components,
  solid: { bodies: ['vocabulary', 'getters'], reading: 'reading-solid.ts' },
  svelte: { bodies: ['vocabulary', 'getters'], reading: 'reading-svelte.ts' },
  vue: { bodies: ['vocabulary', 'getters'], reading: 'reading-vue.ts' },
};

/** Writes the bodies with the name of each framework in them; the paths of all that there is to check. */
function writeBodies(): readonly string[] {
  const files = Object.entries(frameworks).flatMap(([framework, { bodies, reading }]) =>
    bodies.map((body) => {
      const text = readFileSync(join(sources, `${body}.ts`), 'utf8')
        .replace(/'spacetimedb-signals\/\w+'/, `'spacetimedb-signals/${framework}'`)
        .replace(/'\.\/reading-\w+\.ts'/, `'${join(sources, reading)}'`)
        .replace("'../../", `'${join(root, 'test')}/`);
      const file = join(folder, `${framework}-${body}.ts`);
      writeFileSync(file, text);
      return file;
    }),
  );
  return [...files, join(sources, 'tc39.ts')];
}

let checked: readonly string[];

afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const files = ['index', 'runtime', ...adapters.map((name) => `adapters/${name}`)];
  const config = {
    extends: join(root, 'tsconfig.browser.json'),
    compilerOptions: { noEmit: false, emitDeclarationOnly: true, rootDir: join(root, 'src'), outDir: folder },
    files: files.map((name) => join(root, `src/${name}.ts`)),
    include: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  // Errors in our sources are for the check of our sources.
  await compilerSays(folder);
  checked = writeBodies();
});

test.each(['5.5', '5.9', '6.0', '7.0'] as const)(
  'rows, keys and arguments are inferred, and mistakes found, by TypeScript %s',
  async (version) => {
    const paths = {
      'spacetimedb-signals': [join(folder, 'index.d.ts')],
      'spacetimedb-signals/runtime': [join(folder, 'runtime.d.ts')],
      'spacetimedb-signals/*': [join(folder, 'adapters/*.d.ts')],
      '*': [join(root, 'node_modules/*'), join(root, 'node_modules/@types/*')],
    };
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable', 'dom'],
      module: 'esnext',
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      paths,
    };
    const config = join(folder, `${version}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: checked }));
    expect(await compilerSays(config, version)).toBe('');
  },
  // Compilers that are programs in JavaScript take their time on a machine that is busy.
  180_000,
);
