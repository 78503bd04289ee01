import { describe, expect, test } from 'vitest';
import { type AlgebraicType } from '../../src/bsatn/algebraic-type.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { SchemaError } from '../../src/errors.ts';
import { type IndexModel, type ModuleModel, schemaJson, type TableModel } from '../../src/module-def/index.ts';
import { rowListOf } from '../../src/wire/row-list.ts';
import { type TableRows } from '../../src/wire/server-message.ts';
import { ScriptedClient, scores, transaction } from '../client/scripted-client.ts';
import { type Entity, entityCodec } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { eventually } from '../support/live-clients.ts';
import { otherModel, startClient, startOtherVersion } from './other-version.ts';

const unit: AlgebraicType = { tag: 'Product', elements: [] };

/** A client of a server with this module, with how often it asked for the schema. */
async function clientOf(
  model: ModuleModel,
  checkSchema: 'connect' | 'onError',
): Promise<{ readonly scripted: ScriptedClient; readonly asked: () => number }> {
  let asked = 0;
  const scripted = await ScriptedClient.connected({
    checkSchema,
    fetch: () => {
      asked++;
      return Promise.resolve(new Response(schemaJson(model, 10)));
    },
  });
  return { scripted, asked: () => asked };
}

describe('what changes neither how rows are read nor what they are known by', () => {
  const score = (change: (table: TableModel) => Partial<TableModel>): ModuleModel => {
    const model = otherModel({});
    const tables = model.tables.map((table) =>
      table.name.canonical === 'score' ? { ...table, ...change(table) } : table,
    );
    return { ...model, tables };
  };
  const index = (name: string, accessor: string | undefined): IndexModel => ({
    name: { source: name, canonical: name },
    accessor,
    algorithm: 'btree',
    columns: [0],
  });

  test.each<[string, ModuleModel]>([
    ['an index', score(() => ({ indexes: [index('score_by_player', 'byPlayer')] }))],
    ['an index of another name', score(() => ({ indexes: [index('renamed', undefined)] }))],
    ['a unique constraint', score(() => ({ indexes: [index('unique', 'player')], uniqueConstraints: [[0]] }))],
    [
      'a key, where the code has none',
      score(() => ({ indexes: [index('key', 'player')], primaryKey: 0, uniqueConstraints: [[0]] })),
    ],
    ['a default', score(() => ({ defaults: [{ column: 0, value: Uint8Array.of(0, 0, 0, 0) }] }))],
    ['that only the owner sees it', score(() => ({ isPublic: false }))],
    ['another name in the source', score(({ name }) => ({ name: { ...name, source: 'ScoreTable' } }))],
    [
      'a sequence',
      score(() => ({ sequences: [{ column: 1, start: undefined, min: undefined, max: undefined, increment: 2n }] })),
    ],
    ['variants that are gone', otherModel({ EntityKind: (variants) => variants.slice(0, 2) })],
    ['another table, and another type', { ...otherModel({}), typespace: [...otherModel({}).typespace, unit] }],
  ])('costs no query set and is not told: %s', async (_, model) => {
    // One more thing differs, so that there is something to wait for.
    const reducers = model.reducers.filter(({ name }) => name.canonical !== 'noop');
    const { scripted } = await clientOf({ ...model, reducers }, 'connect');
    await using _scripted = scripted;
    await scripted.subscribe('SELECT * FROM score', scores(1, 2));
    await scripted.subscribe('SELECT * FROM entity');
    await eventually('the reducer is told', () => scripted.errors.length > 0);
    const told = scripted.errors.flatMap((error) => (error instanceof SchemaError ? error : []));
    expect(told.map(({ table }) => table)).toEqual(scripted.errors.map(() => undefined));
    expect(told.map(({ reducer }) => reducer)).toContain('noop');
    expect(scripted.points).toEqual([1, 2]);
    expect(scripted.client.inspect().querySets).toHaveLength(2);
  });
});

describe('new variants at the end of a sum', () => {
  const model = otherModel({ EntityKind: (variants) => [...variants, { name: 'boss', type: unit }] });
  const entity: Entity = {
    entityId: 1,
    kind: { tag: 'Monster' },
    position: { x: 1, y: 2, z: 3 },
    health: 5,
    score: 0n,
  };
  const told =
    'table entity may hold rows that the generated code cannot read: column kind is (player | monster | projectile | boss) on the server and (player | monster | projectile) in the code; run `generate` and build again';

  /** The kind is the byte after the id. */
  function entityRow(entityId: number, kind: number): Uint8Array {
    const row = encode(entityCodec, { ...entity, entityId });
    row[4] = kind;
    return row;
  }

  function entities(...rows: readonly Uint8Array[]): TableRows {
    return { table: 'entity', rows: rowListOf(rows) };
  }

  test('are told where the schema is compared, and cost nothing before a row has one', async () => {
    const { scripted } = await clientOf(model, 'connect');
    await using _ = scripted;
    const { client } = scripted;
    const set = await scripted.subscribe('SELECT * FROM entity', entities(entityRow(1, 1)));
    await scripted.subscribe('SELECT * FROM score', scores(1));
    await eventually('the variant is told', () => scripted.errors.length > 0);
    // A table of every type and the reducer that takes its row know kinds too: reducers take what they took.
    expect(
      scripted.errors.map((error) => (error instanceof SchemaError ? [error.table, error.column] : error)),
    ).toEqual([
      ['entity', 'kind'],
      ['every_type', 'kind'],
    ]);
    expect(scripted.errors[0]).toHaveProperty('message', told);
    expect(client.entity.rows.value).toEqual([entity]);

    const rows = [{ tag: 'PersistentTable' as const, inserts: rowListOf([entityRow(2, 3)]), deletes: rowListOf([]) }];
    scripted.socket.receive(transaction({ querySetId: set, tables: [{ table: 'entity', rows }] }));
    await eventually('the set is given up', () => client.entity.count() === 0);
    expect(scripted.points).toEqual([1]);
    expect(scripted.status).toBe('connected');
    scripted.end(set);
    // What a query without that row returns can still be read.
    await scripted.subscribe('SELECT * FROM entity WHERE entity_id = 1', entities(entityRow(1, 1)));
    expect(client.entity.count()).toBe(1);
    expect(scripted.errors).toHaveLength(2);
  });

  test('are the reason that is given for a row that has one', async () => {
    const { scripted, asked } = await clientOf(model, 'onError');
    await using _ = scripted;
    const handle = scripted.client.subscriptions.subscribe('SELECT * FROM entity');
    await settled();
    scripted.answer(handle.querySetId, entities(entityRow(1, 1), entityRow(2, 3)));
    await expect(handle.applied).rejects.toMatchObject({ message: told, table: 'entity', column: 'kind' });
    expect(asked()).toBe(1);
    scripted.end(handle.querySetId);
  });
});

describe('a call that the server cannot read', () => {
  const model = otherModel({});
  const louder = <
    Fn extends {
      readonly name: { readonly canonical: string };
      readonly params: ModuleModel['reducers'][number]['params'];
    },
  >(
    fn: Fn,
    name: string,
  ): Fn =>
    fn.name.canonical === name
      ? { ...fn, params: [...fn.params, { name: 'loud', type: { tag: 'Bool' as const } }] }
      : fn;

  test('has the schema compared, once: the reducer is told with what differs', async () => {
    const server = await startOtherVersion({
      ...model,
      reducers: model.reducers.map((reducer) => louder(reducer, 'say')),
    });
    const { client, errors, asked } = await startClient(server);
    await client.connect();
    const say = (): Promise<unknown> => client.reducers.say({ room: 1, text: 'hi' });
    await expect(say()).rejects.toMatchObject({
      status: 'internalError',
      message: expect.stringContaining('invalid arguments for reducer say'),
    });
    await eventually('the reducer is told', () => errors.length > 0);
    expect(errors).toEqual([expect.any(SchemaError)]);
    expect(errors).toEqual([
      expect.objectContaining({
        reducer: 'say',
        table: undefined,
        message:
          'reducer say of the server does not fit the generated code: it takes (room, text, loud) on the server and (room, text) in the code; run `generate` and build again',
      }),
    ]);
    await expect(say()).rejects.toThrow('invalid arguments');
    await expect(client.reducers.panicWith({ message: 'boom' })).resolves.toBeDefined();
    expect([asked.length, errors.length]).toEqual([1, 1]);
  });

  test('has it compared where the function is gone or private, too, and of a procedure', async () => {
    const server = await startOtherVersion({
      ...model,
      reducers: model.reducers.map((reducer) =>
        reducer.name.canonical === 'say' ? { ...reducer, isCallable: false } : reducer,
      ),
      procedures: model.procedures.map((procedure) => louder(procedure, 'add')),
    });
    const { client, errors, asked } = await startClient(server);
    await client.connect();
    await expect(client.reducers.say({ room: 1, text: 'hi' })).rejects.toThrow('no such reducer');
    await eventually('both are told', () => errors.length === 2);
    expect(errors).toEqual([
      expect.objectContaining({
        reducer: 'say',
        message: expect.stringContaining('only the owner of the database may call it'),
      }),
      expect.objectContaining({ procedure: 'add', message: expect.stringContaining('it takes (left, right, loud)') }),
    ]);
    await expect(client.procedures.add({ left: 1n, right: 2n })).rejects.toThrow('invalid arguments for procedure add');
    await eventually('the schema is asked for again', () => asked.length === 2);
    expect(errors).toHaveLength(2);
  });
});
