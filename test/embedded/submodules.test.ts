import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { generate } from '../../codegen/generate.ts';
import { EmbeddedServer, type LogRecord, ManualClock } from '../../src/embedded/index.ts';
import { firstWhere } from '../../src/helpers.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { SpacetimeDbClient, tables } from '../generated/submodule-project/index.ts';
import { committed } from '../support/generated-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { submoduleProject } from '../support/typescript-project.ts';
import { summary, WireClient } from '../support/wire-client.ts';

const novel = { tag: 'Novel' } as const;
const dayMs = 86_400_000;

describe('a module with submodules', () => {
  let server: EmbeddedServer;
  const log: LogRecord[] = [];
  const clients: SpacetimeDbClient[] = [];

  beforeAll(async () => {
    const clock = new ManualClock();
    server = await EmbeddedServer.start({
      module: submoduleProject,
      database: 'library',
      clock,
      log: (line) => log.push(line),
    });
  });

  beforeEach(async () => server.reset());

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.dispose();
  });

  afterAll(async () => server.close());

  async function connect(queries: Parameters<SpacetimeDbClient['connect']>[0]): Promise<SpacetimeDbClient> {
    const { host, database } = server;
    const client = await SpacetimeDbClient.create({ host, database, ssl: false, checkSchema: 'connect' });
    clients.push(client);
    client.onError((error) => log.push({ ...noRecord, message: String(error) }));
    await client.connect(queries);
    return client;
  }

  test('answers a schema from which the same bindings are generated as from its source', async () => {
    const schema = await (await fetch(`${server.url}/v1/database/library/schema?version=10`)).text();
    const { files } = generate(moduleFromJson(schema), { runtime: 'spacetimedb-signals/runtime', extension: '.ts' });
    expect([...files]).toEqual([...committed('submodule-project', files)]);
    const version9 = await (await fetch(`${server.url}/v1/database/library/schema?version=9`)).text();
    expect(moduleFromJson(version9).tables.map(({ name }) => name.canonical)).toEqual(['reader']);
  });

  test('serves the tables, views, reducers and procedures of generated bindings', async () => {
    const client = await connect({
      initialSubscriptions: [
        'SELECT * FROM library.book',
        'SELECT * FROM library.mine',
        tables.library.novels,
        tables.library.audit.entry.where((entry) => entry.what.ne('nothing')),
        tables.library.audit.everything,
        tables.me,
        tables.library.lending,
        tables.library.dueDate,
        tables.readers,
        tables.desk.visit,
        tables.desk.myVisits,
        tables.desk.visits,
      ],
    });
    const lendings: number[] = [];
    client.library.lending.onInsert(({ row }) => lendings.push(row.book));

    await client.reducers.register({ mood: { tag: 'Calm' } });
    await client.reducers.library.addBook({ title: 'Emma', genre: novel });
    await client.reducers.library.audit.record({ what: 'looked' });
    await client.reducers.donate({ title: 'Persuasion' });
    await client.reducers.library.lend({ id: 1, days: 2 });
    await client.reducers.desk.enter();

    const me = client.identity.value;
    expect(client.library.book.rows.value).toEqual([
      { id: 1, title: 'Emma', genre: novel, lentTo: me },
      { id: 2, title: 'Persuasion', genre: novel, lentTo: undefined },
    ]);
    expect(client.library.mine.rows.value.map(({ title }) => title)).toEqual(['Emma']);
    expect(client.library.novels.count()).toBe(2);
    expect(client.library.dueDate.rows.value.map(({ book }) => book)).toEqual([1]);
    expect(lendings).toEqual([1]);
    expect(client.library.audit.entry.rows.value.map(({ what }) => what)).toEqual([
      'registered',
      'added Emma',
      'looked',
      'added Persuasion',
    ]);
    expect(client.library.audit.everything.count()).toBe(4);
    expect(client.tables.me.count()).toBe(1);
    expect(client.readers.rows.value).toEqual([{ identity: me, mood: { tag: 'Calm' } }]);

    expect(client.desk.visit.rows.value).toEqual([{ id: 1, by: me }]);
    expect([client.desk.myVisits.count(), client.desk.visits.count()]).toEqual([1, 1]);

    expect(await client.procedures.countReaders()).toBe(1n);
    expect(await client.procedures.desk.countVisits()).toBe(1n);
    expect(await client.procedures.library.countBooks({ atLeast: 3 })).toEqual([
      novel,
      novel,
      { tag: 'Other', value: 'blank' },
    ]);
    await firstWhere(client.library.book.rows, (rows) => rows.length === 3);
    await expect(client.reducers.library.addBook({ title: '', genre: novel })).rejects.toThrow('a book needs a title');
    expect(log.map(({ message }) => message)).toEqual([]);
  });

  test('names them in full on the wire, in SQL and over HTTP', async () => {
    const client = await WireClient.inMemory(server);
    client.send({
      tag: 'Subscribe',
      requestId: 1,
      querySetId: 1,
      queries: [
        'SELECT * FROM "library"."audit"."entry"',
        "SELECT * FROM library.book WHERE library.book.title = 'Emma'",
      ],
    });
    await client.settle();
    const call = async (name: string, args: unknown): Promise<string> => {
      const headers = { 'content-type': 'application/json' };
      const url = `${server.url}/v1/database/library/call/${name}`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(args) });
      return `${response.status} ${await response.text()}`;
    };
    expect(await call('library.add_book', { title: 'Emma', genre: { novel: [] } })).toBe('200 ');
    expect(await call('library.count_books', [1])).toBe('200 [[0,[]]]');
    expect(await call('add_book', { title: 'Emma', genre: { novel: [] } })).toBe('404 No such procedure');
    await client.settle();
    expect(client.messages.slice(1).map(summary)).toMatchInlineSnapshot(`
      [
        "SubscribeApplied 1",
        "TransactionUpdate 1 library.audit.entry +1 -0 1 library.book +1 -0",
      ]
    `);
    expect(server.query('SELECT title FROM "library.book"')).toEqual([{ title: 'Emma' }]);
    server.query("UPDATE library.book SET title = 'Lady Susan' WHERE title = 'Emma'");
    expect(
      server.query(
        'SELECT library.book.title FROM library.audit.entry JOIN library.book ON library.book.id = library.book.id',
      ),
    ).toEqual([{ title: 'Lady Susan' }]);
    expect(server.query('SELECT secret FROM library.stamp')).toEqual([{ secret: 'round' }]);
    expect(() => server.as('ann').query('SELECT * FROM library.stamp')).toThrow(
      'no such table: `library.stamp`. If the table exists, it may be marked private.',
    );
    expect(() => server.query('SELECT * FROM book')).toThrow('no such table: `book`');
  });

  test('has their tables among all tables', async () => {
    server.call('library.add_book', ['Emma', { novel: [] }]);
    const client = await connect({ initialSubscriptions: ['SELECT * FROM *'] });
    await Promise.all([
      client.library.book.subscribed,
      client.library.audit.entry.subscribed,
      client.reader.subscribed,
    ]);
    expect([client.library.book.count(), client.library.audit.entry.count(), client.reader.count()]).toEqual([1, 1, 0]);
  });

  test('says what a function is called in full', () => {
    expect(() => server.call('library.addBook', [])).toThrow('no such reducer; it is called library.add_book');
  });

  test('runs the schedules of a submodule when it is time', () => {
    server.call('library.add_book', ['Emma', { novel: [] }]);
    server.as('ann').call('library.lend', [1, 2]);
    expect(() => server.as('ann').call('library.take_back', [[1, { Time: [0] }, 1]])).toThrow('no such reducer');
    server.clock.advance(2 * dayMs - 1);
    expect(server.as('ann').query('SELECT title FROM library.mine')).toEqual([{ title: 'Emma' }]);
    server.clock.advance(1);
    expect(server.as('ann').query('SELECT title FROM library.mine')).toEqual([]);
    expect(server.query('SELECT * FROM library.due_date')).toEqual([]);
  });

  test('keeps their rows over a restart, a reload, and in a folder', async () => {
    const dataDir = temporaryFolder();
    const options = { module: submoduleProject, database: 'kept', dataDir, clock: new ManualClock() };
    const titles = (kept: EmbeddedServer): unknown => kept.query('SELECT title FROM library.book');
    const first = await EmbeddedServer.start(options);
    first.call('library.add_book', ['Emma', { novel: [] }]);
    await first.restart();
    expect((await first.reload()).changes).toEqual([]);
    first.call('library.add_book', ['Persuasion', { novel: [] }]);
    await first.close();
    const second = await EmbeddedServer.start(options);
    expect(titles(second)).toEqual([{ title: 'Emma' }, { title: 'Persuasion' }]);
    expect(
      await second.reload(join(submoduleProject, 'src/library.ts')).catch((error: unknown) => error),
    ).toMatchObject({
      message: expect.stringContaining('table library.book is gone, which has 2 rows'),
    });
    await second.close();
  });
});

const noRecord = {
  level: 'error',
  timestamp: 0n,
  target: undefined,
  filename: undefined,
  lineNumber: undefined,
  functionName: undefined,
} as const;
