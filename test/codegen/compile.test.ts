import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generate } from '../../codegen/generate.ts';
import { type ImportOptions } from '../../codegen/print/text.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { referenceSchema, syntheticNames, syntheticSchema } from '../module-def/fixtures.ts';
import { temporaryFolder } from './command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

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
  erasableSyntaxOnly: true,
};

/** What the compiler has to say about generated code; what it says of other files is not looked at here. */
function problemsOf(
  schemas: Readonly<Record<string, string>>,
  extension: ImportOptions['extension'],
  settings: object,
): string[] {
  const folder = temporaryFolder();
  for (const [name, schema] of Object.entries(schemas)) {
    mkdirSync(join(folder, 'generated', name), { recursive: true });
    const { files } = generate(moduleFromJson(schema), { runtime: 'spacetimedb-signals/runtime', extension });
    for (const [file, text] of files) writeFileSync(join(folder, 'generated', name, file), text);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const compilerOptions = { ...flags, ...settings, typeRoots: [join(root, 'node_modules/@types')] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['generated'], exclude: [] }),
  );
  return compilerOutput(folder).filter((line) => line.includes('generated/'));
}

function compilerOutput(folder: string): string[] {
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error)) throw error;
    return String(error.stdout).split('\n');
  }
}

const compiled = Object.fromEntries(
  syntheticNames.filter((name) => name !== 'bigenum').map((name) => [name, syntheticSchema(name)]),
);

test('the code for the reference module and for every edge case compiles under every flag', () => {
  const problems = problemsOf({ ...compiled, reference: referenceSchema(10) }, '.js', {});
  expect(problems).toEqual([]);
}, 60_000);

test('the code compiles for a bundler, without endings of imports', () => {
  const settings = { module: 'esnext', moduleResolution: 'bundler', allowImportingTsExtensions: false };
  const bundled = { ...settings, rewriteRelativeImportExtensions: false };
  expect(problemsOf({ reference: referenceSchema(10) }, '', bundled)).toEqual([]);
}, 60_000);

test('what does not compile is noticed', () => {
  expect(problemsOf({ reference: referenceSchema(10) }, '', {}).length).toBeGreaterThan(0);
}, 60_000);
