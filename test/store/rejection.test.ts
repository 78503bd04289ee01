import { describe, expect, test } from 'vitest';
import { ProtocolError, SchemaError } from '../../src/errors.ts';
import { createEventTable, createPlainTable } from '../../src/store/table-handles.ts';
import { entityFixture } from './support/entity-fixture.ts';
import { changesIn, eventsIn, rawChangesIn, rawRows, TestStore } from './support/rows.ts';
import { entities, entity, logLines, pings } from './support/tables.ts';

describe('what cannot be right', () => {
  test.each([
    ['a delete of an absent row', 1, { deletes: [entity(9)] }, [5]],
    ['a second delete of a row', 1, { deletes: [entity(1), entity(1)] }, [5]],
    ['a delete by a set that has not returned the row', 2, { deletes: [entity(1)] }, [5]],
    // A step that forgets sets is made of several messages, and may well delete what was never shown.
    ['an update of an absent row', 1, { deletes: [entity(9)], inserts: [entity(9, 'new')] }, []],
  ])('%s is a protocol error, and nothing of the step is applied', (_, querySetId, changes, forget) => {
    const { server, table, kinds } = entityFixture();
    const log = createPlainTable(server.store, logLines);
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    kinds();
    const before = table.rows.value;
    const result = server.perform({
      forget,
      changes: [
        changesIn(1, logLines, { inserts: [{ level: 1, text: 'x' }] }),
        changesIn(1, entities, { deletes: [entity(2)] }),
        changesIn(querySetId, entities, changes),
      ],
    });
    expect(result.error).toBeInstanceOf(ProtocolError);
    expect(result.error?.message).toContain('entity');
    expect(table.rows.value).toBe(before);
    expect(log.count()).toBe(0);
    expect(kinds()).toEqual([]);
    expect(server.errors).toEqual([]);
    // The counts are as they were, too.
    server.step(changesIn(1, entities, { deletes: [entity(1), entity(2)] }));
    expect(table.count()).toBe(0);
  });

  test('a row that one message takes away twice is a protocol error, also where it is the only one', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    kinds();
    const { error } = server.perform({ changes: [changesIn(1, entities, { deletes: [entity(1), entity(1)] })] });
    expect(error).toBeInstanceOf(ProtocolError);
    expect(kinds()).toEqual([]);
    expect(table.rows.value).toEqual([entity(1), entity(2)]);
  });

  test('a negative count of one of several sets is found although others return the row', () => {
    const { server, table } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }), changesIn(2, entities, { inserts: [entity(1)] }));
    const result = server.perform({ changes: [changesIn(1, entities, { deletes: [entity(1), entity(1)] })] });
    expect(result.error?.message).toContain('query set 1');
    server.forget([1]);
    expect(table.count()).toBe(1);
  });

  test('a set that leaves in a step has nothing to take away in it', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }), changesIn(2, entities, { inserts: [entity(1)] }));
    kinds();
    const result = server.perform({ forget: [1], changes: [changesIn(1, entities, { deletes: [entity(1)] })] });
    expect(result.error).toBeInstanceOf(ProtocolError);
    server.forget([2]);
    expect(table.count()).toBe(1);
    expect(kinds()).toEqual([]);
  });

  test('rows of an unknown table are reported once and ignored, the rest of the message counts', () => {
    const { server, table } = entityFixture();
    for (const id of [1, 2]) {
      server.step(rawChangesIn(1, 'stranger', rawRows([1])), changesIn(1, entities, { inserts: [entity(id)] }));
    }
    expect(table.count()).toBe(2);
    expect(server.errors).toHaveLength(1);
    expect(server.errors[0]).toMatchObject({ name: 'SchemaError', table: 'stranger', column: undefined });
  });

  test.each([
    ['a column that cannot be read', [1, 0, 0, 0, 7, 200, 0, 0, 0, 1], 'name'],
    ['a column that is cut off', [1, 0], 'id'],
    ['bytes after the last column', [1, 0, 0, 0, 7, 0, 0, 0, 0, 99], undefined],
  ])('%s rejects the set and names the column', (_, bytes, column) => {
    const { server, table, kinds } = entityFixture();
    server.step(
      changesIn(1, entities, { inserts: [entity(1)] }),
      changesIn(2, entities, { inserts: [entity(1), entity(2)] }),
    );
    kinds();
    const { rejected, error } = server.perform({
      changes: [
        changesIn(2, entities, { deletes: [entity(2)] }),
        rawChangesIn(2, 'entity', rawRows(bytes)),
        changesIn(1, entities, { inserts: [entity(3)] }),
      ],
    });
    expect(error).toBeUndefined();
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ querySetId: 2, error: { name: 'SchemaError', table: 'entity', column } });
    expect(rejected[0]?.error.message).toContain('generate');
    // Its rows left in the same step; those of set 1 live.
    expect(table.rows.value).toEqual([entity(1), entity(3)]);
    expect(kinds()).toEqual(['delete 2', 'insert 3']);
    expect(server.errors).toEqual([]);
  });

  test('a row that reads on into the next one does not fit', () => {
    const { server } = entityFixture();
    // The text of the first row would reach into the second.
    const { rejected } = server.perform({
      changes: [rawChangesIn(1, 'entity', rawRows([1, 0, 0, 0, 7, 3, 0, 0, 0], [1, 0, 0, 0, 7, 0, 0, 0, 0]))],
    });
    expect(rejected[0]?.error.column).toBe('name');
  });

  test('deletes that cannot be read reject the set too', () => {
    const { server, table } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    const { rejected } = server.perform({ changes: [rawChangesIn(1, 'entity', rawRows(), rawRows([1, 2, 3]))] });
    expect(rejected).toHaveLength(1);
    expect(table.count()).toBe(0);
  });

  test('a rejected set leaves all tables, those of the same step as well', () => {
    const { server, table } = entityFixture();
    const log = createPlainTable(server.store, logLines);
    server.step(changesIn(1, logLines, { inserts: [{ level: 1, text: 'x' }] }));
    server.perform({
      changes: [changesIn(1, entities, { inserts: [entity(1)] }), rawChangesIn(1, 'log_line', rawRows([1]))],
    });
    expect([table.count(), log.count()]).toEqual([0, 0]);
  });

  test('changes of a rejected set that still come are ignored until it is forgotten', () => {
    const { server, table } = entityFixture();
    server.perform({ changes: [rawChangesIn(1, 'entity', rawRows([1]))] });
    server.step(changesIn(1, entities, { deletes: [entity(5)] }), changesIn(2, entities, { inserts: [entity(2)] }));
    expect(table.rows.value).toEqual([entity(2)]);
    server.forget([1], changesIn(1, entities, { inserts: [entity(1)] }));
    expect(table.count()).toBe(2);
    server.step(changesIn(1, entities, { deletes: [entity(1)] }));
    expect(table.count()).toBe(1);
  });

  test('stored rows for an event table, and the other way round, reject the set', () => {
    const { server } = entityFixture();
    createEventTable(server.store, pings);
    const one = server.perform({ changes: [changesIn(1, pings, { inserts: [{ from: 1 }] })] });
    const other = server.perform({ changes: [eventsIn(2, entities, [entity(1)])] });
    expect(one.rejected[0]?.error).toMatchObject({ table: 'ping', column: undefined });
    expect(other.rejected[0]?.error).toMatchObject({ table: 'entity', column: undefined });
  });

  test('hostile nesting is a schema error, not a crash', () => {
    const server = new TestStore();
    const deep = (): never => deep();
    const codec = { read: deep, write: () => undefined, minSize: 0 };
    createPlainTable(server.store, { name: 'deep', columns: { deep: { name: 'deep', codec } }, codec });
    const { rejected } = server.perform({ changes: [rawChangesIn(1, 'deep', rawRows([1]))] });
    expect(rejected[0]?.error).toBeInstanceOf(SchemaError);
    expect(rejected[0]?.error.cause).toBeInstanceOf(RangeError);
  });
});
