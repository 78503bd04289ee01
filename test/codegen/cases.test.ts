import { describe, expect, test } from 'vitest';
import { makePlan } from '../../codegen/plan/make-plan.ts';
import { type TablePlan } from '../../codegen/plan/plan.ts';
import { generate } from '../../codegen/generate.ts';
import { type AlgebraicType } from '../../src/bsatn/algebraic-type.ts';
import { moduleFromJson, type ModuleModel, type TableModel } from '../../src/module-def/index.ts';
import { decode, encode } from '../../src/bsatn/index.ts';
import { product } from '../bsatn/types.ts';
import * as cats from '../generated/typescript-module/index.ts';
import { referenceSchema, syntheticSchema } from '../module-def/fixtures.ts';
import { index, moduleWithTables, present, table } from '../support/module-model.ts';

const rowType = product({ id: { tag: 'U32' }, name: { tag: 'String' } });

/** A module with one table of two columns. */
function moduleWith(parts: Partial<TableModel>, more: Partial<ModuleModel> = {}): ModuleModel {
  return {
    ...moduleWithTables([table('cat', { columns: rowType.elements, ...parts })], [rowType]),
    types: [{ scope: [], name: 'Cat', ref: 0, customOrdering: false }],
    ...more,
  };
}

const catOf = (model: ModuleModel): TablePlan => present(makePlan(model).plan.tables[0]);

describe('what a server would refuse and a schema may have all the same', () => {
  test('a primary key without a unique constraint is one, with a warning', () => {
    const { plan, warnings } = makePlan(moduleWith({ primaryKey: 0 }));
    expect(plan.tables[0]?.key?.property).toBe('id');
    expect(warnings).toEqual(['the primary key id of cat has no unique constraint: a server would refuse that']);
  });

  test('a unique constraint without an index is left alone, with a warning', () => {
    const { warnings } = makePlan(moduleWith({ uniqueConstraints: [[0, 1]] }));
    expect(warnings).toEqual(['the unique constraint on id, name of cat has no index: a server would refuse that']);
    expect(makePlan(moduleWith({ uniqueConstraints: [[0, 1]], indexes: [index('both', [1, 0])] })).warnings).toEqual(
      [],
    );
  });
});

describe('a default of a column', () => {
  const notesWith = (value: readonly number[], column = 1): readonly string[] => {
    const defaults = [{ column, value: Uint8Array.from(value) }];
    const [type] = makePlan(moduleWith({ defaults })).plan.types;
    return type?.shape.kind === 'product' ? (type.shape.fields[column]?.doc ?? []) : [];
  };

  test('is noted where it is short', () => {
    expect(notesWith([2, 0, 0, 0, 0x68, 0x69])).toEqual(['`"hi"` in rows from before it was added.']);
    expect(notesWith([7, 0, 0, 0], 0)).toEqual(['`7` in rows from before it was added.']);
  });

  test('is left out where it cannot be read, or would end the code around it', () => {
    expect(notesWith([2, 0, 0, 0, 0x68])).toEqual([]);
    expect(notesWith([1, 0, 0, 0, 0x60])).toEqual([]);
    expect(notesWith([64, 0, 0, 0, ...Array<number>(64).fill(0x61)])).toEqual([]);
  });
});

describe('a row that contains itself is refused with its place', () => {
  const schemaOf = (part: unknown): unknown => ({
    sections: [
      {
        Typespace: {
          types: [
            { Product: { elements: [{ name: { some: 'part' }, algebraic_type: part }] } },
            { Product: { elements: [{ name: { some: 'row' }, algebraic_type: { Array: { Ref: 0 } } }] } },
          ],
        },
      },
      {
        Types: ['Row', 'Other'].map((name, ty) => ({
          source_name: { scope: [], source_name: name },
          ty,
          custom_ordering: true,
        })),
      },
      {
        Tables: [
          {
            source_name: 't',
            product_type_ref: 0,
            primary_key: [],
            indexes: [],
            constraints: [],
            sequences: [],
            table_type: { User: [] },
            table_access: { Public: [] },
            default_values: [],
            is_event: false,
          },
        ],
      },
    ],
  });

  test.each([[{ Array: { Ref: 0 } }], [{ Ref: 1 }]])('%j', (part) => {
    expect(() => moduleFromJson(schemaOf(part))).toThrow(
      'module definition, Tables[0].product_type_ref: the row type 0 contains itself',
    );
  });

  test('and one that does not is not', () => {
    expect(moduleFromJson(schemaOf({ Array: { U32: [] } })).tables).toHaveLength(1);
  });
});

describe('row level security is in the doc of the table whose rows it filters', () => {
  const sentence = 'Row level security: clients see only the rows that filters of the module select.';
  test.each([
    ['SELECT * FROM cat WHERE id = 1', true],
    ['select c.* from owner o join "cat" as c on c.id = o.cat', true],
    ['SELECT cat.* FROM cat JOIN owner ON cat.id = owner.cat', true],
    ['SELECT o.* FROM owner o JOIN cat ON cat.id = o.cat', false],
    ['SELECT * FROM cats', false],
    ['DELETE FROM cat', false],
  ])('%s', (sql, isFiltered) => {
    expect(catOf(moduleWith({}, { rowLevelSecurity: [sql] })).doc.includes(sentence)).toBe(isFiltered);
  });
});

describe('with everything private', () => {
  const { plan } = makePlan(moduleFromJson(referenceSchema(10)), { includePrivate: true });

  test('private tables are there and said to be private', () => {
    const secret = plan.tables.find(({ accessor }) => accessor === 'secret');
    expect(secret?.doc[0]).toBe('The private table `secret`.');
    expect(plan.types.map(({ name }) => name)).toContain('Secret');
  });

  test('private views are there', () => {
    const views = makePlan(moduleFromJson(syntheticSchema('view_private')), { includePrivate: true }).plan.tables;
    expect(views.map(({ relation, doc }) => [relation, doc[0]?.startsWith('The private view')])).toEqual([
      ['option', true],
    ]);
  });

  test('scheduled reducers are there, and those that the server alone calls are not', () => {
    const names = plan.reducers.map(({ wireName }) => wireName);
    const model = moduleFromJson(referenceSchema(10));
    expect(names).toEqual(expect.arrayContaining(model.schedules.map(({ functionName }) => functionName)));
    const lifecycle = model.reducers.filter((reducer) => reducer.lifecycle !== undefined);
    expect(lifecycle).not.toEqual([]);
    expect(lifecycle.filter(({ name }) => names.includes(name.canonical))).toEqual([]);
  });
});

test('enums as strings can be keys, and options and arrays of them stay what they are', () => {
  const mood: AlgebraicType = {
    tag: 'Sum',
    variants: ['calm', 'cross'].map((name) => ({ name, type: product({}) })),
  };
  const row = product({ mood: { tag: 'Ref', ref: 1 }, moods: { tag: 'Array', element: { tag: 'Ref', ref: 1 } } });
  const model = {
    ...moduleWithTables(
      [table('cat', { columns: row.elements, primaryKey: 0, uniqueConstraints: [[0]], indexes: [index('mood', [0])] })],
      [row, mood],
    ),
    types: ['Cat', 'Mood'].map((name, ref) => ({ scope: [], name, ref, customOrdering: false })),
  };
  const options = { runtime: 'spacetimedb-signals/runtime', extension: '.ts', enums: 'string' } as const;
  const { files, warnings } = generate(model, options);
  expect(warnings).toEqual([]);
  expect(files.get('types.ts')).toContain(`export type Mood = 'Calm' | 'Cross';`);
  expect(files.get('types.ts')).toContain('  readonly moods: readonly Mood[];');
  expect(files.get('index.ts')).toContain('$.KeyedTableDefinition<$types.Cat, $types.Mood>');
});

test('an enum as a string is written as its tag, and a string of no variant is refused', () => {
  expect(encode(cats.moodCodec, 'Cross')).toEqual(new Uint8Array([1]));
  expect(decode(cats.moodCodec, new Uint8Array([0]), 'a mood')).toBe('Calm');
  expect(() => encode(cats.moodCodec, 'Angry' as never)).toThrow(
    new TypeError('Angry is no variant of Mood, which has Calm, Cross'),
  );
  expect(() => decode(cats.moodCodec, new Uint8Array([2]), 'a mood')).toThrow('unknown tag 0x2');
});
