import { describe, expect, test } from 'vitest';
import { type AlgebraicType, type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { moduleFromBsatn, moduleFromJson, moduleShape, tableShapeHash } from '../../src/module-def/index.ts';
import { textHash } from '../../src/module-def/text-hash.ts';
import { TypeTexts } from '../../src/module-def/type-text.ts';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';
import { referenceSchema, referenceWasm, schemaWithSubmodules, syntheticSchema } from './fixtures.ts';

const unit: AlgebraicType = { tag: 'Product', elements: [] };
const ref = (index: number): AlgebraicType => ({ tag: 'Ref', ref: index });
const product = (fields: Readonly<Record<string, AlgebraicType>>): AlgebraicType => ({
  tag: 'Product',
  elements: Object.entries(fields).map(([name, type]) => ({ name, type })),
});
const sum = (variants: Readonly<Record<string, AlgebraicType>>): AlgebraicType => ({
  tag: 'Sum',
  variants: Object.entries(variants).map(([name, type]) => ({ name, type })),
});
const textOf = (type: AlgebraicType, typespace: Typespace = []): string => new TypeTexts(typespace).of(type);

describe('a type as text', () => {
  test('says what people call it', () => {
    expect(textOf({ tag: 'U64' })).toBe('U64');
    expect(textOf({ tag: 'Array', element: { tag: 'U8' } })).toBe('Array<U8>');
    expect(textOf(sum({ some: { tag: 'F32' }, none: unit }))).toBe('Option<F32>');
    expect(textOf(sum({ ok: unit, err: { tag: 'String' } }))).toBe('Result<(), String>');
    expect(textOf(product({ __identity__: { tag: 'U256' } }))).toBe('Identity');
    expect(textOf(product({ x: { tag: 'F32' }, y: { tag: 'F32' } }))).toBe('{ x: F32, y: F32 }');
    expect(textOf(sum({ calm: unit, banned: { tag: 'I64' } }))).toBe('(calm | banned: I64)');
    expect(textOf(sum({}))).toBe('(none)');
  });

  test('follows references, whatever the module calls what they lead to', () => {
    const typespace = [product({ at: ref(1), to: ref(2) }), product({ x: { tag: 'F32' } }), ref(1)];
    expect(textOf(ref(0), typespace)).toBe('{ at: { x: F32 }, to: { x: F32 } }');
  });

  test('ends for types that contain themselves and each other, in time that grows with their number', () => {
    const tree = [product({ left: sum({ some: ref(0), none: unit }), value: { tag: 'U8' } })];
    expect(textOf(ref(0), tree)).toBe('{ left: Option<^1>, value: U8 }');
    const all = Array.from({ length: 60 }, (_, index) => ref(index));
    const tangled = all.map(() => sum(Object.fromEntries(all.map((each, index) => [`v${index}`, each]))));
    expect(textOf(ref(0), tangled)).toMatch(/^\(v0: \^1 \| v1: \(.*… #[0-9a-f]{16}$/);
  });

  test('is short for long types, and another for each', () => {
    const pairs = Array.from({ length: 50 }, (_, index) => product({ a: ref(index + 1), b: ref(index + 1) }));
    const [first, second] = [{ tag: 'U8' } as const, { tag: 'I8' } as const].map((leaf) =>
      textOf(ref(0), [...pairs, leaf]),
    );
    expect(first?.length).toBeLessThanOrEqual(1000);
    expect(first).not.toBe(second);
  });
});

describe('the shape of a module', () => {
  test('names its tables, views, reducers and procedures', () => {
    const { tables, reducers, procedures } = moduleShape(moduleFromJson(referenceSchema(10)));
    const named = <T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined =>
      all.find((each) => each.name === name);
    expect(named(tables, 'message')).toEqual({
      name: 'message',
      key: 'id',
      columns: [
        ['id', 'U64'],
        ['room', 'U32'],
        ['sender', 'Identity'],
        ['text', 'String'],
        ['sent', 'Timestamp'],
      ],
    });
    expect(named(tables, 'chat_event')).toHaveProperty('isEvent', true);
    expect(named(reducers, 'say')).toEqual({
      name: 'say',
      parameters: [
        ['room', 'U32'],
        ['text', 'String'],
      ],
    });
    expect(named(procedures, 'add')?.returns).toBe('I64');
  });

  test('is the same from the module itself', async () => {
    const own = moduleShape(moduleFromBsatn(await describeWasm(referenceWasm())));
    const ofServer = moduleShape(moduleFromJson(referenceSchema(10)));
    const sorted = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
      [...all].sort((left, right) => (left.name < right.name ? -1 : 1));
    expect(sorted(own.tables)).toEqual(sorted(ofServer.tables));
    expect(sorted(own.reducers)).toEqual(sorted(ofServer.reducers));
    expect(sorted(own.procedures)).toEqual(sorted(ofServer.procedures));
  });

  test('has what is in submodules under its name on the wire', () => {
    const schema = schemaWithSubmodules(syntheticSchema('empty'), { lib: referenceSchema(10) });
    expect(moduleShape(moduleFromJson(schema)).tables.map(({ name }) => name)).toContain('lib.message');
  });
});

describe('the hash of a table', () => {
  const columns = [
    ['id', 'U64'],
    ['text', 'String'],
  ] as const;
  const hash = tableShapeHash({ name: 'note', key: 'id', columns });

  test('is of its columns, its key and whether it is an event table, and of nothing else', () => {
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(tableShapeHash({ name: 'renamed', key: 'id', columns })).toBe(hash);
    const others = [
      tableShapeHash({ name: 'note', columns }),
      tableShapeHash({ name: 'note', isEvent: true, columns }),
      tableShapeHash({ name: 'note', key: 'text', columns }),
      tableShapeHash({ name: 'note', key: 'id', columns: [...columns].reverse() }),
      tableShapeHash({
        name: 'note',
        key: 'id',
        columns: [
          ['id', 'U32'],
          ['text', 'String'],
        ],
      }),
      tableShapeHash({
        name: 'note',
        key: 'id',
        columns: [
          ['id', 'U64'],
          ['title', 'String'],
        ],
      }),
    ];
    expect(new Set([hash, ...others]).size).toBe(7);
  });

  test('is FNV-1a of 64 bits', () => {
    expect([textHash(''), textHash('a'), textHash('foobar')]).toEqual([
      'cbf29ce484222325',
      'af63dc4c8601ec8c',
      '85944171f73967e8',
    ]);
  });
});
