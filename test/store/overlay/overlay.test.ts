import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { createEventTable, createKeyedTable } from '../../../src/store/table-handles.ts';
import { changesIn, TestStore } from '../support/rows.ts';
import { type Entity, entities, entity, pings, type Sample, samples } from '../support/tables.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { optimistic, OverlayFixture } from '../support/overlay-fixture.ts';

describe('rows of others', () => {
  test('that change while a call is pending are the same objects in the table as for listeners', () => {
    const fixture = new OverlayFixture(entity(1), entity(2));
    fixture.call(fixture.insert(entity(3)));
    const rows: Entity[] = [];
    fixture.table.onUpdate(({ newRow }) => rows.push(newRow));
    fixture.table.onInsert(({ row }) => rows.push(row));
    fixture.remote({ deletes: [entity(1)], inserts: [entity(1, 'new'), entity(4)] });
    expect(rows).toEqual([entity(1, 'new'), entity(4)]);
    for (const row of rows) expect(fixture.table.find(row.id)).toBe(row);
  });
});

describe('two updates of one row', () => {
  const [a, b, c] = [entity(1, 'a'), entity(1, 'b'), entity(1, 'c')];

  test('show the newer one when the older is taken back', () => {
    const fixture = new OverlayFixture(a);
    const first = fixture.call(fixture.update(a, b));
    fixture.call(fixture.update(b, c));
    fixture.takeBack(first);
    expect(fixture.names).toBe('1c');
  });

  test.each([
    [0, 1],
    [1, 0],
  ])('end at the row of the server when both are taken back (%i first)', (one, other) => {
    const fixture = new OverlayFixture(a);
    const calls = [fixture.call(fixture.update(a, b)), fixture.call(fixture.update(b, c))];
    for (const index of [one, other]) fixture.takeBack(...calls.slice(index, index + 1));
    expect(fixture.names).toBe('1a');
    expect(fixture.pending).toEqual([]);
    expect(fixture.table.find(1)).toBe(fixture.table.rows.value[0]);
  });

  test('end at what the server made of the first one, not at what was predicted', () => {
    const fixture = new OverlayFixture(a);
    const first = fixture.call(fixture.update(a, b));
    const second = fixture.call(fixture.update(b, c));
    fixture.answer(first, { deletes: [a], inserts: [entity(1, 'trimmed')] });
    expect(fixture.names).toBe('1c');
    fixture.takeBack(second);
    expect(fixture.names).toBe('1trimmed');
  });
});

describe('a pending change', () => {
  const [a, b] = [entity(1, 'a'), entity(1, 'b')];

  test('of a row that the server deleted meanwhile leaves nothing when it is taken back', () => {
    const fixture = new OverlayFixture(a);
    const call = fixture.call(fixture.update(a, b));
    fixture.remote({ deletes: [a] });
    expect(fixture.table.find(1)).toBeUndefined();
    fixture.takeBack(call);
    expect(fixture.names).toBe('');
    expect(fixture.heard).toEqual(['optimistic 1a>b', 'unknownTransaction -1b']);
  });

  test.each([
    [0, 1],
    [1, 0],
  ])('that deletes, and one that inserts the same key, end at the row of the server (%i first)', (one, other) => {
    const fixture = new OverlayFixture(a);
    const calls = [fixture.call(fixture.delete(a)), fixture.call(fixture.insert(b))];
    expect(fixture.names).toBe('1b');
    for (const index of [one, other]) fixture.takeBack(...calls.slice(index, index + 1));
    expect(fixture.names).toBe('1a');
  });

  test('that inserts what another one inserted leaves nothing when both are taken back', () => {
    const fixture = new OverlayFixture();
    const calls = [fixture.call(fixture.insert(a)), fixture.call(fixture.insert(b))];
    fixture.takeBack(...calls);
    expect(fixture.heard).toEqual(['optimistic +1a', 'optimistic 1a>b', 'rollback -1b']);
  });

  test('hides what others do to the same column until it ends, which then is what is left', () => {
    const fixture = new OverlayFixture(a);
    const call = fixture.call(fixture.update(a, b));
    const shown = fixture.table.find(1);
    fixture.remote({ deletes: [a], inserts: [entity(1, 'remote')] });
    expect(fixture.table.find(1)).toBe(shown);
    fixture.takeBack(call);
    expect(fixture.heard).toEqual(['optimistic 1a>b', 'rollback 1b>remote']);
  });

  test('holds only the columns that differ: what others do to the rest shows at once', () => {
    const fixture = new OverlayFixture(a);
    fixture.call(fixture.update(a, b));
    fixture.remote({ deletes: [a], inserts: [{ ...a, room: 9 }] });
    expect(fixture.table.find(1)).toEqual({ id: 1, room: 9, name: 'b' });
  });

  test('survives a stale snapshot and a new connection', () => {
    const fixture = new OverlayFixture(a);
    const call = fixture.call(fixture.update(a, b), fixture.insert(entity(2, 'new')));
    fixture.server.forget([1], changesIn(1, entities, { inserts: [a] }));
    expect(fixture.names).toBe('1b 2new');
    expect(fixture.pending).toEqual([1, 2]);
    expect(fixture.heard).toEqual(['optimistic 1a>b', 'optimistic +2new']);
    fixture.answer(call, { deletes: [a], inserts: [b, entity(2, 'new')] });
    expect(fixture.heard).toHaveLength(2);
  });

  test('that updates an absent row shows nothing, and shows as soon as there is one', () => {
    const fixture = new OverlayFixture();
    fixture.call(fixture.update(a, b));
    expect(fixture.heard).toEqual([]);
    expect(fixture.pending).toEqual([1]);
    fixture.remote({ inserts: [{ ...a, room: 9 }] });
    expect(fixture.table.find(1)).toEqual({ id: 1, room: 9, name: 'b' });
  });

  test('that inserts over a present row replaces it', () => {
    const fixture = new OverlayFixture(a);
    fixture.call(fixture.insert({ ...b, room: 7 }));
    expect(fixture.table.find(1)).toEqual({ id: 1, room: 7, name: 'b' });
    expect(fixture.heard).toEqual(['optimistic 1a>b']);
  });

  test('of the key is a delete and an insert', () => {
    const fixture = new OverlayFixture(a);
    fixture.call(fixture.update(a, entity(2, 'a')));
    expect(fixture.heard.sort()).toEqual(['optimistic +2a', 'optimistic -1a']);
    expect(fixture.pending).toEqual([1, 2]);
  });

  test('that changes nothing is none, and one that shows what is there is no event', () => {
    const fixture = new OverlayFixture(a);
    const before = fixture.table.find(1);
    fixture.call(fixture.update(a, { ...a }));
    expect(fixture.pending).toEqual([]);
    fixture.call(fixture.insert({ ...a }));
    expect(fixture.heard).toEqual([]);
    expect(fixture.table.find(1)).toBe(before);
  });

  test('that turns out as predicted is no event, and the row keeps its object for good', () => {
    const fixture = new OverlayFixture(a);
    const call = fixture.call(fixture.update(a, b));
    const shown = fixture.table.find(1);
    fixture.answer(call, { deletes: [a], inserts: [b] });
    expect(fixture.table.find(1)).toBe(shown);
    expect(fixture.heard).toEqual(['optimistic 1a>b']);
    fixture.remote({ inserts: [entity(2)] });
    expect(fixture.table.find(1)).toBe(shown);
  });

  test('with a key that the server did not use leaves in the step in which the real row comes', () => {
    const fixture = new OverlayFixture();
    const seen: string[] = [];
    effect(() => void seen.push(fixture.names));
    const call = fixture.call(fixture.insert(entity(999, 'x')));
    fixture.answer(call, { inserts: [entity(5, 'x')] });
    expect(seen).toEqual(['', '999x', '5x']);
  });

  test('ends even when the answer cannot be applied, for there will be no other', () => {
    const fixture = new OverlayFixture(a);
    const call = fixture.call(fixture.update(a, b));
    const deletes = [entity(7)];
    const result = fixture.server.perform({ end: [call], changes: [changesIn(1, entities, { deletes })] });
    expect(result.error?.name).toBe('ProtocolError');
    expect(fixture.names).toBe('1a');
    expect(fixture.pending).toEqual([]);
  });

  test('is a copy of what the caller has, so that nobody can change it later', () => {
    const fixture = new OverlayFixture();
    const row = { id: 1, room: 1, name: 'mine' };
    fixture.call(fixture.insert(row));
    row.name = 'changed';
    expect(fixture.names).toBe('1mine');
  });

  test('of a listener or an effect is a step of its own directly after the one under way', () => {
    const fixture = new OverlayFixture();
    const seen: string[] = [];
    let isCalled = false;
    effect(() => void seen.push(fixture.names));
    fixture.table.onInsert(({ row }) => {
      if (isCalled) return;
      isCalled = true;
      const begin = fixture.server.store.prepare([fixture.update(row, { ...row, name: 'effect' })]);
      fixture.server.store.apply({ context: optimistic, forget: [], changes: [], begin });
      seen.push(`listener ends: ${fixture.names}`);
    });
    fixture.remote({ inserts: [a] });
    expect(seen).toEqual(['', 'listener ends: 1a', '1a', '1effect']);
  });

  test.each<[string, (fixture: OverlayFixture) => OptimisticChange, RegExp]>([
    [
      'a row that does not fit',
      () => OptimisticChange.insert('entity', { id: -1, room: 1, name: 'x' }),
      /table entity/,
    ],
    ['a row that is none', () => OptimisticChange.delete('entity', undefined), /table entity/],
    ['a table that there is not', () => OptimisticChange.insert('nowhere', {}), /table nowhere/],
    ['an event table', () => OptimisticChange.insert('ping', { from: 1 }), /table ping.*never stored/],
  ])('of %s is refused with the name of the table', (_, change, message) => {
    const fixture = new OverlayFixture(a);
    createEventTable(fixture.server.store, pings);
    const all = [fixture.update(a, b), change(fixture)];
    expect(() => fixture.server.store.prepare(all)).toThrow(message);
    expect(() => fixture.server.store.prepare(all)).toThrow(TypeError);
    expect([fixture.names, fixture.pending]).toEqual(['1a', []]);
  });
});

describe('columns', () => {
  const row: Sample = { key: 1n, value: Number.NaN, at: new Timestamp(5n), note: undefined, isGood: true };

  test('are compared by their bytes', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, samples);
    server.step(changesIn(1, samples, { inserts: [row] }));
    const same = { ...row, value: -Number.NaN, at: new Timestamp(5n) };
    const begin = server.store.prepare([OptimisticChange.updateRow(table, row, { ...same, isGood: false })]);
    server.perform({ begin });
    server.step(changesIn(1, samples, { deletes: [row], inserts: [{ ...row, value: 0, at: new Timestamp(9n) }] }));
    expect(table.find(1n)).toEqual({ ...row, value: 0, at: new Timestamp(9n), isGood: false });
  });

  test('that become absent are a difference too', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, samples);
    const noted = { ...row, note: 'here' };
    server.step(changesIn(1, samples, { inserts: [noted] }));
    server.perform({ begin: server.store.prepare([OptimisticChange.updateRow(table, noted, row)]) });
    expect(table.find(1n)?.note).toBeUndefined();
  });
});
