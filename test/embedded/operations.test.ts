import { describe, expect, test } from 'vitest';
import { ConnectionId } from '../../src/bsatn/index.ts';
import { type HostOps, type ReducerReturn } from '../../src/embedded/module-host.ts';
import {
  ann,
  bsatn,
  databaseIdentity,
  errnoOf,
  everything,
  message,
  openTestDatabase,
  setting,
  type TestDatabase,
} from '../support/embedded-database.ts';
import { scriptedHost } from '../support/scripted-host.ts';

const text = (value: string): Uint8Array => bsatn((writer) => writer.string(value));
const none = new Uint8Array();

/** Runs `work` as the reducer `noop`; what it expects in vain fails the test. */
async function inReducer(work: (ops: HostOps) => void): Promise<TestDatabase> {
  let problem: unknown;
  const noop = (ops: HostOps): ReducerReturn | undefined => {
    try {
      work(ops);
    } catch (error) {
      problem = error;
    }
    return undefined;
  };
  const opened = await openTestDatabase(scriptedHost({ reducers: { noop } }));
  expect(opened.call('noop').tag).toBe('committed');
  if (problem !== undefined) throw problem;
  return opened;
}

describe('operations of a reducer', () => {
  test('find tables and indexes by both of their names', async () => {
    await inReducer((ops) => {
      expect(ops.tableId('every_type')).toBe(ops.tableId('every_type'));
      expect(ops.indexId('note_owner_folder_idx_btree')).toBeGreaterThan(0);
      expect(errnoOf(() => ops.tableId('nope'))).toBe(4);
      expect(errnoOf(() => ops.indexId('nope'))).toBe(5);
      expect(errnoOf(() => ops.rowCount(1))).toBe(4);
      expect(errnoOf(() => ops.scanPoint(1, none))).toBe(5);
    });
  });

  test('insert, read, update and delete', async () => {
    const { lastChanges } = await inReducer((ops) => {
      const table = ops.tableId('setting');
      const byKey = ops.indexId('setting_key_idx_btree');
      const bySlot = ops.indexId('setting_slot_idx_btree');
      for (const slot of [3, 1, 2]) expect(ops.insert(table, setting(`k${slot}`, slot, 'v'))).toEqual(none);
      expect(ops.rowCount(table)).toBe(3);
      expect(ops.scanTable(table)).toHaveLength(3);
      expect(ops.scanRange(bySlot, everything).map((row) => row.bytes)).toEqual(
        [1, 2, 3].map((slot) => setting(`k${slot}`, slot, 'v')),
      );
      expect(ops.scanPoint(byKey, text('k2')).map((row) => row.bytes)).toEqual([setting('k2', 2, 'v')]);
      expect(ops.scanPoint(byKey, text('k9'))).toEqual([]);
      ops.update(table, byKey, setting('k2', 7, 'w'));
      expect(ops.scanPoint(bySlot, Uint8Array.of(2, 0))).toEqual([]);
      expect(ops.deletePoint(bySlot, Uint8Array.of(7, 0))).toBe(1);
      expect(ops.deletePoint(bySlot, Uint8Array.of(7, 0))).toBe(0);
      const listed = bsatn((writer) => {
        writer.u32(3);
        for (const row of [setting('k1', 1, 'v'), setting('k1', 1, 'v'), setting('k1', 1, 'x')]) writer.raw(row);
      });
      expect(ops.deleteRows(table, listed)).toBe(1);
      expect(ops.deleteRange(bySlot, everything)).toBe(1);
      expect(ops.clear(table)).toBe(0);
      ops.insert(table, setting('last', 9, ''));
    });
    expect(lastChanges()).toBe('setting +1 -0');
  });

  test('that cannot be done change nothing and can be caught', async () => {
    const { lastChanges } = await inReducer((ops) => {
      const table = ops.tableId('setting');
      const byKey = ops.indexId('setting_key_idx_btree');
      ops.insert(table, setting('a', 1, 'v'));
      ops.insert(table, setting('b', 2, 'v'));
      expect(errnoOf(() => ops.insert(table, setting('a', 3, 'v')))).toBe(12);
      expect(errnoOf(() => ops.insert(table, setting('c', 2, 'v')))).toBe(12);
      expect(errnoOf(() => ops.update(table, byKey, setting('a', 2, 'v')))).toBe(12);
      expect(errnoOf(() => ops.update(table, byKey, setting('z', 9, 'v')))).toBe(15);
      expect(errnoOf(() => ops.insert(table, Uint8Array.of(1, 0)))).toBe(3);
      expect(errnoOf(() => ops.scanPoint(byKey, Uint8Array.of(1)))).toBe(3);
      expect(errnoOf(() => ops.deleteRows(table, Uint8Array.of(1, 0, 0, 0)))).toBe(3);
      expect(errnoOf(() => ops.scanRange(byKey, { ...everything, lower: Uint8Array.of(9) }))).toBe(3);
      expect(errnoOf(() => ops.scanRange(byKey, { ...everything, prefixColumns: 2 }))).toBe(3);
      const byRoom = ops.indexId('message_room_idx_btree');
      expect(errnoOf(() => ops.update(table, byRoom, setting('a', 1, 'v')))).toBe(5);
      expect(errnoOf(() => ops.update(ops.tableId('message'), byRoom, message(1, 'x')))).toBe(14);
      expect(ops.insert(table, setting('a', 1, 'v'))).toEqual(none);
    });
    expect(lastChanges()).toBe('setting +2 -0');
  });

  test('give the numbers that they generated, and none for a number that is given', async () => {
    await inReducer((ops) => {
      const table = ops.tableId('message');
      const one = bsatn((writer) => writer.u64(1n));
      expect(ops.insert(table, message(1, 'a'))).toEqual(one);
      const given = message(1, 'b');
      given[0] = 5;
      expect(ops.insert(table, given)).toEqual(none);
      const two = bsatn((writer) => writer.u64(2n));
      expect(ops.insert(table, message(1, 'c'))).toEqual(two);
    });
  });

  test('know the database and the claims of a connection', async () => {
    const claims = new TextEncoder().encode('{"sub":"ann"}');
    const seen: (Uint8Array | undefined)[] = [];
    const look = (ops: HostOps): undefined => {
      expect(ops.identity).toBe(databaseIdentity);
      seen.push(ops.tokenPayload(ann.connectionId), ops.tokenPayload(new ConnectionId(5n)));
    };
    const { database, call } = await openTestDatabase(scriptedHost({ reducers: { on_connect: look, noop: look } }));
    database.connect(ann.identity, ann.connectionId, claims);
    database.disconnect(ann.identity, ann.connectionId);
    call('noop');
    expect(seen).toEqual([claims, undefined, undefined, undefined]);
  });

  test('may not end a transaction, begin one or sleep', async () => {
    await inReducer((ops) => {
      expect(errnoOf(() => ops.startTransaction())).toBe(17);
      expect(errnoOf(() => ops.commitTransaction())).toBe(18);
      expect(errnoOf(() => ops.abortTransaction())).toBe(18);
      expect(() => ops.sleep(0n)).toThrow('the reducer noop called procedure_sleep_until');
    });
  });

  test('may have a reducer called at once, even by a reducer that fails', async () => {
    const called: string[] = [];
    const { call, clock } = await openTestDatabase(
      scriptedHost({
        reducers: {
          noop: (ops) => {
            ops.scheduleNow('add_score', Uint8Array.of(1));
            return { tag: 'error', message: 'no' };
          },
          add_score: (_, { args, sender }) => {
            called.push(`${args.join()} by ${sender.value}`);
            return undefined;
          },
        },
      }),
    );
    expect(call('noop').tag).toBe('failed');
    expect(called).toEqual([]);
    clock.advance(0);
    expect(called).toEqual([`1 by ${databaseIdentity.value}`]);
  });
});

describe('operations of a procedure', () => {
  test('need a transaction, of which one at a time is open', async () => {
    const script = scriptedHost({
      procedures: {
        add: (ops) => {
          expect(errnoOf(() => ops.tableId('setting'))).toBe(2);
          expect(errnoOf(() => ops.commitTransaction())).toBe(18);
          expect(ops.startTransaction()).toBe(1_704_067_200_000_000n);
          expect(errnoOf(() => ops.startTransaction())).toBe(17);
          expect(() => ops.sleep(0n)).toThrow('sleeps in a transaction');
          ops.insert(ops.tableId('setting'), setting('a', 1, ''));
          ops.abortTransaction();
          ops.startTransaction();
          expect(ops.rowCount(ops.tableId('setting'))).toBe(0);
          ops.insert(ops.tableId('setting'), setting('b', 2, ''));
          ops.commitTransaction();
          expect(errnoOf(() => ops.insert(1, none))).toBe(2);
          return none;
        },
      },
    });
    const { procedure, commits } = await openTestDatabase(script);
    expect(await procedure('add', '[1, 2]')).toMatchObject({ tag: 'returned' });
    expect(commits).toHaveLength(1);
  });

  test('a transaction that a procedure leaves open is taken back', async () => {
    const script = scriptedHost({
      procedures: {
        add: (ops) => {
          ops.startTransaction();
          ops.insert(ops.tableId('setting'), setting('a', 1, ''));
          return none;
        },
      },
    });
    const { procedure, database, call, commits } = await openTestDatabase(script);
    await procedure('add', '[1, 2]');
    expect(database.table('setting')?.size).toBe(0);
    expect(call('noop').tag).toBe('committed');
    expect(commits).toHaveLength(1);
  });
});
