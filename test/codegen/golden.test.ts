import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { generate } from '../../codegen/generate.ts';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';
import { moduleFromBsatn, moduleFromJson } from '../../src/module-def/index.ts';
import { referenceSchema, referenceWasm, syntheticNames, syntheticSchema } from '../module-def/fixtures.ts';
import { propertyOptions } from '../support/property.ts';

const options = { runtime: 'spacetimedb-signals/runtime', extension: '.ts' } as const;
const fresh = generate(moduleFromJson(referenceSchema(10)), options);

function committed(name: string): string {
  return readFileSync(new URL(`../generated/reference/${name}`, import.meta.url), 'utf8');
}

describe('the code for the reference module', () => {
  // After a wanted change: node dist/cli.js generate --schema test/reference-module/schema.v10.json --import-ext ts -o test/generated/reference
  test.each(['index.ts', 'types.ts'])('is what is committed: %s', (name) => {
    expect(fresh.files.get(name)).toBe(committed(name));
  });

  test('needs no warnings', () => {
    expect(fresh.warnings).toEqual([]);
  });

  test('is the same from the module itself', async () => {
    const own = generate(moduleFromBsatn(await describeWasm(referenceWasm())), options);
    expect([...own.files]).toEqual([...fresh.files]);
    expect(own.hash).toBe(fresh.hash);
  });

  test('differs in imports only when they are asked for in another way', () => {
    const other = generate(moduleFromJson(referenceSchema(10)), { runtime: '../runtime.js', extension: '' });
    const index = fresh.files.get('index.ts') ?? '';
    expect(other.files.get('index.ts')).toBe(
      index.replace(`'spacetimedb-signals/runtime'`, `'../runtime.js'`).replaceAll(`'./types.ts'`, `'./types'`),
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
