import { encodedRows } from '../../support/encoded-rows.ts';
import { effect } from '@preact/signals-core';
import { describe, expect, test, vi } from 'vitest';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { OverlaidRows } from '../../../src/store/overlay/overlaid-rows.ts';
import { createPlainTable, storedTableOf } from '../../../src/store/table-handles.ts';
import { bytesToKey } from '../../../src/bsatn/bytes.ts';
import { changesIn, TestStore } from '../support/rows.ts';
import { entity, logLines } from '../support/tables.ts';
import { optimistic, OverlayFixture } from '../support/overlay-fixture.ts';

describe('a table without a primary key', () => {
  test('shows whole rows that are expected, hides others, and tells which', () => {
    const server = new TestStore();
    const table = createPlainTable(server.store, logLines);
    const [one, two, three] = ['one', 'two', 'three'].map((text) => ({ level: 1, text }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('three lines');
    server.step(changesIn(1, logLines, { inserts: [one, two] }));
    const changes = [OptimisticChange.deleteRow(table, one), OptimisticChange.insertRow(table, three)];
    const begin = server.store.prepare(changes);
    server.perform({ context: optimistic, begin });
    expect(table.rows.value).toEqual([two, three]);
    expect([...table.pending.value]).toEqual([one, three]);
    expect(table.pending.value.has({ ...three })).toBe(true);
    expect(table.pending.value.has(two)).toBe(false);
    const shown = table.rows.value;
    server.perform({ end: [begin], changes: [changesIn(1, logLines, { deletes: [one], inserts: [three] })] });
    expect(table.rows.value).toBe(shown);
    expect(table.pending.value.size).toBe(0);
    expect(encodedRows(storedTableOf(table)).map(bytesToKey)).toHaveLength(2);
  });

  test('rolls back without a trace', () => {
    const server = new TestStore();
    const table = createPlainTable(server.store, logLines);
    const line = { level: 1, text: 'x' };
    const begin = server.store.prepare([OptimisticChange.insertRow(table, line)]);
    server.perform({ begin });
    expect(table.count()).toBe(1);
    server.perform({ end: [begin] });
    expect(table.count()).toBe(0);
  });
});

describe('a well-predicted write', () => {
  test('is exactly one change from call to confirmation, of the row, the table and everything else', () => {
    const fixture = new OverlayFixture(entity(1, 'a'));
    const runs = { row: 0, rows: 0, batch: 0 };
    effect(() => void [fixture.table.row(1).value, runs.row++]);
    effect(() => void [fixture.table.rows.value, runs.rows++]);
    effect(() => void [fixture.table.lastBatch.value, runs.batch++]);
    const call = fixture.call(fixture.update(entity(1, 'a'), entity(1, 'b')));
    fixture.answer(call, { deletes: [entity(1, 'a')], inserts: [entity(1, 'b')] });
    expect(runs).toEqual({ row: 2, rows: 2, batch: 2 });
  });

  test('changes the pending keys twice, also where no row changes', () => {
    const fixture = new OverlayFixture(entity(1, 'a'));
    const seen: number[][] = [];
    effect(() => void seen.push([...fixture.table.pending.value]));
    const call = fixture.call(fixture.insert(entity(1, 'a')));
    fixture.answer(call);
    expect(seen).toEqual([[], [1], []]);
    expect(fixture.heard).toEqual([]);
  });
});

test('an iteration is of the rows that were there when it began, with pending calls as without', () => {
  const fixture = new OverlayFixture(entity(1));
  fixture.call(fixture.insert(entity(2)));
  const seen: number[] = [];
  for (const { id } of fixture.table.iter()) {
    if (seen.push(id) > 10) break;
    fixture.call(fixture.insert(entity(id + 100)));
  }
  expect(seen).toEqual([1, 2]);
});

describe('a table without pending calls', () => {
  test('shows its base itself, and a step does nothing for an overlay', () => {
    const fixture = new OverlayFixture(entity(1));
    const { base } = storedTableOf(fixture.table);
    const read = vi.spyOn(OverlaidRows.prototype, 'get');
    const keep = vi.spyOn(base.rows, 'set');
    fixture.remote({ inserts: [entity(2)], deletes: [entity(1)] });
    expect(storedTableOf(fixture.table).visibleRows).toBe(base.rows);
    expect([read.mock.calls.length, keep.mock.calls.length]).toEqual([0, 0]);
    const call = fixture.call(fixture.insert(entity(9)));
    expect(storedTableOf(fixture.table).visibleRows).not.toBe(base.rows);
    fixture.takeBack(call);
    expect(storedTableOf(fixture.table).visibleRows).toBe(base.rows);
    vi.restoreAllMocks();
  });

  test('has nothing to do with a step of which nobody expects anything', () => {
    const fixture = new OverlayFixture(entity(1));
    const table = storedTableOf(fixture.table);
    expect(table.overlay).toBeUndefined();
    const call = fixture.call(OptimisticChange.insertRow(fixture.table, entity(2)));
    expect(table.overlay?.isConcerned({})).toBe(true);
    fixture.takeBack(call);
    expect(table.overlay?.isConcerned({})).toBe(false);
  });
});
