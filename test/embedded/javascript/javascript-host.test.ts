import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type TestDatabase, openTestDatabase, ann } from '../../support/embedded-database.ts';
import { bundleModule } from '../../../src/embedded/javascript/bundle.ts';
import { javascriptHost } from '../../../src/embedded/javascript/javascript-host.ts';
import { typescriptProject } from '../../support/typescript-project.ts';

/** Opens a database over a module in TypeScript with one table, `item`, and what `source` adds. */
async function open(source: string): Promise<TestDatabase> {
  const folder = typescriptProject(`
    import { errors, Range, schema, SenderError, t, table } from 'spacetimedb/server';
    const item = table(
      {
        name: 'item',
        public: true,
        indexes: [{ accessor: 'place', algorithm: 'btree', columns: ['shelf', 'box', 'slot'] }],
      },
      {
        id: t.u64().primaryKey().autoInc(),
        shelf: t.u32().default(0),
        box: t.string().index('hash').default(''),
        slot: t.i32().default(0),
        label: t.string().default(''),
      },
    );
    const spacetimedb = schema({ item });
    export default spacetimedb;
    const put = (ctx, shelf, box, slot, label = '') => ctx.db.item.insert({ id: 0n, shelf, box, slot, label });
    const labels = (rows) => [...rows].map(({ label }) => label).join('');
    ${source}`);
  return openTestDatabase(javascriptHost(await bundleModule(join(folder, 'src/index.ts'), folder)));
}

const messages = ({ log }: TestDatabase): readonly string[] => log.map(({ message }) => message);

describe('a module in TypeScript', () => {
  test('reads by every kind of index, in both directions of a range, and whole tables', async () => {
    const database = await open(`
      export const go = spacetimedb.reducer((ctx) => {
        put(ctx, 1, 'x', 1, 'a'); put(ctx, 1, 'x', 2, 'b'); put(ctx, 1, 'y', -1, 'c'); put(ctx, 2, 'x', 1, 'd');
        const { place, box, id } = ctx.db.item;
        const none = new Range({ tag: 'unbounded' }, { tag: 'unbounded' });
        const from = (value, to) => new Range({ tag: 'included', value }, to);
        console.log(labels(place.filter(1)), labels(place.filter([1, 'x'])), labels(place.filter([1, 'x', 2])));
        console.log(labels(place.filter([1, 'x', from(2, { tag: 'unbounded' })])));
        console.log(labels(place.filter([1, 'x', from(1, { tag: 'excluded', value: 2 })])));
        console.log(labels(place.filter([none])), labels(box.filter('x')), id.find(3n).label, id.find(9n));
        console.log(labels(ctx.db.item), ctx.db.item.count());
        console.log(place.delete([1, 'x', none]), box.delete('y'), id.delete(4n), id.delete(4n), ctx.db.item.count());
      });`);
    expect(database.call('go').tag).toBe('committed');
    expect(messages(database)).toEqual(['abc ab b', 'b', 'a', 'abcd abd c null', 'abcd 4n', '2 1 true false 0n']);
  });

  test('catches what the database refuses by the class of the error and goes on', async () => {
    const database = await open(`
      export const go = spacetimedb.reducer((ctx) => {
        const { id } = put(ctx, 1, 'x', 1, 'a');
        try { ctx.db.item.insert({ id, shelf: 2, box: '', slot: 0, label: 'again' }); }
        catch (error) { console.log(error instanceof errors.UniqueAlreadyExists, error instanceof Error); }
        try { ctx.db.item.id.update({ id: 77n, shelf: 2, box: '', slot: 0, label: 'nobody' }); }
        catch (error) { console.log(error instanceof errors.NoSuchRow, error.message); }
      });`);
    expect(database.call('go').tag).toBe('committed');
    expect(messages(database)).toEqual(['true true', 'true table item has no row to update']);
    expect(database.lastChanges()).toBe('item +1 -0');
  });

  test('gets the numbers that the database gave', async () => {
    const database = await open(`
      export const go = spacetimedb.reducer((ctx) => {
        const first = put(ctx, 1, 'x', 1);
        console.log(first.id, put(ctx, 1, 'x', 1).id);
        console.log(ctx.db.item.id.update({ ...first, label: 'new' }).id, ctx.db.item.delete({ ...first, label: 'new' }));
        console.log(ctx.db.item.clear());
      });`);
    database.call('go');
    expect(messages(database)).toEqual(['1n 2n', '1n true', '1n']);
  });

  test('reads rows that are larger than its buffer, and many of them', async () => {
    const database = await open(`
      export const go = spacetimedb.reducer((ctx) => {
        for (let n = 0; n < 300; n++) put(ctx, n, 'x', n, 'l'.repeat(n % 50 === 0 ? 200_000 : 500));
        let size = 0;
        for (const row of ctx.db.item) size += row.label.length;
        console.log(size);
        for (const row of ctx.db.item) { console.log(row.shelf); break; }
      });`);
    expect(database.call('go').tag).toBe('committed');
    expect(messages(database)).toEqual([String(6 * 200_000 + 294 * 500), '0']);
  });

  test('tells a caller what it throws for him, and nobody what went wrong otherwise', async () => {
    const database = await open(`
      export const refuse = spacetimedb.reducer((ctx) => { put(ctx, 1, 'x', 1); throw new SenderError('not today'); });
      export const fail = spacetimedb.reducer((ctx) => { put(ctx, 1, 'x', 1); deeper(ctx); });
      function deeper(ctx) {
        ctx.db.item.nothing.find(1);
      }
      export const odd = spacetimedb.reducer(() => { throw 'a text'; });
      export const deep = spacetimedb.reducer(() => { const again = () => again() + 1; again(); });`);
    expect(database.call('refuse')).toMatchObject({ tag: 'failed', message: 'not today' });
    expect(database.call('fail')).toMatchObject({
      tag: 'internalError',
      message: 'The instance encountered a fatal error.',
    });
    expect(database.call('odd').tag).toBe('internalError');
    expect(database.call('deep').tag).toBe('internalError');
    expect(database.commits).toEqual([]);
    const [failed, odd, deep] = database.log;
    expect(failed).toMatchObject({ level: 'error', filename: 'src/index.ts', lineNumber: 25 });
    expect(failed?.message).toMatch(
      /^reducer fail died: Uncaught TypeError: .*\n\tat deeper \(src\/index\.ts:25:\d+\)\n\tat (?:\S+ \()?src\/index\.ts:23:\d+\)?$/,
    );
    expect(odd?.message).toBe('reducer odd died: Uncaught a text');
    expect(deep?.message).toMatch(
      /^reducer deep died: Uncaught RangeError: Maximum call stack size exceeded\n\tat again/,
    );
  });

  test('logs with the line of its source', async () => {
    const database = await open(`
      export const go = spacetimedb.reducer(() => {
        console.warn('careful', { a: 1 });
        helper();
        console.time('x'); console.timeEnd('x');
      });
      const helper = () => console.error(new Error('inner').stack);`);
    database.call('go');
    expect(database.log).toMatchObject([
      { level: 'warn', filename: 'src/index.ts', lineNumber: 23, functionName: 'go', message: 'careful { a: 1 }' },
      { level: 'error', filename: 'src/index.ts', lineNumber: 27 },
      { level: 'info', message: 'Timing span "x": 0 microseconds' },
    ]);
    expect(database.log[1]?.message).toMatch(
      /^Error: inner\n {4}at helper \(src\/index\.ts:27:\d+\)\n {4}at .*:24:\d+/,
    );
  });

  test('has views that follow what they read, by rows or by a query', async () => {
    const database = await open(`
      export const put2 = spacetimedb.reducer({ shelf: t.u32() }, (ctx, { shelf }) => void put(ctx, shelf, 'x', 1));
      export const low = spacetimedb.anonymousView({ name: 'low', public: true }, t.array(item.rowType),
        (ctx) => ctx.from.item.where((row) => row.shelf.lt(10)).build());
      export const one = spacetimedb.view({ name: 'one', public: true }, t.array(item.rowType),
        (ctx) => [...ctx.db.item.place.filter(1)]);
      export const bad = spacetimedb.view({ name: 'bad', public: true }, t.array(item.rowType),
        (ctx) => { ctx.db.item.insert({ id: 0n, shelf: 1, box: '', slot: 0, label: '' }); return []; });`);
    for (const view of ['low', 'one']) database.database.acquireView(view, ann.identity);
    database.call('put_2', '[20]');
    expect(database.lastChanges()).toBe('item +1 -0');
    database.call('put_2', '[1]');
    expect(database.lastChanges()).toBe('item +1 -0, low +1 -0, one(1) +1 -0');
    expect(() => database.database.acquireView('bad', ann.identity)).toThrow(/insert is not a function|cannot write/);
  });

  test('has procedures that commit and abort', async () => {
    const database = await open(`
      export const twice = spacetimedb.procedure(t.u32(), (ctx) => {
        ctx.withTx((tx) => { put(tx, 1, 'x', 1); });
        try { ctx.withTx((tx) => { put(tx, 2, 'x', 1); throw new Error('no'); }); } catch {}
        return ctx.withTx((tx) => Number(tx.db.item.count()));
      });
      export const outside = spacetimedb.procedure(t.unit(), (ctx) => { throw new TypeError('lost'); });`);
    expect(await database.procedure('twice')).toMatchObject({ tag: 'returned', value: Uint8Array.of(1, 0, 0, 0) });
    expect(await database.procedure('outside')).toMatchObject({
      tag: 'internalError',
      message: 'The module instance encountered a fatal error: Uncaught TypeError: lost',
    });
  });

  test('knows who called and when, and has the same luck each time', async () => {
    const source = `
      export const go = spacetimedb.reducer((ctx) => {
        console.log(ctx.sender.toHexString().slice(-2), ctx.connectionId.__connection_id__, ctx.databaseIdentity.toHexString().slice(-2));
        console.log(new Date(Number(ctx.timestamp.microsSinceUnixEpoch / 1000n)).toISOString(), ctx.random.integerInRange(0, 1e9));
        console.log(new Date().toISOString(), Date.now(), new Date(0) instanceof Date, typeof Date());
        console.log(ctx.senderAuth.hasJWT, ctx.senderAuth.jwt?.subject);
      });
      export const luck = spacetimedb.reducer(() => { Math.random(); });`;
    const [database, second] = [await open(source), await open(source)];
    for (const each of [database, second]) {
      each.database.connect(ann.identity, ann.connectionId, new TextEncoder().encode('{"sub":"ann"}'));
      each.call('go');
    }
    expect(messages(second)).toEqual(messages(database));
    expect(messages(database)).toEqual([
      '01 11n db',
      expect.stringMatching(/^2024-01-01T00:00:00\.000Z \d+$/),
      '2024-01-01T00:00:00.000Z 1704067200000 true string',
      'true ann',
    ]);
    expect(database.call('luck').tag).toBe('internalError');
    expect(messages(database).at(-1)).toContain('use ctx.random');
  });

  test('keeps its globals, and this process its own', async () => {
    const ours = { console: globalThis.console, URL: globalThis.URL };
    const database = await open(`
      globalThis.mark = 1;
      Array.prototype.mark = 2;
      export const go = spacetimedb.reducer(() => {
        console.log(typeof process, typeof setTimeout, typeof fetch, typeof module, typeof TextEncoder);
        console.log(new TextEncoder().encode('ä') instanceof Uint8Array, new TextDecoder().decode(new Uint8Array([65])));
        console.log([3, 1].values().map((n) => n + 1).toArray().join(), new Set([1]).isSubsetOf(new Set([1, 2])));
      });`);
    database.call('go');
    expect({ console: globalThis.console, URL: globalThis.URL }).toEqual(ours);
    expect('mark' in globalThis || 'mark' in []).toBe(false);
    expect(messages(database)).toEqual(['undefined undefined undefined undefined function', 'true A', '4,2 true']);
  });
});
