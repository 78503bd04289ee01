import { computed, effect } from '@preact/signals-core';
import { describe, expect, test, vi } from 'vitest';
import { KeptRows } from '../../src/store/kept-rows.ts';
import { changesIn } from './support/rows.ts';
import { line, storeFixture } from './support/store-fixture.ts';
import { entities, entity, logLines } from './support/tables.ts';

describe('the signals of a table', () => {
  test('rows keep the identity of the array until a row changes, watched or not', () => {
    const { server, table, log } = storeFixture();
    const before = table.rows.value;
    server.step(changesIn(2, logLines, { inserts: [line] }));
    server.step(changesIn(2, entities, { inserts: [entity(1)] }));
    expect(table.rows.value).toBe(before);
    expect(log.rows.value).toEqual([line]);
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    expect(table.rows.value).not.toBe(before);
    expect(before).toHaveLength(2);
  });

  test('rows are built only when they are read', () => {
    const { server, table } = storeFixture();
    const build = vi.spyOn(KeptRows.prototype, 'toArray');
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    server.step(changesIn(1, entities, { inserts: [entity(4)] }));
    const own = build.mock.calls.length;
    void table.rows.value;
    void table.rows.value;
    const read = build.mock.calls.length;
    build.mockRestore();
    expect([own, read]).toEqual([0, 1]);
  });

  test('count does not wake its effect when rows change and their number does not', () => {
    const { server, table } = storeFixture();
    const run = vi.fn<() => void>(() => void table.count());
    effect(run);
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] }));
    server.step(changesIn(1, entities, { deletes: [entity(1, 'new')], inserts: [entity(3)] }));
    expect(run).toHaveBeenCalledTimes(1);
    server.step(changesIn(1, entities, { inserts: [entity(4)] }));
    expect(run).toHaveBeenCalledTimes(2);
  });

  test('iter is tracked', () => {
    const { server, table } = storeFixture();
    const names = computed(() => [...table.iter()].map((row) => row.name));
    expect(names.value).toEqual(['e1', 'e2']);
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] }));
    expect(names.value).toEqual(['new', 'e2']);
  });

  test('changes are undefined before the first batch', () => {
    const { log } = storeFixture();
    expect([log.changes.value, log.lastBatch.value, log.name]).toEqual([undefined, undefined, 'log_line']);
  });
});
