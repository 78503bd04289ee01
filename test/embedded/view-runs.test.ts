import { describe, expect, test } from 'vitest';
import { ann, entity, errnoOf, everything, message, openTestDatabase, setting } from '../support/embedded-database.ts';
import { scriptedHost } from '../support/scripted-host.ts';

describe('a view', () => {
  test('cannot write', async () => {
    const script = scriptedHost({
      views: {
        lobby: (ops) => {
          ops.clear(ops.tableId('message'));
          throw new Error('it could write');
        },
      },
    });
    const { database } = await openTestDatabase(script);
    expect(() => database.acquireView('lobby', ann.identity)).toThrow('view lobby cannot write');
  });

  test('that fails takes the whole transaction back, of a reducer and of a procedure', async () => {
    const { database, call, procedure, commits, log } = await openTestDatabase(
      scriptedHost({
        reducers: {
          noop: (ops) => {
            ops.insert(ops.tableId('message'), message(0, 'x'));
            return undefined;
          },
        },
        procedures: {
          add: (ops) => {
            ops.startTransaction();
            ops.insert(ops.tableId('message'), message(0, 'y'));
            return Uint8Array.of(errnoOf(() => ops.commitTransaction()));
          },
        },
        views: {
          lobby: (ops) => {
            if (ops.rowCount(ops.tableId('message')) > 0) throw new Error('too many');
            return { tag: 'rows', rows: new Uint8Array(4) };
          },
        },
      }),
    );
    database.acquireView('lobby', ann.identity);
    expect(call('noop')).toMatchObject({ tag: 'internalError', message: 'the view lobby failed: too many' });
    expect(await procedure('add', '[1, 2]')).toMatchObject({ tag: 'returned', value: Uint8Array.of(1) });
    expect(database.table('message')?.size).toBe(0);
    expect(commits).toEqual([]);
    expect(log.map((record) => record.message)).toEqual([
      'reducer noop was rolled back: the view lobby failed: too many',
      'a transaction of procedure add was rolled back: the view lobby failed: too many',
    ]);
    database.releaseView('lobby', ann.identity);
    expect(call('noop').tag).toBe('committed');
  });

  test('that looked a key up is computed again after changes of that key only', async () => {
    let runs = 0;
    const slot = Uint8Array.of(5, 0);
    const { call, database } = await openTestDatabase(
      scriptedHost({
        reducers: {
          put_setting: (ops, { args }) => {
            ops.insert(ops.tableId('setting'), Uint8Array.from(args));
            return undefined;
          },
          noop: (ops) => {
            ops.deletePoint(ops.indexId('setting_slot_idx_btree'), slot);
            return undefined;
          },
        },
        views: {
          lobby: (ops) => {
            runs++;
            ops.scanPoint(ops.indexId('setting_slot_idx_btree'), slot);
            return { tag: 'rows', rows: new Uint8Array(4) };
          },
        },
      }),
    );
    database.acquireView('lobby', ann.identity);
    const runsAfter = (name: string, args?: string): number => {
      expect(call(name, args).tag).toBe('committed');
      return runs;
    };
    expect(runsAfter('put_setting', '["a", 4, ""]')).toBe(1);
    expect(runsAfter('put_setting', '["b", 6, ""]')).toBe(1);
    expect(runsAfter('put_setting', '["c", 5, ""]')).toBe(2);
    expect(runsAfter('noop')).toBe(3);
    expect(runsAfter('noop')).toBe(3);
    database.releaseView('lobby', ann.identity);
    expect(runsAfter('put_setting', '["d", 5, ""]')).toBe(3);
  });

  test('is computed again after a change of a table it scanned or counted, or a range of which it read', async () => {
    let runs = 0;
    const { call, database } = await openTestDatabase(
      scriptedHost({
        reducers: {
          noop: (ops) => {
            ops.insert(ops.tableId('setting'), setting(`k${runs}`, runs, ''));
            return undefined;
          },
        },
        views: {
          lobby: (ops) => {
            runs++;
            if (runs === 1) ops.scanTable(ops.tableId('setting'));
            if (runs === 2) ops.rowCount(ops.tableId('setting'));
            if (runs === 3) ops.scanRange(ops.indexId('setting_slot_idx_btree'), everything);
            return { tag: 'rows', rows: new Uint8Array(4) };
          },
        },
      }),
    );
    database.acquireView('lobby', ann.identity);
    for (let calls = 0; calls < 6; calls++) call('noop');
    expect(runs).toBe(4);
  });

  test('may answer with a query, which is run again when a table in it changes', async () => {
    const { call, database, lastChanges } = await openTestDatabase(
      scriptedHost({
        reducers: {
          spawn: (ops) => {
            ops.insert(ops.tableId('entity'), entity(7));
            return undefined;
          },
          say: (ops) => {
            ops.insert(ops.tableId('message'), message(7, 'x'));
            return undefined;
          },
        },
        views: {
          lobby: () => ({
            tag: 'query',
            sql: 'SELECT "message".* FROM "message" JOIN entity ON message.room = entity.entity_id',
          }),
          me: () => ({ tag: 'query', sql: 'SELECT * FROM nope' }),
        },
      }),
    );
    expect(() => database.acquireView('me', ann.identity)).toThrow('no such table: `nope`');
    const lobby = database.acquireView('lobby', ann.identity);
    call('say', '[7, "x"]');
    expect(lastChanges()).toBe('message +1 -0');
    call('spawn', '[7, 1]');
    expect(lastChanges()).toBe('entity +1 -0, lobby +1 -0');
    call('say', '[7, "x"]');
    expect(lastChanges()).toBe('message +1 -0, lobby +1 -0');
    expect([...lobby.rows()].map((row) => row.value(0))).toEqual([1n, 2n]);
  });
});
