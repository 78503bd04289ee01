import { describe, expect, test } from 'vitest';
import { SchemaError } from '../../src/errors.ts';
import { eventually } from '../support/live-clients.ts';
import { otherModel, retyped, startClient, startOtherVersion, urlOf } from './other-version.ts';

const unit = { tag: 'Product', elements: [] } as const;

/** `setting.value` is a number now; everything else is as the generated code knows it. */
const numericSetting = otherModel({ Setting: retyped('value', { tag: 'U8' }) });
const misfit =
  'table setting of the server does not fit the generated code: column value is U8 on the server and String in the code; run `generate` and build again';

const schemaRequest = '/v1/database/drifted/schema?version=10';

describe('a row that does not fit', () => {
  test('has the schema fetched once, and says which column of which table differs', async () => {
    const server = await startOtherVersion(numericSetting);
    server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
    const { client, errors, asked } = await startClient(server);
    await client.connect();
    const settings = client.subscriptions.subscribe('SELECT * FROM setting');
    const same = client.subscriptions.subscribe('SELECT * FROM setting WHERE slot = 1');
    const error = await settings.applied.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SchemaError);
    expect(error).toMatchObject({ message: misfit, table: 'setting', column: 'value' });
    await expect(same.applied).rejects.toThrow(misfit);
    await expect(client.setting.subscribed).rejects.toThrow(misfit);
    expect(asked).toEqual([schemaRequest]);
    expect(errors).toEqual([error]);
    expect([settings.isActive, settings.state.value]).toEqual([false, { status: 'failed', error }]);
    await eventually('the set has ended', () => client.inspect().querySets.length === 0);
  });

  test('costs the query sets that return rows of its table and no others', async () => {
    const server = await startOtherVersion(numericSetting);
    server.query("INSERT INTO score (name, points) VALUES ('ann', 3)");
    const { client, errors } = await startClient(server);
    await client.connect({ initialSubscriptions: 'SELECT * FROM score' });
    const both = client.subscriptions.subscribe(['SELECT * FROM setting', 'SELECT * FROM note']);
    await both.applied;
    expect(errors).toEqual([]);
    server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
    await eventually('the set is given up', () => !both.isActive && errors.length > 0);
    expect(errors).toEqual([expect.objectContaining({ message: misfit })]);
    server.query("INSERT INTO score (name, points) VALUES ('bob', 5)");
    await eventually('the row has come', () => client.score.count() === 2);
    expect(client.connection.state.value.status).toBe('connected');
    expect(client.subscriptions.ready.value).toBe(true);
  });

  test('keeps the client from asking for the table again on this connection', async () => {
    const server = await startOtherVersion(numericSetting);
    server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
    const { client, asked } = await startClient(server);
    await client.connect();
    await expect(client.subscriptions.subscribe('SELECT * FROM setting').applied).rejects.toThrow(misfit);
    await expect(client.subscriptions.subscribe('SELECT * FROM setting').applied).rejects.toThrow(misfit);
    await expect(client.setting.subscribed).rejects.toThrow(misfit);
    expect(asked).toHaveLength(1);
    expect(client.inspect().querySets).toEqual([]);
  });

  test('is explained where a query was asked once, too', async () => {
    const server = await startOtherVersion(numericSetting);
    server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
    const { client } = await startClient(server);
    await client.connect();
    await expect(client.subscriptions.oneOffQuery('SELECT * FROM setting')).rejects.toThrow(misfit);
  });

  test('says what is known without the schema when that cannot be had', async () => {
    const server = await startOtherVersion(numericSetting);
    server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
    const { client, errors } = await startClient(server, { fetch: () => Promise.reject(new TypeError('no network')) });
    await client.connect();
    const settings = client.subscriptions.subscribe('SELECT * FROM setting');
    await expect(settings.applied).rejects.toMatchObject({ table: 'setting', column: 'value' });
    expect(errors).toEqual([
      expect.objectContaining({ code: 'connection', message: expect.stringContaining('no network') }),
    ]);
  });

  test('is told even when the connection ends before the schema is here', async () => {
    const server = await startOtherVersion(numericSetting);
    server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
    const asked: AbortSignal[] = [];
    const { client, errors } = await startClient(server, {
      fetch: (_url, init) =>
        new Promise((_resolve, reject) => {
          if (init?.signal instanceof AbortSignal) {
            asked.push(init.signal);
            init.signal.addEventListener('abort', () => reject(new Error('aborted')));
          }
        }),
    });
    await client.connect();
    const settings = client.subscriptions.subscribe('SELECT * FROM setting');
    await eventually('the schema is asked for', () => asked.length > 0);
    await client.disconnect();
    await expect(settings.applied).rejects.toMatchObject({ table: 'setting', column: 'value' });
    expect(asked.map(({ aborted }) => aborted)).toEqual([true]);
    expect(errors).toEqual([]);
  });
});

describe('a schema that is compared at every connection', () => {
  /** What no row could ever show: two columns of one type changed places, a variant another name. */
  const quiet = otherModel({
    Note: (columns) => {
      const names = columns.map(({ name }) => name);
      const [title, body] = [names.indexOf('title'), names.indexOf('body')];
      return columns.map((column, index) => columns[index === title ? body : index === body ? title : index] ?? column);
    },
    EntityKind: (variants) => variants.map((variant, index) => (index === 1 ? { name: 'beast', type: unit } : variant)),
  });

  /** The last one is a view of notes. */
  const quietTables = ['entity', 'every_type', 'my_inbox', 'note'];

  test('shows what no row shows', async () => {
    const server = await startOtherVersion(quiet);
    server.query("INSERT INTO score (name, points) VALUES ('ann', 3)");
    const { client, errors, asked } = await startClient(server, { checkSchema: 'connect' });
    await client.connect({ initialSubscriptions: 'SELECT * FROM score' });
    await eventually('the tables are told', () => errors.length === quietTables.length + 1);
    expect(errors.map((error) => (error instanceof SchemaError ? [error.table, error.column] : error))).toEqual([
      ['entity', 'kind'],
      ['every_type', 'kind'],
      ['my_inbox', expect.stringMatching(/^(?:title|body)$/)],
      ['note', expect.stringMatching(/^(?:title|body)$/)],
      [undefined, undefined],
    ]);
    expect(String(errors[0])).toContain('column kind is (player | beast | projectile) on the server');
    expect(String(errors[4])).toContain('reducer put_every_type of the server');
    expect(String(errors[4])).toMatch(
      /its argument row is ….*player \| beast.* on the server and ….*player \| monster/,
    );
    const notes = client.subscriptions.subscribe('SELECT * FROM note');
    await expect(notes.applied).rejects.toThrow('on the server and number');
    expect(notes.isActive).toBe(false);
    expect(client.score.count()).toBe(1);
    expect(asked).toEqual([schemaRequest]);
    expect(client.subscriptions.ready.value).toBe(true);
  });

  test('takes rows away that were read as something else', async () => {
    const server = await startOtherVersion(quiet);
    server.query(
      'INSERT INTO entity (entity_id, health, score) VALUES (1, 5, 5)'.replace(
        /.*/,
        "INSERT INTO score (name, points) VALUES ('ann', 3)",
      ),
    );
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { client, errors } = await startClient(server, {
      checkSchema: 'connect',
      fetch: async (url, init) => {
        await answered;
        return fetch(url, init);
      },
    });
    await client.connect({ initialSubscriptions: ['SELECT * FROM note', 'SELECT * FROM score'] });
    expect(client.score.count()).toBe(1);
    answer();
    // One set returns rows of both tables: it is given up as a whole.
    await eventually('both tables are told', () => errors.length === quietTables.length + 1);
    expect(client.score.count()).toBe(0);
    await eventually('the set is gone', () => client.inspect().querySets.length === 0);
    server.query("INSERT INTO score (name, points) VALUES ('bob', 3)");
    await client.subscriptions.subscribe('SELECT * FROM score').applied;
    expect(client.score.count()).toBe(2);
  });

  test('says nothing where everything fits, however often it connects', async () => {
    const server = await startOtherVersion(otherModel({}));
    const { client, errors, asked } = await startClient(server, { checkSchema: 'connect' });
    await client.connect({ initialSubscriptions: 'SELECT * FROM note' });
    await eventually('the first check', () => asked.length === 1);
    client.connection.reconnect();
    await eventually('the second check', () => asked.length === 2 && client.subscriptions.ready.value);
    expect(errors).toEqual([]);
  });

  test('tells of reducers and procedures whose arguments differ', async () => {
    const model = otherModel({});
    const server = await startOtherVersion({
      ...model,
      reducers: model.reducers.map((reducer) =>
        reducer.name.canonical === 'say'
          ? { ...reducer, params: [...reducer.params, { name: 'loud', type: { tag: 'Bool' } }] }
          : reducer,
      ),
    });
    const { client, errors } = await startClient(server, { checkSchema: 'connect' });
    await client.connect();
    await eventually('the reducer is told', () => errors.length > 0);
    expect(errors.map((error) => (error instanceof Error ? error.message : error))).toEqual([
      'reducer say of the server does not fit the generated code: it takes (room, text, loud) on the server and (room, text) in the code; run `generate` and build again',
    ]);
  });

  test('is told when the schema cannot be had; nothing else is lost', async () => {
    const server = await startOtherVersion(otherModel({}));
    server.query("INSERT INTO score (name, points) VALUES ('ann', 3)");
    const { client, errors } = await startClient(server, {
      checkSchema: 'connect',
      fetch: () => Promise.resolve(new Response('not now', { status: 503 })),
    });
    await client.connect({ initialSubscriptions: 'SELECT * FROM score' });
    await eventually('the failure is told', () => errors.length > 0);
    expect(String(errors[0])).toContain('HTTP status 503: not now');
    expect(client.score.count()).toBe(1);
  });

  test('is asked for in version 9 where the server knows no other', async () => {
    const server = await startOtherVersion(quiet);
    const { client, errors, asked } = await startClient(server, {
      checkSchema: 'connect',
      fetch: (url, init) => {
        asked.push(urlOf(url));
        return urlOf(url).endsWith('=10') ? Promise.resolve(new Response('', { status: 400 })) : fetch(url, init);
      },
    });
    await client.connect();
    await eventually('the tables are told', () => errors.length > 0);
    // Nothing is said of event tables and keys of views, which that version does not know.
    expect(errors.map((error) => (error instanceof SchemaError ? error.table : error))).toEqual([
      ...quietTables,
      undefined,
    ]);
  });
});

test('a client whose server is replaced by another version says so when it is back', async () => {
  const before = await startOtherVersion(otherModel({}));
  before.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 'hello')");
  const { client, errors } = await startClient(before, { retry: { baseDelayMs: 5, maxDelayMs: 20 } });
  await client.connect({ initialSubscriptions: 'SELECT * FROM score' });
  const settings = client.subscriptions.subscribe('SELECT * FROM setting');
  await settings.applied;
  expect(client.setting.count()).toBe(1);
  await client.disconnect();
  const { port } = before;
  await before.close();
  const after = await startOtherVersion(numericSetting, port);
  after.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
  after.query("INSERT INTO score (name, points) VALUES ('ann', 3)");
  await client.logout();
  const again = client.subscriptions.subscribe('SELECT * FROM setting');
  await client.connect({ initialSubscriptions: 'SELECT * FROM score' });
  await expect(again.applied).rejects.toThrow(misfit);
  expect(errors).toEqual([expect.objectContaining({ message: misfit })]);
  expect([client.setting.count(), client.score.count()]).toEqual([0, 1]);
});
