import { encodedRows } from '../support/encoded-rows.ts';
import { computed, type ReadonlySignal } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { stringCodec, u32Codec } from '../../src/bsatn/basic-codecs.ts';
import { type Codec } from '../../src/bsatn/codec.ts';
import { Identity, identityCodec } from '../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { type KeyedTableDefinition, type KeyValue } from '../../src/store/definition.ts';
import { type KeyedTable } from '../../src/store/handles.ts';
import { readRows } from '../../src/store/row-reader.ts';
import { createEventTable, createPlainTable, createKeyedTable, storedTableOf } from '../../src/store/table-handles.ts';
import { entityFixture } from './support/entity-fixture.ts';
import { changesIn, rawChangesIn, rawRows, tableOf, TestStore } from './support/rows.ts';
import { colorCodec, entities, entity, logLines, pings, type Sample, samples } from './support/tables.ts';

/** A table as callers without a compiler have it. */
function unchecked<Row, Key extends KeyValue>(
  table: KeyedTable<Row, Key>,
): {
  find(key: unknown): Row | undefined;
  row(key: unknown): ReadonlySignal<Row | undefined>;
} {
  return { find: (key) => table.find(key as Key), row: (key) => table.row(key as Key) };
}

describe('rows of one query set', () => {
  test('a subscription shows its rows', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    expect([...table.iter()]).toEqual([entity(1), entity(2)]);
    expect(table.count()).toBe(2);
    expect(table.find(2)).toEqual(entity(2));
    expect(table.find(3)).toBeUndefined();
    expect(kinds()).toEqual(['insert 1', 'insert 2']);
  });

  test('a key that no row could have is refused where nothing is found, and one that is not known yet has no row', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, samples);
    const untyped = unchecked(table);
    const sample: Sample = { key: 7n, value: 1, at: new Timestamp(0n), note: undefined, isGood: true };
    server.step(changesIn(1, samples, { inserts: [sample] }));
    const problem = new TypeError(
      'table sample cannot have the key 7 of type number: its keys are of type bigint, such as 7n',
    );
    // Also once it is known of what type keys are.
    for (let time = 0; time < 2; time++) {
      expect(() => untyped.find(7)).toThrow(problem);
      expect(() => computed(() => untyped.find(7)).value).toThrow(problem);
      expect(() => untyped.row(7)).toThrow(problem);
      expect(untyped.find(-1n)).toBeUndefined();
      expect(untyped.find(undefined)).toBeUndefined();
      expect(untyped.find(7n)).toEqual(sample);
      expect(untyped.find(8n)).toBeUndefined();
      expect(() => untyped.row(7)).toThrow(problem);
      expect(untyped.row(undefined).value).toBeUndefined();
    }
  });

  test.each([
    ['of type number', u32Codec, '7', 7],
    ['of type string', stringCodec, 7n, '7'],
    ['objects, such as Identity.fromHexString(…)', identityCodec, 'c200', new Identity(7n)],
    ['objects, such as Identity.fromHexString(…)', colorCodec, 7, { tag: 'Red' }],
    ['objects, such as Identity.fromHexString(…)', identityCodec, [7n], new Identity(7n)],
  ])('the refusal says that keys are %s', (kinds, codec, wrong, right) => {
    const columns = { id: { name: 'id', codec: codec as Codec<KeyValue> } };
    const definition: KeyedTableDefinition<{ readonly id: KeyValue }, KeyValue> = {
      ...tableOf('thing', columns),
      keyColumn: 'id',
      keyOf: (row) => row.id,
    };
    const table = unchecked(createKeyedTable(new TestStore().store, definition));
    const problem = `table thing cannot have the key ${String(wrong)} of type ${typeof wrong}: its keys are ${kinds}`;
    expect(() => table.find(wrong)).toThrow(new TypeError(problem));
    expect(() => table.row(wrong)).toThrow(new TypeError(problem));
    expect(table.row(right).value).toBeUndefined();
  });

  test('a transaction inserts, updates and deletes', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    kinds();
    server.step(changesIn(1, entities, { deletes: [entity(1), entity(2)], inserts: [entity(1, 'new'), entity(3)] }));
    expect(kinds().sort()).toEqual(['delete 2', 'insert 3', 'update 1 e1>new']);
    expect(table.rows.value).toEqual([entity(1, 'new'), entity(3)]);
  });

  test('an update keeps the place of the row', () => {
    const { server, table } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2), entity(3)] }));
    server.step(changesIn(1, entities, { deletes: [entity(2)], inserts: [entity(2, 'new')] }));
    expect(table.rows.value.map((row) => row.name)).toEqual(['e1', 'new', 'e3']);
  });

  test('a row that is deleted and inserted with the same bytes is no change and keeps its object', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    const [before, rows, batch] = [table.find(1), table.rows.value, table.lastBatch.value];
    kinds();
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1)] }));
    expect(table.find(1)).toBe(before);
    expect(table.rows.value).toBe(rows);
    expect(table.lastBatch.value).toBe(batch);
    expect(kinds()).toEqual([]);
  });

  test('rows that did not change keep their objects when others do', () => {
    const { server, table } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    const before = table.find(2);
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] }));
    expect(table.find(2)).toBe(before);
  });

  test('the usual case counts nothing', () => {
    const { server, table, isCounted } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new'), entity(3)] }));
    server.forget([1], changesIn(1, entities, { inserts: [entity(1)] }));
    server.forget([1], changesIn(4, entities, { inserts: [entity(2)] }));
    expect(isCounted()).toBe(false);
    expect(table.rows.value).toEqual([entity(2)]);
  });

  test('a set that returns a row twice has it until it has taken it away twice', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(1)] }));
    expect(kinds()).toEqual(['insert 1']);
    server.step(changesIn(1, entities, { deletes: [entity(1)] }));
    expect(table.count()).toBe(1);
    expect(kinds()).toEqual([]);
    server.step(changesIn(1, entities, { deletes: [entity(1)] }));
    expect(table.count()).toBe(0);
    expect(kinds()).toEqual(['delete 1']);
  });

  test('two queries of one set that return the same row count it twice', () => {
    const { server, table } = entityFixture();
    const one = changesIn(1, entities, { inserts: [entity(1)] });
    server.step(one, one);
    server.step(changesIn(1, entities, { deletes: [entity(1)] }));
    expect(table.count()).toBe(1);
  });

  test('an update by two queries is one update', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(1)] }));
    kinds();
    const update = changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] });
    server.step(update, update);
    expect(kinds()).toEqual(['update 1 e1>new']);
    server.step(changesIn(1, entities, { deletes: [entity(1, 'new'), entity(1, 'new')] }));
    expect(table.count()).toBe(0);
  });

  test('a step without changes announces nothing', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, {}));
    expect(kinds()).toEqual([]);
    expect(table.lastBatch.value).toBeUndefined();
  });
});

describe('rows of overlapping query sets', () => {
  test('a second set that returns the same rows changes nothing to see and keeps the objects', () => {
    const { server, table, kinds, isCounted } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    const before = table.find(1);
    kinds();
    server.step(changesIn(2, entities, { inserts: [entity(1), entity(3)] }));
    expect(kinds()).toEqual(['insert 3']);
    expect(table.find(1)).toBe(before);
    expect(isCounted()).toBe(true);
  });

  test('a row stays until no set returns it any more', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }), changesIn(2, entities, { inserts: [entity(1)] }));
    kinds();
    server.forget([1]);
    expect(table.count()).toBe(1);
    expect(kinds()).toEqual([]);
    server.forget([2]);
    expect(table.count()).toBe(0);
    expect(kinds()).toEqual(['delete 1']);
  });

  test('a row that moves from one set to another in one message, changed, is one update', () => {
    const { server, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }), changesIn(2, entities, { inserts: [entity(2)] }));
    kinds();
    // The set with the insert comes first, as it may on the wire.
    server.step(
      changesIn(1, entities, { inserts: [entity(2, 'moved')] }),
      changesIn(2, entities, { deletes: [entity(2)] }),
    );
    expect(kinds()).toEqual(['update 2 e2>moved']);
  });

  test('a row that moves unchanged is no change and keeps its object', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }), changesIn(2, entities, { inserts: [entity(2)] }));
    const before = table.find(2);
    kinds();
    server.step(changesIn(1, entities, { inserts: [entity(2)] }), changesIn(2, entities, { deletes: [entity(2)] }));
    expect(kinds()).toEqual([]);
    expect(table.find(2)).toBe(before);
    server.forget([2]);
    expect(table.find(2)).toBe(before);
    server.forget([1]);
    expect(table.count()).toBe(0);
  });

  test('an update with more inserts than deletes is one update, and the counts follow', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    kinds();
    const inserts = [entity(1, 'new')];
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts }), changesIn(2, entities, { inserts }));
    expect(kinds()).toEqual(['update 1 e1>new']);
    server.step(changesIn(1, entities, { deletes: inserts }));
    expect(table.count()).toBe(1);
    server.step(changesIn(2, entities, { deletes: inserts }));
    expect(table.count()).toBe(0);
  });

  test('a set that knows a newer version of a row shows it', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    kinds();
    server.step(changesIn(2, entities, { inserts: [entity(1, 'newer')] }));
    expect(kinds()).toEqual(['update 1 e1>newer']);
    expect(table.find(1)).toEqual(entity(1, 'newer'));
  });

  test('a set can leave several tables at once, and only where it has rows', () => {
    const { server, table, kinds } = entityFixture();
    const log = createPlainTable(server.store, logLines);
    server.step(
      changesIn(1, entities, { inserts: [entity(1)] }),
      changesIn(1, logLines, { inserts: [{ level: 1, text: 'one' }] }),
      changesIn(2, logLines, { inserts: [{ level: 2, text: 'two' }] }),
    );
    kinds();
    server.forget([1]);
    expect(kinds()).toEqual(['delete 1']);
    expect(table.count()).toBe(0);
    expect(log.rows.value).toEqual([{ level: 2, text: 'two' }]);
  });

  test('forgetting an unknown set changes nothing', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    kinds();
    server.forget([7]);
    expect(kinds()).toEqual([]);
    expect(table.count()).toBe(1);
  });

  test('when the last rows have left, the table is back in the usual case', () => {
    const { server, table, isCounted } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }), changesIn(2, entities, { inserts: [entity(1)] }));
    server.forget([1, 2]);
    server.step(changesIn(3, entities, { inserts: [entity(1)] }));
    expect(isCounted()).toBe(false);
    expect([...storedTableOf(table).querySetIds()]).toEqual([3]);
  });
});

describe('a table without primary key', () => {
  const hello = { level: 1, text: 'hello' };

  test('has every different row once, whatever a set returns', () => {
    const server = new TestStore();
    const log = createPlainTable(server.store, logLines);
    server.step(changesIn(1, logLines, { inserts: [hello, hello, { level: 2, text: 'hello' }] }));
    expect(log.rows.value).toEqual([hello, { level: 2, text: 'hello' }]);
    server.step(changesIn(1, logLines, { deletes: [hello] }));
    expect(log.count()).toBe(2);
    server.step(changesIn(1, logLines, { deletes: [hello] }));
    expect(log.count()).toBe(1);
  });

  test('knows inserts and deletes, never updates', () => {
    const server = new TestStore();
    const log = createPlainTable(server.store, logLines);
    server.step(changesIn(1, logLines, { inserts: [hello] }));
    server.step(changesIn(1, logLines, { deletes: [hello], inserts: [{ level: 9, text: 'hello' }] }));
    expect(log.lastBatch.value?.events.map((event) => event.kind).sort()).toEqual(['delete', 'insert']);
  });

  test('keeps the objects of rows that a reconciliation brings again', () => {
    const server = new TestStore();
    const log = createPlainTable(server.store, logLines);
    server.step(changesIn(1, logLines, { inserts: [hello, { level: 2, text: 'x' }] }));
    const [before] = log.rows.value;
    server.forget([1], changesIn(1, logLines, { inserts: [{ level: 3, text: 'y' }, hello] }));
    expect(log.rows.value).toContain(before);
    expect(log.changes.value).toEqual({
      inserted: [{ level: 3, text: 'y' }],
      updated: [],
      deleted: [{ level: 2, text: 'x' }],
    });
  });

  test('can have rows without bytes', () => {
    const server = new TestStore();
    const nothing = createPlainTable(server.store, {
      name: 'nothing',
      columns: {},
      codec: { read: () => ({}), write: () => undefined, minSize: 0 },
    });
    server.step(rawChangesIn(1, 'nothing', rawRows([], [], [])));
    expect(nothing.count()).toBe(1);
    server.step(rawChangesIn(1, 'nothing', rawRows(), rawRows([], [])));
    expect(nothing.count()).toBe(1);
    server.step(rawChangesIn(1, 'nothing', rawRows(), rawRows([])));
    expect(nothing.count()).toBe(0);
  });
});

describe('the store', () => {
  test('finds tables by their name on the wire, and refuses a second one of a name', () => {
    const { server, table } = entityFixture();
    expect(server.store.table('entity')).toBe(storedTableOf(table));
    expect(server.store.table('other')).toBeUndefined();
    expect([...server.store.tables()]).toEqual([storedTableOf(table)]);
    expect(() => createKeyedTable(server.store, entities)).toThrow('entity');
  });

  test('only takes handles of its own for tables', () => {
    const { table } = entityFixture();
    expect(() => storedTableOf({ ...table })).toThrow(TypeError);
  });

  test('tells of its tables without knowing their rows', () => {
    const { server } = entityFixture();
    createPlainTable(server.store, { ...logLines, isView: true });
    createEventTable(server.store, pings);
    server.step(
      changesIn(1, entities, { inserts: [entity(1)] }),
      changesIn(1, logLines, { inserts: [{ level: 1, text: 'x' }] }),
    );
    const tables = [...server.store.tables()];
    expect(tables.map(({ name, size, isInAllTables }) => [name, size, isInAllTables])).toEqual([
      ['entity', 1, true],
      ['log_line', 1, false],
      ['ping', 0, false],
    ]);
    expect(tables.map((table) => encodedRows(table).map((bytes) => [...bytes]))).toEqual([
      [[1, 0, 0, 0, 1, 2, 0, 0, 0, 101, 49]],
      [[1, 1, 0, 0, 0, 120]],
      [],
    ]);
  });

  test('reads rows that belong to no step', () => {
    const { server } = entityFixture();
    createEventTable(server.store, pings);
    const read = (table: string, ...bytes: readonly number[]): readonly unknown[] =>
      readRows(server.store.table(table)?.definition ?? entities, rawRows(bytes));
    expect(read('ping', 1, 0, 0, 0)).toEqual([{ from: 1 }]);
    expect(read('entity', 1, 0, 0, 0, 7, 0, 0, 0, 0)).toEqual([entity(1, '', 7)]);
    expect(() => read('entity', 1)).toThrow('column id');
  });
});
