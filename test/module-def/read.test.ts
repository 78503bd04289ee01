import { describe, expect, test } from 'vitest';
import { describeWasm } from '../../src/embedded/wasm/describe.ts';
import { SchemaError } from '../../src/errors.ts';
import { moduleFromBsatn, moduleFromJson, type ModuleModel } from '../../src/module-def/index.ts';
import { referenceSchema, referenceWasm, sortedModel, syntheticNames, syntheticSchema } from './fixtures.ts';
import { rawModuleDefBsatn } from './raw-module-def.ts';

const reference = moduleFromJson(referenceSchema(10));

function table(model: ModuleModel, name: string): ModuleModel['tables'][number] {
  const found = model.tables.find((candidate) => candidate.name.canonical === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

describe('the reference module', () => {
  test('is read with keys, indexes, sequences, access and schedules', () => {
    expect(table(reference, 'message')).toMatchObject({
      name: { source: 'message', canonical: 'message' },
      rowRef: 7,
      primaryKey: 0,
      uniqueConstraints: [[0]],
      sequences: [{ column: 0, start: undefined, min: undefined, max: undefined, increment: 1n }],
      isPublic: true,
      isEvent: false,
    });
    expect(table(reference, 'note').indexes).toContainEqual({
      name: { source: 'note_owner_folder_idx_btree', canonical: 'note_owner_folder_idx_btree' },
      accessor: 'by_owner_folder',
      algorithm: 'btree',
      columns: [1, 2],
    });
    expect(table(reference, 'chat_event')).toMatchObject({ isEvent: true, primaryKey: undefined });
    expect(table(reference, 'secret').isPublic).toBe(false);
    expect(reference.schedules).toEqual([
      { name: 'tick_timer_sched', table: 'tick_timer', atColumn: 1, functionName: 'tick' },
    ]);
    expect(reference.warnings).toEqual([]);
  });

  test('says which reducers clients may call', () => {
    const refused = reference.reducers.filter((reducer) => !reducer.isCallable);
    expect(refused.map(({ name, lifecycle }) => [name.canonical, lifecycle])).toEqual([
      ['init', 'init'],
      ['on_connect', 'onConnect'],
      ['on_disconnect', 'onDisconnect'],
      ['tick', undefined],
    ]);
  });

  test('says of views what they return', () => {
    expect(reference.views.map(({ name, shape, rowRef, index }) => [name.canonical, shape, rowRef, index])).toEqual([
      ['lobby', 'rows', 7, 0],
      ['me', 'option', 8, 0],
      ['my_inbox', 'rows', 9, 1],
    ]);
  });

  test('describes itself as the server describes it', async () => {
    const own = moduleFromBsatn(await describeWasm(referenceWasm()));
    expect(sortedModel(own)).toEqual(sortedModel(reference));
  });

  test('is the same in version 9, but for what that version does not know', () => {
    const old = moduleFromJson(referenceSchema(9));
    const withoutEvents = { ...reference, tables: reference.tables.map((each) => ({ ...each, isEvent: false })) };
    expect(sortedModel({ ...old, warnings: [] })).toEqual(sortedModel(withoutEvents));
    expect(old.warnings).toEqual([expect.stringContaining('event tables')]);
  });

  test.each([9, 10] as const)('is read from version %i in each form the JSON comes in', (version) => {
    const bare = referenceSchema(version);
    const wrapped = `{"V${version}":${bare}}`;
    const expected = moduleFromJson(bare);
    expect(moduleFromJson(wrapped)).toEqual(expected);
    expect(moduleFromJson(JSON.parse(bare))).toEqual(expected);
    expect(moduleFromBsatn(rawModuleDefBsatn(bare, version), { form: 'canonical' })).toEqual(expected);
  });
});

describe('edge cases', () => {
  test.each(syntheticNames)('%s is read, from BSATN as from JSON', (name) => {
    const json = syntheticSchema(name);
    const model = moduleFromJson(json);
    expect(model.warnings).toEqual([]);
    expect(moduleFromBsatn(rawModuleDefBsatn(json, 10), { form: 'canonical' })).toEqual(model);
  });

  test('names that every object has are names like others', () => {
    const model = moduleFromJson(syntheticSchema('tblname_constructor'));
    expect(model.tables.map(({ name }) => name)).toEqual([{ source: 'constructor', canonical: 'constructor' }]);
    expect(moduleFromJson(syntheticSchema('tblname___proto__')).tables[0]?.name).toEqual({
      source: '__proto__',
      canonical: 'proto',
    });
  });

  test('a module that keeps its own spelling keeps it', () => {
    const model = moduleFromJson(syntheticSchema('policy-none'));
    expect(table(model, 'Player1Canonical').columns.map(({ name }) => name)).toEqual([
      'Player1Id',
      'player_name',
      'currentLevel2',
      'status3Field',
    ]);
    expect(model.views[0]).toMatchObject({
      name: { source: 'person_at_level_2', canonical: 'Level2Person' },
      shape: 'query',
      primaryKey: 0,
    });
  });

  test('schedules and lifecycles find functions by canonical name', () => {
    const model = moduleFromJson(syntheticSchema('explicit_sched'));
    expect(model.schedules).toEqual([{ name: 'MyTimer_sched', table: 'MyTimer', atColumn: 1, functionName: 'DoTick' }]);
    expect(model.reducers.map(({ name, isCallable, lifecycle }) => [name, isCallable, lifecycle])).toEqual([
      [{ source: 'tick', canonical: 'DoTick' }, false, undefined],
      [{ source: 'boot', canonical: 'BootUp' }, false, 'init'],
    ]);
  });
});

const empty = { elements: [] };
const unit = { Product: empty };
const column = (name: string, algebraic_type: unknown): unknown => ({ name: { some: name }, algebraic_type });
const reducer = (name: string, params: readonly unknown[] = []): unknown => ({
  source_name: name,
  params: { elements: params },
  visibility: { ClientCallable: [] },
  ok_return_type: unit,
  err_return_type: { String: [] },
});
const player = {
  source_name: 'Player1',
  product_type_ref: 0,
  primary_key: [0],
  indexes: [{ source_name: { some: 'p_id' }, accessor_name: { some: 'byId' }, algorithm: { BTree: [0] } }],
  constraints: [{ source_name: { none: [] }, data: { Unique: { columns: [0] } } }],
  sequences: [],
  table_type: { User: [] },
  table_access: { Public: [] },
  default_values: [{ col_id: 0, value: '07000000' }],
  is_event: false,
};
const sections = {
  Typespace: {
    types: [
      { Product: { elements: [column('playerId', { U32: [] }), column('kind', { Ref: 1 })] } },
      { Sum: { variants: [column('Very_Good', unit), column('BAD', unit)] } },
    ],
  },
  Types: [
    { source_name: { scope: ['outer'], source_name: 'player_row' }, ty: 0, custom_ordering: true },
    { source_name: { scope: [], source_name: 'Kind' }, ty: 1, custom_ordering: false },
  ],
  Tables: [player],
  Reducers: [reducer('sayHello', [column('someName', { String: [] })]), reducer('boot')],
};
const definition = (changes: Readonly<Record<string, unknown>> = {}): unknown => ({
  sections: Object.entries({ ...sections, ...changes }).map(([name, payload]) => ({ [name]: payload })),
});

describe('a raw definition', () => {
  test('gets canonical names', () => {
    const model = moduleFromJson(
      definition({ LifeCycleReducers: [{ lifecycle_spec: { Init: [] }, function_name: 'boot' }] }),
    );
    expect(model.tables[0]).toMatchObject({
      name: { source: 'Player1', canonical: 'player_1' },
      indexes: [{ name: { source: 'p_id', canonical: 'player_1_player_id_idx_btree' }, accessor: 'byId' }],
      defaults: [{ column: 0, value: new Uint8Array([7, 0, 0, 0]) }],
    });
    expect(model.tables[0]?.columns.map(({ name }) => name)).toEqual(['player_id', 'kind']);
    expect(model.typespace[1]).toMatchObject({ variants: [{ name: 'veryGood' }, { name: 'bad' }] });
    expect(model.types.map(({ scope, name }) => [...scope, name])).toEqual([['Outer', 'PlayerRow'], ['Kind']]);
    expect(model.reducers.map(({ name, isCallable }) => [name.canonical, isCallable])).toEqual([
      ['say_hello', true],
      ['boot', false],
    ]);
    expect(model.reducers[0]?.params[0]?.name).toBe('someName');
  });

  test('keeps its names under the policy None, and explicit ones always', () => {
    const ExplicitNames = {
      entries: [
        { Table: { source_name: 'Player1', canonical_name: 'Gamer' } },
        { Function: { source_name: 'boot', canonical_name: 'BootUp' } },
        { Index: { source_name: 'p_id', canonical_name: 'my_index' } },
      ],
    };
    const model = moduleFromJson(definition({ CaseConversionPolicy: { None: [] }, ExplicitNames }));
    expect(model.tables[0]?.name.canonical).toBe('Gamer');
    expect(model.tables[0]?.indexes[0]?.name.canonical).toBe('my_index');
    expect(model.tables[0]?.columns[0]?.name).toBe('playerId');
    expect(model.reducers.map(({ name }) => name.canonical)).toEqual(['sayHello', 'BootUp']);
  });

  test('is taken as canonical when the caller says so', () => {
    expect(moduleFromJson(definition(), { form: 'canonical' }).tables[0]?.columns[0]?.name).toBe('playerId');
  });

  test('takes the key of a view from its own section, by the name in the source', () => {
    const Views = [
      {
        source_name: 'allPlayers',
        index: 0,
        is_public: true,
        is_anonymous: true,
        params: empty,
        return_type: { Array: { Ref: 0 } },
      },
    ];
    const ViewPrimaryKeys = [{ view_source_name: 'allPlayers', columns: ['playerId'] }];
    expect(moduleFromJson(definition({ Views, ViewPrimaryKeys })).views[0]).toMatchObject({
      name: { canonical: 'all_players' },
      primaryKey: 0,
    });
  });

  test('warns of a section it does not know', () => {
    expect(moduleFromJson(definition({ Holograms: [1] })).warnings).toEqual([
      'the section "Holograms" is unknown and left out',
    ]);
  });

  test('reads submodules with their own types', () => {
    const Submodules = [{ namespace: 'inner', module: definition() }];
    expect(moduleFromJson(definition({ Submodules })).submodules).toMatchObject([
      { namespace: 'inner', module: { tables: [{ name: { canonical: 'player_1' } }] } },
    ]);
  });

  test('keeps sequence bounds beyond 2^53 when it is text, and refuses rounded ones', () => {
    const most = '170141183460469231731687303715884105727';
    const sequence = `{"source_name":{"none":[]},"column":0,"start":{"some":-9007199254740993},"min_value":{"none":[]},"max_value":{"some":${most}},"increment":1}`;
    const text = JSON.stringify(definition()).replace('"sequences":[]', `"sequences":[${sequence}]`);
    expect(moduleFromJson(text).tables[0]?.sequences).toEqual([
      { column: 0, start: -9007199254740993n, min: undefined, max: BigInt(most), increment: 1n },
    ]);
    expect(() => moduleFromJson(JSON.parse(text))).toThrow('read from text');
  });
});

describe('a wrong definition is refused with its path', () => {
  const withTable = (changes: Readonly<Record<string, unknown>>): unknown =>
    definition({ Tables: [{ ...player, ...changes }] });
  test.each<[string, unknown, string]>([
    ['text that is not JSON', '{', 'not JSON'],
    ['another JSON', { hello: 1 }, 'expected a schema'],
    ['version 8', { V8BackCompat: {} }, 'version 8'],
    [
      'a missing field',
      definition({ Tables: [{ source_name: 'a' }] }),
      'Tables[0]: the field product_type_ref is missing',
    ],
    ['a wrong field', withTable({ primary_key: 1 }), 'Tables[0].primary_key: expected an array, got 1'],
    [
      'a wrong index',
      withTable({ indexes: [{ ...player.indexes[0], algorithm: { RTree: [] } }] }),
      'Tables[0].indexes[0].algorithm: "RTree" is not one of BTree, Hash, Direct',
    ],
    ['a column that is not there', withTable({ primary_key: [9] }), 'Tables[0].primary_key: there is no column 9'],
    ['two key columns', withTable({ primary_key: [0, 1] }), 'Tables[0].primary_key: a primary key has one column'],
    [
      'a row type that is not there',
      withTable({ product_type_ref: 999999 }),
      'Tables[0].product_type_ref: type reference 999999 is outside',
    ],
    [
      'a row type that is no product',
      withTable({ product_type_ref: 1 }),
      'Tables[0].product_type_ref: the row type 1 is a Sum',
    ],
    [
      'two tables of one name',
      definition({ Tables: [player, { ...player, source_name: 'player_1' }] }),
      'Tables[1]: the name "player_1" is taken',
    ],
    ['a name that is no identifier', withTable({ source_name: '_1' }), 'Tables[0]: "1" is not an identifier'],
    [
      'a hostile name',
      definition({ Reducers: [reducer('a"*/\n`')] }),
      'Reducers[0]: "a\\"*/\\n`" is not an identifier',
    ],
    [
      'an unknown primitive',
      definition({ Reducers: [reducer('a', [column('x', { U512: [] })])] }),
      'Reducers[0]: the reducer a uses the type "U512", which this version does not know',
    ],
    [
      'a type reference that leads nowhere',
      definition({ Reducers: [reducer('a', [column('x', { Ref: 7 })])] }),
      'Reducers[0].params.elements[0].algebraic_type: type reference 7',
    ],
    [
      'an anonymous product',
      definition({ Reducers: [reducer('a', [column('x', { Product: { elements: [column('y', { U8: [] })] } })])] }),
      'a Product without a declared name',
    ],
    [
      'references in a circle',
      definition({ Typespace: { types: [...sections.Typespace.types, { Array: { Ref: 3 } }, { Ref: 2 }] } }),
      'Typespace.types[2]: type reference 2 leads back to itself',
    ],
    [
      'a schedule of nothing',
      definition({
        Schedules: [{ source_name: { none: [] }, table_name: 'Player1', schedule_at_col: 0, function_name: 'gone' }],
      }),
      'Schedules[0]: there is no reducer or procedure "gone"',
    ],
    ['a section that comes twice', { sections: [{ Types: [] }, { Types: [] }] }, 'sections[1]: a second section Types'],
    [
      'a fault in a submodule',
      definition({ Submodules: [{ namespace: 'inner', module: withTable({ is_event: 1 }) }] }),
      'Submodules[0].module.Tables[0].is_event: expected true or false',
    ],
  ])('%s', (_, json, message) => {
    expect(() => moduleFromJson(json)).toThrow(SchemaError);
    expect(() => moduleFromJson(json)).toThrow(message);
  });

  test('bytes that end too early or too late', () => {
    const bytes = rawModuleDefBsatn(referenceSchema(10), 10);
    expect(() => moduleFromBsatn(bytes.subarray(0, -1))).toThrow(SchemaError);
    expect(() => moduleFromBsatn(new Uint8Array([...bytes, 0]))).toThrow('1 bytes are left');
    expect(() => moduleFromBsatn(new Uint8Array([7]))).toThrow('unknown variant number 7');
  });
});
