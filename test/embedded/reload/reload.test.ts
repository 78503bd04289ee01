import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  EmbeddedServer,
  type EmbeddedServerOptions,
  ManualClock,
  MigrationError,
  ModuleLoadError,
} from '../../../src/embedded/index.ts';
import { encode } from '../../../src/bsatn/codec.ts';
import { stringCodec } from '../../../src/bsatn/basic-codecs.ts';
import { typescriptProject } from '../../support/typescript-project.ts';
import { summary, WireClient } from '../../support/wire-client.ts';

/** A module in TypeScript: the columns of its table `cat`, and whatever else. */
function source(columns: string, more = '', tables = ''): string {
  return `
    import { schema, ScheduleAt, t, table } from 'spacetimedb/server';
    const cat = table({ name: 'cat', public: true }, { ${columns} });
    const timer = table({ name: 'timer' }, { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt() });
    const dog = table({ name: 'dog', public: true }, { name: t.string() });
    const spacetimedb = schema({ cat, timer, dog, ${tables} });
    export default spacetimedb;
    export const addDog = spacetimedb.reducer({ name: t.string() }, (ctx, { name }) => void ctx.db.dog.insert({ name }));
    ${more}`;
}

const columns = `id: t.u32().primaryKey().autoInc(), name: t.string()`;
const addCat = `export const addCat = spacetimedb.reducer({ name: t.string() }, (ctx, { name }) => void ctx.db.cat.insert({ id: 0, name }));`;

interface Reloadable {
  readonly server: EmbeddedServer;
  /** Changes the source and reloads; the result is what is different. */
  readonly reload: (text: string) => Promise<readonly string[]>;
}

async function start(text: string, options: Partial<EmbeddedServerOptions> = {}): Promise<Reloadable> {
  const module = typescriptProject(text);
  const server = await EmbeddedServer.start({ module, database: 'pets', ...options });
  onTestFinished(async () => server.close());
  return {
    server,
    reload: async (next) => {
      writeFileSync(join(module, 'src/index.ts'), next);
      return (await server.reload()).changes;
    },
  };
}

const call = (requestId: number, reducer: string, name: string) =>
  ({ tag: 'CallReducer', requestId, flags: 0, reducer, args: encode(stringCodec, name) }) as const;
const subscribe = (querySetId: number, ...queries: readonly string[]) =>
  ({ tag: 'Subscribe', requestId: querySetId, querySetId, queries }) as const;

describe('a reload', () => {
  test('keeps rows, numbers, sockets and query sets, and has new reducers', async () => {
    const { server, reload } = await start(source(columns, addCat));
    const client = await WireClient.overWebSocket(server);
    await client.exchange(subscribe(1, 'SELECT * FROM cat'), call(2, 'add_cat', 'Tom'));
    client.messages.splice(0);
    const schema = async () => (await fetch(`${server.url}/v1/database/pets/schema?version=10`)).text();
    expect(await schema()).not.toContain('rename_cat');

    const changes = await reload(
      source(
        columns,
        `${addCat}
        export const renameCat = spacetimedb.reducer({ name: t.string() }, (ctx, { name }) =>
          void ctx.db.cat.id.update({ id: 1, name }));`,
      ),
    );
    expect(changes).toEqual([]);
    expect(await schema()).toContain('rename_cat');
    const told = await client.exchange(call(3, 'rename_cat', 'Tim'), call(4, 'add_cat', 'Ann'));
    expect(told.map(summary)).toEqual(['ReducerResult Ok 1 cat +1 -1', 'ReducerResult Ok 1 cat +1 -0']);
    expect(server.query('SELECT * FROM cat')).toEqual([
      { id: 1, name: 'Tim' },
      { id: 2, name: 'Ann' },
    ]);
    expect(server.statistics).toEqual({ connections: 1, calls: 3 });
    client.leave();
  });

  test('tells clients what views make of the same rows now', async () => {
    const view = (condition: string) => `${addCat}
      export const liked = spacetimedb.anonymousView({ name: 'liked', public: true }, t.array(cat.rowType),
        (ctx) => [...ctx.db.cat.iter()].filter((row) => ${condition}));`;
    const { server, reload } = await start(source(columns, view(`row.name.startsWith('T')`)));
    const client = await WireClient.inMemory(server);
    for (const name of ['Tom', 'Tim', 'Ann']) server.call('add_cat', [name]);
    await client.exchange(subscribe(1, 'SELECT * FROM liked'), subscribe(2, 'SELECT * FROM cat'));
    await reload(source(columns, view(`row.name.endsWith('m') || row.name === 'Ann'`)));
    expect((await client.exchange()).map(summary)).toEqual(['TransactionUpdate 1 liked +1 -0']);
    await reload(source(columns, view(`row.name === 'Tom'`)));
    expect((await client.exchange()).map(summary)).toEqual(['TransactionUpdate 1 liked +0 -2']);
    server.call('add_cat', ['Tom']);
    expect((await client.exchange()).map(summary)).toEqual(['TransactionUpdate 1 liked +1 -0 2 cat +1 -0']);
    await reload(source(columns, view(`boom()`)));
    expect((await client.exchange()).map(summary)).toEqual([
      expect.stringMatching(/^SubscriptionError undefined 1 .*boom is not defined/),
    ]);
    await reload(source(columns, addCat));
    expect((await client.exchange()).map(summary)).toEqual([]);
  });

  test('gives rows the defaults of new columns; only their query sets end', async () => {
    const { server, reload } = await start(source(columns, addCat));
    const client = await WireClient.inMemory(server);
    server.call('add_cat', ['Tom']);
    await client.exchange(subscribe(1, 'SELECT * FROM cat'), subscribe(2, 'SELECT * FROM dog'));
    const more = `${columns}, age: t.u8().default(7), mood: t.option(t.string()).default(undefined)`;
    const changes = await reload(
      source(
        more,
        addCat.replace('id: 0, name', 'id: 0, name, age: 1, mood: "new"'),
        `cow: table({ name: 'cow' }, { id: t.u8() })`,
      ),
    );
    expect(changes).toEqual(['cat.age is new', 'cat.mood is new', 'table cow is new']);
    server.call('add_cat', ['Ann']);
    server.call('add_dog', ['Rex']);
    expect((await client.exchange()).map(summary)).toEqual([
      expect.stringMatching(/^SubscriptionError undefined 1 cat has other columns since the module was reloaded/),
      'TransactionUpdate 2 dog +1 -0',
    ]);
    expect(server.query('SELECT * FROM cat')).toEqual([
      { id: 1, name: 'Tom', age: 7, mood: undefined },
      { id: 2, name: 'Ann', age: 1, mood: 'new' },
    ]);
    expect((await client.exchange(subscribe(1, 'SELECT * FROM cat'))).map(summary)).toEqual([
      'SubscribeApplied 1 cat 2',
    ]);
  });

  test('ends the query sets of tables that are gone or hidden', async () => {
    const { server, reload } = await start(
      source(columns, addCat, `cow: table({ name: 'cow', public: true }, { id: t.u8() })`),
    );
    const client = await WireClient.inMemory(server);
    await client.exchange(subscribe(1, 'SELECT * FROM cow'), subscribe(2, 'SELECT * FROM cat'));
    expect(await reload(source(columns, addCat).replace(`'cat', public: true`, `'cat'`))).toEqual([
      'table cow is gone',
    ]);
    expect((await client.exchange()).map(summary)).toEqual([
      expect.stringMatching(/^SubscriptionError undefined 1 .*`cow`/),
      expect.stringMatching(/^SubscriptionError undefined 2 .*`cat`/),
    ]);
  });

  test('that does not fit the rows changes nothing, and a reset runs it without them', async () => {
    const { server, reload } = await start(source(columns, addCat));
    const client = await WireClient.inMemory(server);
    server.call('add_cat', ['Tom']);
    await client.exchange(subscribe(1, 'SELECT * FROM cat'));
    const other = source(
      'id: t.u32().primaryKey().autoInc(), name: t.u8()',
      `export const newOne = spacetimedb.reducer(() => {});`,
    );
    const failing = reload(other);
    await expect(failing).rejects.toThrow(MigrationError);
    await expect(failing).rejects.toMatchObject({ problems: ['cat.name was String and is U8'] });
    server.call('add_cat', ['Ann']);
    expect((await client.exchange()).map(summary)).toEqual(['TransactionUpdate 1 cat +1 -0']);
    const token = server.issueToken('ann');
    await server.reset(server.moduleFiles.find((file) => file.endsWith('src/index.ts')));
    expect(client.closed).toEqual({ code: 1001, reason: 'module exited' });
    server.call('new_one');
    expect(server.query('SELECT * FROM cat')).toEqual([]);
    (await WireClient.inMemory(server, { token })).leave();
  });

  test('of a module that cannot be run changes nothing', async () => {
    const { server, reload } = await start(source(columns, addCat));
    await expect(reload('export default (')).rejects.toThrow(ModuleLoadError);
    await expect(reload(source(columns, 'oh();'))).rejects.toThrow(
      /src\/index\.ts:9:5: ReferenceError: oh is not defined/,
    );
    server.call('add_cat', ['Tom']);
    expect(await reload(source(columns, addCat))).toEqual([]);
    expect(server.query('SELECT * FROM cat')).toEqual([{ id: 1, name: 'Tom' }]);
  });

  test('refuses a column to be unique when it is not, and counts on from the largest number', async () => {
    const plain = 'id: t.u32(), name: t.string()';
    const put = `export const put = spacetimedb.reducer({ id: t.u32(), name: t.string() }, (ctx, row) => void ctx.db.cat.insert(row));`;
    const { server, reload } = await start(source(plain, put));
    for (const row of [
      [7, 'Tom'],
      [3, 'Tom'],
    ])
      server.call('put', row);
    await expect(reload(source('id: t.u32(), name: t.string().unique()', put))).rejects.toMatchObject({
      problems: ['cat.name is unique now, and rows have the same value in it'],
    });
    await reload(source(columns, put));
    server.call('put', [0, 'Ann']);
    expect(server.query(`SELECT id FROM cat WHERE name = 'Ann'`)).toEqual([{ id: 8 }]);
  });

  test('leaves schedules their rhythm', async () => {
    const clock = new ManualClock();
    const tick = (name: string) => `
      export const go = spacetimedb.reducer((ctx) => void ctx.db.timer.insert({ id: 0n, at: ScheduleAt.interval(1_000_000n) }));
      export const tick = spacetimedb.reducer({ onSchedule: timer }, { row: timer.rowType }, (ctx) => void ctx.db.dog.insert({ name: '${name}' + ctx.timestamp.microsSinceUnixEpoch % 60_000_000n }));`;
    const { server, reload } = await start(source(columns, tick('a')), { clock });
    server.call('go');
    clock.advance(1600);
    await reload(source(columns, tick('b')));
    clock.advance(1600);
    expect(server.query('SELECT * FROM dog').map(({ name }) => name)).toEqual(['a1000000', 'b2000000', 'b3000000']);
    expect(clock.pendingTimers).toBe(1);
  });

  test('begins when the one before is done, whatever became of it, and not after the server has closed', async () => {
    const { server } = await start(source(columns, addCat));
    const modules = ['export default (', source(columns, addCat), source(columns, addCat.replace('addCat', 'addTom'))];
    const results = await Promise.allSettled(modules.map(async (text) => server.reload(typescriptProject(text))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    server.call('add_tom', ['Tom']);
    const [outcome] = await Promise.allSettled([server.reload(), server.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/is closed$/) } });
  });
});
