import { describe, expect, test } from 'vitest';
import { makePlan } from '../../codegen/plan/make-plan.ts';
import { NameScope } from '../../codegen/plan/name-scope.ts';
import { type Plan, type PlanResult, type TypePlan } from '../../codegen/plan/plan.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { referenceSchema, syntheticSchema } from '../module-def/fixtures.ts';

function planOf(name: string): PlanResult {
  return makePlan(moduleFromJson(syntheticSchema(name)));
}

function partsOf({ shape }: TypePlan): string[] {
  switch (shape.kind) {
    case 'product':
      return shape.fields.map(({ property }) => property);
    case 'strings':
    case 'sum':
      return shape.variants.map(({ tag }) => tag);
    case 'alias':
      return [];
  }
}

const typesOf = ({ plan }: PlanResult): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(plan.types.map((type) => [type.name, partsOf(type)]));

/** The names that a scope gives out, and its warnings. */
function allocate(wanted: readonly string[], reserved: readonly string[] = [], suffix = ''): [string[], string[]] {
  const warnings: string[] = [];
  const scope = new NameScope('columns of T', warnings, reserved, suffix);
  return [scope.allocate(wanted.map((name) => ({ wanted: name, source: `the column ${name}` }))), warnings];
}

describe('a scope of names', () => {
  test('gives every name once, and numbers to those who come later', () => {
    expect(allocate(['a', 'b', 'a', 'a'])[0]).toEqual(['a', 'b', 'a2', 'a3']);
  });

  test('leaves a name to whoever wants it as it is', () => {
    expect(allocate(['a', 'a', 'a2'])[0]).toEqual(['a', 'a3', 'a2']);
  });

  test('does not give out what is reserved', () => {
    expect(allocate(['count', 'count', 'x'], ['count'], 'Index')[0]).toEqual(['countIndex', 'countIndex2', 'x']);
    expect(allocate(['Tables'], ['Tables'])[0]).toEqual(['Tables2']);
  });

  test('makes an identifier of what is left of a name', () => {
    expect(allocate(['1', '', '日本語'])[0]).toEqual(['_1', '_', '日本語']);
  });

  test('warns of each change with both sides and a way out', () => {
    const [, warnings] = allocate(['a', 'a']);
    expect(warnings).toEqual([
      'columns of T: the column a would be called a, which the column a has; it is called a2. ' +
        'Rename one of them in the module, or give it an explicit name there',
    ]);
  });
});

describe('names that fall together', () => {
  test('of columns: the order on the wire stays', () => {
    expect(typesOf(planOf('col_collide'))).toEqual({ T: ['fooBar', 'fooBar2'] });
  });

  test('of variants', () => {
    expect(typesOf(planOf('variant_collide'))['T']).toEqual(['FooBar', 'FooBar2']);
  });

  test('of types whose scope and name join to the same', () => {
    const { plan } = planOf('type_collide3');
    expect(plan.types.map(({ name, codec }) => [name, codec])).toContainEqual(['FooBarBaz2', 'fooBarBaz2Codec']);
  });

  test('of indexes with each other and with what a table has', () => {
    const { plan, warnings } = planOf('index_accessor_dup');
    expect(plan.tables[0]?.indexes.map(({ accessor }) => accessor)).toEqual(['countIndex', 'countIndex2']);
    expect(warnings).toHaveLength(2);
  });

  test('of a table with what a client has: the table is under `tables` only', () => {
    const { plan, warnings } = planOf('tblname_constructor');
    expect(plan.tables.map(({ accessor, isOnClient }) => [accessor, isOnClient])).toEqual([['constructor', false]]);
    expect(warnings).toEqual([expect.stringContaining('client.tables only')]);
  });

  test('of a type with a reducer or a table: they are apart anyway', () => {
    const { plan, warnings } = planOf('reducer_table_same');
    expect(warnings).toEqual([]);
    expect(new Set(plan.types.map(({ name }) => name)).size).toBe(plan.types.length);
  });
});

describe('hostile names', () => {
  test.each([
    ['colname___proto__', ['proto']],
    ['colname_class', ['class']],
    ['colname_constructor', ['constructor']],
    ['colname_then', ['then']],
    ['colname_日本語', ['日本語']],
  ])('%s', (schema, columns) => {
    expect(typesOf(planOf(schema))['T']).toEqual(expect.arrayContaining(columns));
  });

  test('a table called __proto__ is called proto', () => {
    expect(planOf('tblname___proto__').plan.tables.map(({ accessor, wireName }) => [accessor, wireName])).toEqual([
      ['proto', 'proto'],
    ]);
  });
});

function docOf(plan: Plan, type: string, property: string): readonly string[] | undefined {
  const shape = plan.types.find(({ name }) => name === type)?.shape;
  return shape?.kind === 'product' ? shape.fields.find((field) => field.property === property)?.doc : undefined;
}

const procedure = (name: string): unknown => ({
  source_name: name,
  params: { elements: [] },
  return_type: { Product: { elements: [] } },
  visibility: { ClientCallable: [] },
});

/** A module whose only type is a sum, which a procedure returns. */
const moduleOfSum = (variants: readonly unknown[]): unknown => ({
  sections: [
    { Typespace: { types: [{ Sum: { variants } }] } },
    { Types: [{ source_name: { scope: [], source_name: 'Endless' }, ty: 0, custom_ordering: true }] },
    {
      Procedures: [
        { source_name: 'p', params: { elements: [] }, return_type: { Ref: 0 }, visibility: { ClientCallable: [] } },
      ],
    },
  ],
});

describe('what is generated', () => {
  const reference = makePlan(moduleFromJson(referenceSchema(10))).plan;

  test('is what clients can see: no private table, no lifecycle or scheduled reducer, no type that only those need', () => {
    expect(reference.tables.map(({ wireName }) => wireName)).not.toContain('secret');
    expect(reference.reducers.map(({ accessor }) => accessor)).toContain('createNote');
    expect(
      reference.reducers.filter(({ wireName }) => /^(init|on_connect|on_disconnect|tick)$/.test(wireName)),
    ).toEqual([]);
    const types = reference.types.map(({ name }) => name);
    expect(types).toContain('Ban');
    expect(types).not.toContain('Secret');
    expect(types).not.toContain('TickTimer');
    expect(planOf('unused_type').plan.types.map(({ name }) => name)).not.toContain('Unused');
    expect(planOf('view_private').plan.tables).toEqual([]);
  });

  test('keeps the source’s names for accessors and the canonical ones for the wire', () => {
    const { plan } = planOf('policy-none');
    expect(plan.tables.map(({ accessor, wireName }) => [accessor, wireName])).toEqual([
      ['personAtLevel2', 'Level2Person'],
      ['player1', 'Player1Canonical'],
      ['person2', 'person2'],
    ]);
    expect(plan.reducers.map(({ accessor, wireName }) => [accessor, wireName])).toContainEqual([
      'addPerson2',
      'AddPerson2',
    ]);
    expect(plan.tables.find(({ accessor }) => accessor === 'player1')?.columns[0]).toMatchObject({
      property: 'player1Id',
      wireName: 'Player1Id',
    });
  });

  test('spells a function as the official client does besides, where that differs', () => {
    const sections = [
      { CaseConversionPolicy: { None: [] } },
      { Procedures: [procedure('HTTPThing'), procedure('sayHello')] },
    ];
    const { plan } = makePlan(moduleFromJson({ sections }));
    expect(plan.procedures.map(({ accessor, alias }) => [accessor, alias])).toEqual([
      ['httpThing', 'hTTPThing'],
      ['sayHello', undefined],
    ]);
  });

  test('knows each kind of index, also by its only column', () => {
    expect(planOf('direct_hash').plan.tables[0]?.indexes).toMatchObject([
      { kind: 'unique', accessor: 'byA', aliases: [{ name: 'a', isDeprecated: false }] },
      { kind: 'hash', accessor: 'byB', aliases: [{ name: 'b' }, { name: 'by_b', isDeprecated: true }] },
    ]);
    expect(planOf('uniq_multi').plan.tables[0]?.indexes).toMatchObject([{ kind: 'uniqueOrdered', accessor: 'ab' }]);
    const message = reference.tables.find(({ accessor }) => accessor === 'message');
    expect(message?.indexes.map(({ kind, accessor }) => [accessor, kind])).toEqual([
      ['id', 'uniqueOrdered'],
      ['room', 'ordered'],
    ]);
  });

  test('leaves out an index over values that cannot be looked up', () => {
    const { plan, warnings } = planOf('index_struct_col');
    expect(plan.tables[0]?.indexes).toEqual([]);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/is left out: values of the column \w+ cannot be looked up; integers, .* can$/);
    expect(['a', 'f', 'o'].map((column) => docOf(plan, 'T', column))).toEqual([[], [], []]);
  });

  test('leaves out a primary key that cannot be a key', () => {
    const keyed = syntheticSchema('index_struct_col').replace(/"primary_key":\s*\[\s*\]/, '"primary_key": [1]');
    const { plan, warnings } = makePlan(moduleFromJson(keyed));
    expect(plan.tables[0]).toMatchObject({ kind: 'plain', key: undefined });
    expect(warnings).toContain('the primary key f of t is of a type that cannot be a key: it has none then');
    expect(docOf(plan, 'T', 'f')).toEqual([]);
  });

  test('leaves out a view with parameters', () => {
    const { plan, warnings } = planOf('view_params');
    expect(plan.tables).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('has parameters')]);
  });

  test('tells event tables, views and options apart', () => {
    expect(reference.tables.map(({ accessor, kind, relation }) => `${accessor} ${relation} ${kind}`)).toEqual([
      'chatEvent table event',
      'entity table keyed',
      'everyType table keyed',
      'lobby view plain',
      'me option plain',
      'message table keyed',
      'myInbox view plain',
      'note table keyed',
      'score table plain',
      'setting table keyed',
      'user table keyed',
    ]);
  });

  test('resolves references to types without a name, and keeps those with one', () => {
    const columnOf = (schema: string): unknown => planOf(schema).plan.tables[0]?.columns[0]?.use;
    expect(columnOf('optref')).toMatchObject({ kind: 'option', some: { kind: 'primitive', tag: 'U32' } });
    expect(columnOf('special_ref')).toEqual({ kind: 'special', type: 'Identity' });
    expect(columnOf('opt_named')).toEqual({ kind: 'named', name: 'MyOpt' });
    expect(typesOf(planOf('opt_named'))['MyOpt']).toEqual(['Some', 'None']);
  });

  test('says of columns what the tables of their row type say', () => {
    expect(docOf(reference, 'Message', 'id')).toEqual([
      'Primary key. Auto-increment: 0 asks the server for the next value.',
    ]);
    expect(docOf(reference, 'Message', 'room')).toEqual(['Indexed.']);
    expect(docOf(reference, 'Setting', 'slot')).toEqual(['Unique.']);
    expect(docOf(reference, 'Note', 'createdAt')).toEqual([
      'Column `created_at`.',
      'In microseconds since the Unix epoch.',
    ]);
  });

  test('warns of a type without values', () => {
    const again = { name: { some: 'again' }, algebraic_type: { Ref: 0 } };
    const stop = { name: { some: 'stop' }, algebraic_type: { U8: [] } };
    expect(makePlan(moduleFromJson(moduleOfSum([again]))).warnings).toEqual([
      expect.stringContaining('the type Endless'),
    ]);
    expect(makePlan(moduleFromJson(moduleOfSum([again, stop]))).warnings).toEqual([]);
  });
});
