import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { generate } from '../../codegen/generate.ts';
import { describeJavaScript } from '../../codegen/source/javascript-module.ts';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';
import { moduleFromBsatn, moduleFromJson } from '../../src/module-def/index.ts';
import { schemaOf } from '../../bench/speed/schema.ts';
import { referenceSchema, referenceWasm, syntheticNames, syntheticSchema } from '../module-def/fixtures.ts';
import { committed } from '../support/generated-files.ts';
import { propertyOptions } from '../support/property.ts';

const options = { runtime: 'spacetimedb-signals/runtime', extension: '.ts' } as const;
const fresh = generate(moduleFromJson(referenceSchema(10)), options);

// After a wanted change (`--import-ext ts` for all):
//   node dist/cli.js generate --schema test/reference-module/schema.v10.json -o test/generated/reference
//   node dist/cli.js generate -p test/fixtures/typescript-module --include-private --enums string -o test/generated/typescript-module
//   node dist/cli.js generate --schema test/fixtures/submodules.v10.json -o test/generated/submodules
//   node dist/cli.js generate -p test/fixtures/submodule-project -o test/generated/submodule-project
describe('the code is what is committed', () => {
  test('for the reference module', () => {
    expect([...fresh.files]).toEqual([...committed('reference', fresh.files)]);
    expect(fresh.warnings).toEqual([]);
  });

  test('for a module in TypeScript, with everything private and enums as strings', async () => {
    const entry = fileURLToPath(new URL('../fixtures/typescript-module/src/index.ts', import.meta.url));
    const model = moduleFromBsatn(await describeJavaScript(entry));
    const { files, warnings } = generate(model, { ...options, includePrivate: true, enums: 'string' });
    expect([...files]).toEqual([...committed('typescript-module', files)]);
    expect(warnings).toEqual([]);
  });

  test('for a module with submodules', () => {
    const schema = readFileSync(new URL('../fixtures/submodules.v10.json', import.meta.url), 'utf8');
    const { files, warnings } = generate(moduleFromJson(schema), options);
    expect([...files]).toEqual([...committed('submodules', files)]);
    expect(warnings).toEqual([]);
  });
});

/** The table of the benches; after a wanted change: `node bench/bench.mjs --generate`. */
test('the code that the benches run with is what is committed', () => {
  for (const [name, text] of generate(moduleFromJson(schemaOf(['player'])), options).files) {
    expect(readFileSync(new URL(`../../bench/speed/generated/${name}`, import.meta.url), 'utf8')).toBe(text);
  }
});

describe('the code for the reference module', () => {
  test('is the same from the module itself', async () => {
    const own = generate(moduleFromBsatn(await describeWasm(referenceWasm())), options);
    expect([...own.files]).toEqual([...fresh.files]);
    expect(own.hash).toBe(fresh.hash);
  });

  test('differs in imports only when they are asked for in another way', () => {
    const other = generate(moduleFromJson(referenceSchema(10)), { runtime: '../runtime.js', extension: '' });
    const index = fresh.files.get('index.ts') ?? '';
    expect(other.files.get('index.ts')).toBe(
      index
        .replace(`'spacetimedb-signals/runtime'`, `'../runtime.js'`)
        .replaceAll(`'./types.ts'`, `'./types'`)
        .replace(`'./schema.ts'`, `'./schema'`),
    );
  });
});

/** Orders of lists that a server takes from hash maps. */
const orderFree = new Set([
  'Types',
  'Tables',
  'Views',
  'indexes',
  'constraints',
  'sequences',
  'entries',
  'sections',
  'Reducers',
]);

function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => {
    const inner = shuffled(field, random);
    return [key, orderFree.has(key) && Array.isArray(inner) ? mixed(inner, random) : inner] as const;
  });
  return Object.fromEntries(fields);
}

function mixed(items: readonly unknown[], random: () => number): unknown[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}

test('the order of what has none in a schema changes nothing', () => {
  const names = syntheticNames.filter((name) => name !== 'huge' && name !== 'bigenum');
  const schemas = [referenceSchema(10), ...names.map(syntheticSchema)];
  fc.assert(
    fc.property(
      fc.constantFrom(...schemas),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (schema, stream) => {
        const mixedUp = shuffled(JSON.parse(schema), () => stream.next().value);
        const expected = generate(moduleFromJson(schema), options);
        expect([...generate(moduleFromJson(mixedUp), options).files]).toEqual([...expected.files]);
      },
    ),
    propertyOptions(60),
  );
}, 600_000);

describe('generated code', () => {
  const texts = [
    ...syntheticNames.filter((name) => name !== 'bigenum').map(syntheticSchema),
    referenceSchema(10),
  ].flatMap((schema) => [...generate(moduleFromJson(schema), options).files.values()]);

  test('has no `any`, no cast, and evaluates nothing', () => {
    const code = texts.map((text) => text.replaceAll(/\/\*\*.*?\*\//g, ''));
    expect(code.filter((text) => /\bany\b|\beval\b|\bFunction\b|\bas (?!\$)/.test(text))).toEqual([]);
  });

  test('imports the runtime, its own types and nothing else', () => {
    const imports = texts.flatMap((text) => [...text.matchAll(/from '([^']*)'/g)].map((match) => match[1]));
    expect(new Set(imports)).toEqual(new Set(['./types.ts', 'spacetimedb-signals/runtime']));
  });

  test('ends every line without white space and with a line feed', () => {
    expect(texts.filter((text) => /[ \t]\n|\r/.test(text) || !text.endsWith('\n') || text.endsWith('\n\n'))).toEqual(
      [],
    );
  });
});
