import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate, type GenerateChoices } from '../../codegen/generate.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { type CompilerVersion, compilerSays } from '../support/compiler.ts';
import { referenceSchema, schemaWithSubmodules, syntheticNames, syntheticSchema } from '../module-def/fixtures.ts';
import { temporaryFolder } from './command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every flag that a project may check generated code with. */
const flags = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noPropertyAccessFromIndexSignature: true,
  allowUnreachableCode: false,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  isolatedDeclarations: true,
  declaration: true,
  noEmit: true,
  skipLibCheck: true,
};

const common = {
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
};

interface Case {
  readonly schema: string;
  readonly choices?: Partial<GenerateChoices>;
}

/** A folder with the code of `cases` in a folder of its own each. */
function project(cases: Readonly<Record<string, Case>>, extension: GenerateChoices['extension']): string {
  const folder = temporaryFolder();
  for (const [name, { schema, choices }] of Object.entries(cases)) {
    const options = { runtime: 'spacetimedb-signals/runtime', extension, ...choices };
    for (const [file, text] of generate(moduleFromJson(schema), options).files) {
      const path = join(folder, 'generated', name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

/** The declarations of what generated code imports: older compilers do not read our sources. */
const declarations = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-'));
afterAll(() => rmSync(declarations, { recursive: true }));

beforeAll(async () => {
  const config = join(declarations, 'tsconfig.json');
  const compilerOptions = {
    ...common,
    noEmit: false,
    emitDeclarationOnly: true,
    rootDir: join(root, 'src'),
    outDir: join(declarations, 'package'),
  };
  const files = [join(root, 'src/runtime.ts')];
  writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }));
  // Errors in our sources are for the check of our sources.
  await compilerSays(config);
});

/** What a compiler has to say about generated code. */
async function problemsOf(folder: string, version: CompilerVersion, settings: object): Promise<string[]> {
  return (await compiled(folder, version, settings)).filter((line) => line.includes('error TS'));
}

/** All that a compiler prints about generated code. */
async function compiled(
  folder: string,
  version: CompilerVersion,
  settings: object,
  ...options: readonly string[]
): Promise<string[]> {
  const compilerOptions = {
    ...flags,
    ...common,
    ...(version === '5.5' ? {} : { erasableSyntaxOnly: true }),
    paths: {
      'spacetimedb-signals/runtime': [join(declarations, 'package/runtime.d.ts')],
      '@preact/signals-core': [join(root, 'node_modules/@preact/signals-core')],
    },
    ...settings,
  };
  const config = join(folder, `tsconfig.${version}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, include: ['generated'] }));
  return (await compilerSays(config, version, options)).split('\n');
}

/** 400 tables of one kind have a test of their own: they say nothing more about a compiler, and take the older ones longer than all the rest. */
const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    syntheticNames
      .filter((name) => name !== 'bigenum' && name !== 'huge')
      .map((name) => [name, { schema: syntheticSchema(name) }]),
  ),
  reference: { schema: referenceSchema(10) },
  chosen: { schema: referenceSchema(10), choices: { includePrivate: true, enums: 'string', none: 'null' } },
  split: {
    schema: schemaWithSubmodules(referenceSchema(10), { lib: syntheticSchema('nested') }),
    choices: { isSplit: true },
  },
  nullable: { schema: syntheticSchema('nested'), choices: { none: 'null' } },
  submodules: {
    schema: schemaWithSubmodules(referenceSchema(10), {
      lib: schemaWithSubmodules(referenceSchema(10), { inner: syntheticSchema('empty') }),
    }),
  },
};

test('the code for the reference module and for every edge case compiles under every flag', async () => {
  expect(await problemsOf(project(cases, '.js'), '7.0', {})).toEqual([]);
}, 120_000);

test('400 tables make a compiler think little: types are written out, not worked out', async () => {
  const folder = project({ huge: { schema: syntheticSchema('huge') } }, '.js');
  const said = await compiled(folder, '7.0', {}, '--extendedDiagnostics');
  const figure = (name: string): string =>
    said.find((line) => line.startsWith(`${name}:`))?.replace(/^.*:\s*/, '') ?? '';
  console.info(
    `400 tables: ${figure('Total time')}, ${figure('Memory used')}, ${figure('Instantiations')} instantiations`,
  );
  expect(said.filter((line) => line.includes('error TS'))).toEqual([]);
  expect(Number(figure('Instantiations'))).toBeGreaterThan(0);
  expect(Number(figure('Instantiations'))).toBeLessThan(200_000);
}, 120_000);

test('it compiles where a project checks little', async () => {
  const { noEmit, skipLibCheck, ...checks } = flags;
  const none = Object.fromEntries(Object.keys(checks).map((name) => [name, false]));
  expect(await problemsOf(project(cases, '.js'), '7.0', { ...none, noEmit, skipLibCheck })).toEqual([]);
}, 120_000);

test('it compiles with older compilers', async () => {
  const folder = project(cases, '.js');
  const versions = ['5.5', '5.9', '6.0'] as const;
  expect(await Promise.all(versions.map((version) => problemsOf(folder, version, {})))).toEqual([[], [], []]);
}, 120_000);

test('the code compiles for a bundler, without endings of imports', async () => {
  const folder = project({ reference: { schema: referenceSchema(10) } }, '');
  expect(await problemsOf(folder, '7.0', { module: 'esnext', moduleResolution: 'bundler' })).toEqual([]);
}, 120_000);

test('what does not compile is noticed', async () => {
  const folder = project({ reference: { schema: referenceSchema(10) } }, '');
  expect(await problemsOf(folder, '7.0', {})).not.toEqual([]);
  expect(await problemsOf(folder, '5.5', {})).not.toEqual([]);
}, 120_000);
