import { describe, expect, test } from 'vitest';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { createKeyedTable } from '../../src/store/table-handles.ts';
import { entityFixture } from './support/entity-fixture.ts';
import { changesIn, rawChangesIn, rawRows, TestStore } from './support/rows.ts';
import { entities, entity, type Sample, samples } from './support/tables.ts';

describe('a reconciliation', () => {
  test('announces only what really changed: a delete, an update, an insert', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2), entity(3)] }));
    const before = table.find(1);
    kinds();
    server.forget([1], changesIn(1, entities, { inserts: [entity(4), entity(3, 'new'), entity(1)] }));
    expect(kinds().sort()).toEqual(['delete 2', 'insert 4', 'update 3 e3>new']);
    expect(table.find(1)).toBe(before);
  });

  test('works for several overlapping sets in one step', () => {
    const { server, table, kinds } = entityFixture();
    server.step(
      changesIn(1, entities, { inserts: [entity(1), entity(2)] }),
      changesIn(2, entities, { inserts: [entity(2), entity(3)] }),
    );
    kinds();
    server.forget(
      [1, 2],
      changesIn(1, entities, { inserts: [entity(2), entity(1)] }),
      changesIn(2, entities, { inserts: [entity(2)] }),
    );
    expect(kinds()).toEqual(['delete 3']);
    server.forget([1]);
    expect(table.rows.value).toEqual([entity(2)]);
  });

  test('keeps the rows of sets that were not answered, and shows the newer version of rows they share', () => {
    const { server, table, kinds } = entityFixture();
    server.step(
      changesIn(1, entities, { inserts: [entity(1)] }),
      changesIn(2, entities, { inserts: [entity(1), entity(2)] }),
    );
    kinds();
    server.forget([1], changesIn(1, entities, { inserts: [entity(1, 'new')] }));
    expect(kinds()).toEqual(['update 1 e1>new']);
    expect(table.count()).toBe(2);
    server.forget([2], changesIn(2, entities, { inserts: [entity(1, 'new')] }));
    expect(kinds()).toEqual(['delete 2']);
  });

  test('may bring rows twice and change them twice in one step, to a set that had none', () => {
    const { server, table, kinds } = entityFixture();
    const [first, second] = [entity(1), entity(1, 'new')];
    server.forget(
      [1],
      changesIn(1, entities, { inserts: [first, first] }),
      changesIn(1, entities, { deletes: [first, first], inserts: [second, second] }),
    );
    expect(kinds()).toEqual(['insert 1']);
    server.step(changesIn(1, entities, { deletes: [second] }));
    expect(table.rows.value).toEqual([second]);
    server.step(changesIn(1, entities, { deletes: [second] }));
    expect(table.count()).toBe(0);
  });

  test('of several messages that come back to the row that was there announces nothing', () => {
    const { server, table, kinds } = entityFixture();
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    const before = table.find(1);
    kinds();
    server.forget(
      [1],
      changesIn(1, entities, { inserts: [entity(1, 'meanwhile')] }),
      changesIn(1, entities, { deletes: [entity(1, 'meanwhile')], inserts: [entity(1)] }),
    );
    expect(kinds()).toEqual([]);
    expect(table.find(1)).toBe(before);
  });

  test('does not take the payload of a NaN for a change, nor a different zero for the same', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, samples);
    const sample: Sample = { key: 1n, value: Number.NaN, at: new Timestamp(5n), note: undefined, isGood: true };
    server.step(changesIn(1, samples, { inserts: [sample] }));
    const before = table.find(1n);
    const bytes = [...rowBytesOf(sample)];
    // The quiet NaN of the row gets a payload, byte 8 being the least significant of `value`.
    bytes[8] = 0x77;
    server.forget([1], rawChangesIn(1, 'sample', rawRows(bytes)));
    expect(table.find(1n)).toBe(before);
    server.forget([1], changesIn(1, samples, { inserts: [{ ...sample, value: 0 }] }));
    const zero = table.find(1n);
    server.forget([1], changesIn(1, samples, { inserts: [{ ...sample, value: -0 }] }));
    expect(table.find(1n)).not.toBe(zero);
    expect(table.find(1n)?.value).toBe(-0);
  });

  test.each([
    ['a number', { value: 2 }],
    ['an object', { at: new Timestamp(6n) }],
    ['an option', { note: 'now here' }],
    ['a boolean', { isGood: false }],
  ])('sees a change of %s', (_, change) => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, samples);
    const sample: Sample = { key: 1n, value: 1, at: new Timestamp(5n), note: undefined, isGood: true };
    server.step(changesIn(1, samples, { inserts: [sample] }));
    server.forget([1], changesIn(1, samples, { inserts: [{ ...sample, ...change }] }));
    expect(table.find(1n)).toEqual({ ...sample, ...change });
    expect(table.lastBatch.value?.events.map((event) => event.kind)).toEqual(['update']);
  });
});

function rowBytesOf(sample: Sample): Uint8Array {
  const { rows } = changesIn(1, samples, { inserts: [sample] });
  return rows.tag === 'PersistentTable' ? rows.inserts.data : new Uint8Array();
}
