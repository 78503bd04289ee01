import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { generate, type GenerateChoices } from '../../codegen/generate.ts';
import { makePlan } from '../../codegen/plan/make-plan.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { referenceSchema, schemaWithSubmodules, syntheticNames, syntheticSchema } from '../module-def/fixtures.ts';
import { propertyOptions } from '../support/property.ts';
import { temporaryFolder } from './command.ts';
import { type roundTrip } from './round-trip.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const schemas: Readonly<Record<string, string>> = {
  reference: referenceSchema(10),
  referenceV9: referenceSchema(9),
  submodules: schemaWithSubmodules(referenceSchema(10), { lib: referenceSchema(10) }),
  ...Object.fromEntries(
    syntheticNames.filter((name) => name !== 'bigenum').map((name) => [name, syntheticSchema(name)]),
  ),
};

/** Runs all generated code of all schemas in a Node that makes no code of strings; returns how many types of each had values. */
async function roundTrips(
  names: readonly string[],
  choices: Partial<GenerateChoices>,
): Promise<Readonly<Record<string, number>>> {
  const folder = temporaryFolder();
  const plans = names.map((name, index) => {
    const model = moduleFromJson(schemas[name]);
    const files = generate(model, { runtime: 'spacetimedb-signals/runtime', extension: '.ts', ...choices }).files;
    for (const [file, text] of files) {
      mkdirSync(dirname(join(folder, `s${index}`, file)), { recursive: true });
      writeFileSync(join(folder, `s${index}`, file), text);
    }
    return makePlan(model, choices).plan;
  });
  writeFileSync(join(folder, 'plans.json'), JSON.stringify(plans));
  const main = [
    `import { roundTrip } from ${JSON.stringify(join(root, 'test/codegen/round-trip.ts'))};`,
    `import plans from './plans.json';`,
    ...names.map((_, index) => `import * as s${index} from './s${index}/index.ts';`),
    `const modules = [${names.map((_, index) => `s${index}`).join(', ')}];`,
    `const seed = ${propertyOptions(1).seed ?? Math.floor(Math.random() * 2 ** 31)};`,
    'process.stdout.write(JSON.stringify(plans.map((plan, index) => roundTrip({ plan, exports: modules[index] }, seed))));',
  ].join('\n');
  await build({
    stdin: { contents: main, resolveDir: folder, loader: 'ts' },
    outfile: join(folder, 'main.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    alias: {
      'spacetimedb-signals/runtime': join(root, 'src/runtime.ts'),
      '#platform': join(root, 'src/platform/node.ts'),
    },
    logLevel: 'silent',
  });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disallow-code-generation-from-strings', join(folder, 'main.cjs')],
    { env: { ...process.env, NODE_PATH: join(root, 'node_modules') } },
  );
  const counts: readonly ReturnType<typeof roundTrip>[] = JSON.parse(stdout);
  return Object.fromEntries(names.map((name, index) => [name, counts[index] ?? -1]));
}

test('values of every type of every schema come back, and nothing is made of strings', async () => {
  const counts = await roundTrips(Object.keys(schemas), {});
  expect(counts).toMatchObject({ reference: counts['submodules'], huge: 800, nested: 1, rec_reducer: 3, empty: 1 });
});

test('values come back with everything private, enums as strings and null for none', async () => {
  const choices = { includePrivate: true, enums: 'string', none: 'null' } as const;
  const counts = await roundTrips(['reference', 'view_private', 'nested'], choices);
  expect(counts).toEqual({ reference: 40, view_private: 1, nested: 1 });
});
