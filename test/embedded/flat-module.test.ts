import { describe, expect, test } from 'vitest';
import { flatModule } from '../../src/embedded/flat-module.ts';
import { refuseUnsupported } from '../../src/embedded/supported.ts';
import { type ModuleModel } from '../../src/module-def/model.ts';
import { rawModuleDefBsatn } from '../module-def/raw-module-def.ts';
import { schemaWithSubmodules } from '../module-def/fixtures.ts';
import { openTestDatabase } from '../support/embedded-database.ts';
import { referenceModule } from '../support/golden/reference-schema.ts';
import { spacetimeModule } from '../support/spacetime-module.ts';
import { code } from '../support/wasm-module.ts';

const lifeless: ModuleModel = {
  ...referenceModule,
  reducers: referenceModule.reducers.filter(({ lifecycle }) => lifecycle === undefined),
};
const nested: ModuleModel = {
  ...referenceModule,
  submodules: [
    { namespace: 'lib', module: { ...lifeless, submodules: [{ namespace: 'inner', module: lifeless }] } },
    { namespace: 'other', module: lifeless },
  ],
};

describe('a module with the parts of its submodules', () => {
  const flat = flatModule(nested);

  test('is the module itself where it has none', () => {
    expect(flatModule(referenceModule)).toBe(referenceModule);
    expect(flat.submodules).toEqual([]);
  });

  test('has them in the order of their numbers, under their full names', () => {
    const namesOf = (prefix: string, parts: ModuleModel['reducers']): string[] =>
      parts.map(({ name }) => prefix + name.canonical);
    expect(namesOf('', flat.reducers)).toEqual([
      ...namesOf('', referenceModule.reducers),
      ...namesOf('lib.', lifeless.reducers),
      ...namesOf('lib.inner.', lifeless.reducers),
      ...namesOf('other.', lifeless.reducers),
    ]);
    expect(flat.tables.map(({ name }) => name).filter(({ canonical }) => canonical.endsWith('tick_timer'))).toEqual([
      { source: 'tick_timer', canonical: 'tick_timer' },
      { source: 'lib.tick_timer', canonical: 'lib.tick_timer' },
      { source: 'lib.inner.tick_timer', canonical: 'lib.inner.tick_timer' },
      { source: 'other.tick_timer', canonical: 'other.tick_timer' },
    ]);
    expect(flat.schedules.map(({ table, functionName }) => [table, functionName])[2]).toEqual([
      'lib.inner.tick_timer',
      'lib.inner.tick',
    ]);
  });

  test('numbers views of the caller and those of everybody apart', () => {
    for (const isAnonymous of [false, true]) {
      const numbers = flat.views.filter((view) => view.isAnonymous === isAnonymous).map(({ index }) => index);
      expect([...numbers].sort((left, right) => left - right)).toEqual([...numbers.keys()]);
      expect(numbers.length).toBeGreaterThan(3);
    }
  });

  test('has one typespace, to which all references lead', () => {
    const size = referenceModule.typespace.length;
    expect(flat.typespace).toHaveLength(4 * size);
    const own = referenceModule.tables.find(({ name }) => name.canonical === 'user');
    const inner = flat.tables.find(({ name }) => name.canonical === 'lib.inner.user');
    expect(inner?.rowRef).toBe((own?.rowRef ?? 0) + 2 * size);
    expect(flat.typespace[inner?.rowRef ?? -1]).toEqual({ tag: 'Product', elements: inner?.columns });
    const refs = (table: typeof inner): unknown =>
      table?.columns.map(({ type }) => (type.tag === 'Ref' ? type.ref : type.tag));
    expect(refs(inner)).toEqual(own?.columns.map(({ type }) => (type.tag === 'Ref' ? type.ref + 2 * size : type.tag)));
    expect(JSON.stringify(refs(inner))).toMatch(/\d/);
  });
});

describe('submodules that no server takes', () => {
  const refusal = (module: ModuleModel): string => {
    try {
      refuseUnsupported(module);
      return 'taken';
    } catch (error) {
      return String(error);
    }
  };

  test('have lifecycle reducers', () => {
    const submodules = [
      { namespace: 'lib', module: { ...lifeless, submodules: [{ namespace: 'inner', module: referenceModule }] } },
    ];
    expect(refusal({ ...referenceModule, submodules })).toBe(
      'ModuleLoadError: cannot load the module: its submodule lib.inner has the lifecycle reducer init: servers take those of the module itself only',
    );
    expect(refusal(nested)).toBe('taken');
  });

  test('have a namespace of more than 63 bytes', () => {
    const named = (namespace: string): ModuleModel => ({
      ...referenceModule,
      submodules: [{ namespace, module: lifeless }],
    });
    expect(refusal(named('é'.repeat(31) + 'e'))).toBe('taken');
    expect(refusal(named('é'.repeat(32)))).toContain('has 64 bytes: no server takes more than 63');
  });

  test('are told apart from features that are not here', () => {
    const module = { ...lifeless, rowLevelSecurity: ['SELECT * FROM note'], httpHandlers: ['hook'] };
    expect(refusal({ ...referenceModule, submodules: [{ namespace: 'lib', module }] })).toContain('row level security');
    expect(
      refusal({ ...referenceModule, submodules: [{ namespace: 'lib', module: { ...module, rowLevelSecurity: [] } }] }),
    ).toContain('an HTTP handler (lib.hook)');
  });
});

test('a module in wasm gets the number that its submodule has in the whole', async () => {
  const withReducer = (name: string): string =>
    JSON.stringify({
      sections: [
        {
          Reducers: [
            {
              source_name: name,
              params: { elements: [] },
              visibility: { ClientCallable: [] },
              ok_return_type: { Product: { elements: [] } },
              err_return_type: { String: [] },
            },
          ],
        },
      ],
    });
  const inner = schemaWithSubmodules(withReducer('middle'), { deep: withReducer('last') });
  const bytes = rawModuleDefBsatn(schemaWithSubmodules(withReducer('first'), { lib: inner }), 10);
  // The first byte is the version, which the module adds itself. It answers each call with the number of the reducer: 0 is success, 1 an error of its own.
  const { call } = await openTestDatabase(
    spacetimeModule({
      definition: [...bytes.subarray(1)],
      functions: [
        {
          name: '__call_reducer__',
          params: ['i32', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i32', 'i32'],
          results: ['i32'],
          code: code.parameter(0),
        },
      ],
    }),
  );
  expect(['first', 'lib.middle', 'lib.deep.last'].map((name) => call(name).tag)).toEqual([
    'committed',
    'failed',
    'internalError',
  ]);
  expect(call('middle')).toMatchObject({ reason: 'unknownFunction' });
});
