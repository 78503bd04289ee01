import { computed, effect } from '@preact/signals-core';
import { describe, expect, test, vi } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { type HashIndex } from '../../src/store/handles.ts';
import { range } from '../../src/store/range.ts';
import { createKeyedTable, createPlainTable } from '../../src/store/table-handles.ts';
import {
  createHashIndex,
  createOrderedColumn,
  createOrderedIndex,
  createUniqueIndex,
  createUniqueOrderedColumn,
} from '../../src/store/table-indexes.ts';
import { player, type Player, players, type PlayersFixture, playersFixture } from './support/players.ts';
import { changesIn, TestStore } from './support/rows.ts';
import { type Color, type Entity, entities, entity, logLines } from './support/tables.ts';

const ids = (rows: readonly { readonly id: number }[]): readonly number[] => rows.map((row) => row.id);

describe('a unique index', () => {
  test('finds rows, whether they came before its first use or after it', () => {
    const { table, byName, insert, replace } = playersFixture();
    insert(player(1));
    expect(byName.find('p1')).toBe(table.find(1));
    insert(player(2));
    expect(byName.find('p2')).toBe(table.find(2));
    replace(player(2), player(2, { name: 'renamed' }));
    expect(byName.find('p2')).toBeUndefined();
    expect(byName.find('renamed')).toBe(table.find(2));
  });

  test('follows rows that swap their values in one step', () => {
    const { server, byName, insert } = playersFixture();
    insert(player(1), player(2));
    expect(byName.find('p1')?.id).toBe(1);
    server.step(
      changesIn(1, players, {
        deletes: [player(1), player(2)],
        inserts: [player(1, { name: 'p2' }), player(2, { name: 'p1' })],
      }),
    );
    expect([byName.find('p1')?.id, byName.find('p2')?.id]).toEqual([2, 1]);
  });

  test('shows the newer of two rows that for a while have the same value, and keeps the other', () => {
    const { server, byName, insert } = playersFixture();
    const [older, newer] = [player(1), player(2, { name: 'p1' })];
    insert(older);
    expect(byName.find('p1')?.id).toBe(1);
    // A set that was not answered yet may still show the old holder of a name.
    insert(newer);
    expect(byName.find('p1')?.id).toBe(2);
    server.step(changesIn(1, players, { deletes: [newer] }));
    expect(byName.find('p1')?.id).toBe(1);
    insert(newer);
    server.step(changesIn(1, players, { deletes: [older] }));
    expect(byName.find('p1')?.id).toBe(2);
    server.step(changesIn(1, players, { deletes: [newer] }));
    expect(byName.find('p1')).toBeUndefined();
  });

  test('takes an object of the caller for several columns', () => {
    const { table, insert } = playersFixture();
    const byPlace = createUniqueIndex(table, {
      columnsOf: (row: Player) => [row.room, row.slot],
      columnsOfKey: (key: { readonly room: number; readonly slot: number }) => [key.room, key.slot],
    });
    insert(player(1), player(2, { room: 2, slot: 1 }));
    expect(byPlace.find({ room: 2, slot: 1 })?.id).toBe(2);
    expect(byPlace.find({ slot: 1, room: 1 })?.id).toBe(1);
    expect(byPlace.find({ room: 2, slot: 2 })).toBeUndefined();
  });

  test('has row signals that change with their row only', () => {
    const { byName, insert, replace } = playersFixture();
    insert(player(1), player(2));
    const seen: (number | undefined)[] = [];
    effect(() => void seen.push(byName.row('p1').value?.slot));
    const tracked = vi.fn<() => void>(() => void byName.find('later'));
    effect(tracked);
    replace(player(2), player(2, { slot: 9 }));
    replace(player(1), player(1, { slot: 8 }));
    replace(player(1, { slot: 8 }), player(1, { slot: 8, name: 'later' }));
    expect(seen).toEqual([1, 8, undefined]);
    expect(tracked).toHaveBeenCalledTimes(2);
  });

  test('keeps one signal per key while it is watched', () => {
    const { byName } = playersFixture();
    const row = byName.row('p1');
    const dispose = effect(() => void row.value);
    expect(byName.row('p1')).toBe(row);
    dispose();
    expect(byName.row('p1')).not.toBe(row);
  });
});

function hashFixture(): PlayersFixture & { readonly byRoom: HashIndex<Player, number> } {
  const made = playersFixture();
  return { ...made, byRoom: createHashIndex(made.table, { columnsOf: (row): readonly [number] => [row.room] }) };
}

describe('a hash index', () => {
  test('answers with the rows of a key, in the order in which they came', () => {
    const { byRoom, insert, replace } = hashFixture();
    insert(player(3), player(1), player(2, { room: 2 }));
    expect(ids(byRoom.filter(1))).toEqual([3, 1]);
    expect(ids(byRoom.filter(2))).toEqual([2]);
    expect(byRoom.filter(9)).toEqual([]);
    replace(player(3), player(3, { slot: 99 }));
    insert(player(4));
    expect(ids(byRoom.filter(1))).toEqual([3, 1, 4]);
    replace(player(3, { slot: 99 }), player(3, { room: 2 }));
    expect(ids(byRoom.filter(1))).toEqual([1, 4]);
    expect(ids(byRoom.filter(2))).toEqual([2, 3]);
  });

  test('of several columns is asked with a tuple', () => {
    const { table, insert } = hashFixture();
    const byBoth = createHashIndex(table, { columnsOf: (row): readonly [number, string] => [row.room, row.name] });
    insert(player(1), player(2));
    expect(ids(byBoth.filter([1, 'p2']))).toEqual([2]);
    expect(byBoth.filter([2, 'p2'])).toEqual([]);
  });

  test('has signals whose array stays the same while none of its rows changes', () => {
    const { server, byRoom, insert, replace } = hashFixture();
    insert(player(1), player(2, { room: 2 }));
    const rows = byRoom.rows(1);
    const run = vi.fn<() => void>(() => void rows.value);
    const dispose = effect(run);
    const before = rows.value;
    replace(player(2, { room: 2 }), player(2, { room: 3 }));
    server.step(changesIn(2, players, { inserts: [player(1)] }));
    expect(run).toHaveBeenCalledTimes(1);
    expect(rows.value).toBe(before);
    expect(byRoom.filter(1)).toBe(before);
    replace(player(2, { room: 3 }), player(2, { room: 1 }));
    expect(run).toHaveBeenCalledTimes(2);
    expect(ids(rows.value)).toEqual([1, 2]);
    dispose();
    const unwatched = rows.value;
    replace(player(2, { room: 1 }), player(2, { room: 2 }));
    expect(ids(rows.value)).toEqual([1]);
    expect(unwatched).toHaveLength(2);
  });

  test('keeps the array of a signal that nobody watches, too, and when it is watched and dropped', () => {
    const { byRoom, insert } = hashFixture();
    insert(player(1));
    const rows = byRoom.rows(1);
    const before = rows.value;
    insert(player(2, { room: 2 }));
    expect(rows.value).toBe(before);
    const dispose = effect(() => void rows.value);
    expect(rows.value).toBe(before);
    insert(player(3));
    const watched = rows.value;
    expect(ids(watched)).toEqual([1, 3]);
    dispose();
    insert(player(4, { room: 2 }));
    expect(rows.value).toBe(watched);
  });

  test('wakes an effect once per step, however many of its rows change', () => {
    const { server, byRoom, insert } = hashFixture();
    const run = vi.fn<() => void>(() => void [byRoom.filter(1), byRoom.filter(2)]);
    effect(run);
    insert(player(1), player(2), player(3, { room: 2 }));
    expect(run).toHaveBeenCalledTimes(2);
    server.forget([1]);
    expect(run).toHaveBeenCalledTimes(3);
  });

  test('keeps a computed over it right when nobody watches it', () => {
    const { byRoom, insert, replace } = hashFixture();
    insert(player(1));
    const count = computed(() => byRoom.filter(1).length);
    expect(count.value).toBe(1);
    effect(() => void count.value)();
    insert(player(2));
    expect(count.value).toBe(2);
    replace(player(2), player(2, { room: 2 }));
    expect(count.value).toBe(1);
  });

  test('works over a table without primary key', () => {
    const server = new TestStore();
    const log = createPlainTable(server.store, logLines);
    const byLevel = createHashIndex(log, { columnsOf: (row): readonly [number] => [row.level] });
    const [one, two] = [
      { level: 1, text: 'one' },
      { level: 1, text: 'two' },
    ];
    server.step(changesIn(1, logLines, { inserts: [one, two, two] }));
    expect(byLevel.filter(1)).toEqual([one, two]);
    server.step(changesIn(1, logLines, { deletes: [one, two] }));
    expect(byLevel.filter(1)).toEqual([two]);
  });
});

describe('an ordered index', () => {
  test('of several columns answers prefixes, tuples and ranges, in order', () => {
    const { byPlace, insert } = playersFixture();
    insert(player(1, { slot: 9 }), player(2, { slot: 3 }), player(3, { room: 2, slot: 5 }), player(4, { slot: 5 }));
    expect(ids(byPlace.filter([1]))).toEqual([2, 4, 1]);
    expect(ids(byPlace.filter([1, 5]))).toEqual([4]);
    expect(ids(byPlace.filter([1, range({ from: 5 })]))).toEqual([4, 1]);
    expect(ids(byPlace.filter([1, range({ after: 3, before: 9 })]))).toEqual([4]);
    expect(ids(byPlace.filter([range({ to: 1 })]))).toEqual([2, 4, 1]);
    expect(ids(byPlace.filter([range({ after: 1 })]))).toEqual([3]);
    expect(ids(byPlace.filter([range({})]))).toEqual([2, 4, 1, 3]);
    expect(byPlace.filter([3])).toEqual([]);
    expect(byPlace.filter([1, range({ from: 6, to: 8 })])).toEqual([]);
  });

  test('of one column takes a value or a range', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, entities);
    const byName = createOrderedColumn(table, { columnsOf: (row: Entity): readonly [string] => [row.name] });
    server.step(changesIn(1, entities, { inserts: [entity(1, '\u{10000}'), entity(2, '\u{ffff}'), entity(3, 'a')] }));
    expect(ids(byName.filter('a'))).toEqual([3]);
    expect(ids(byName.filter(range({ after: 'a' })))).toEqual([2, 1]);
    expect(ids(byName.filter(range({ from: 'a', to: '\u{ffff}' })))).toEqual([3, 2]);
  });

  test('of one column lies in order from the first range on, and wakes nobody for that', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, entities);
    const byName = createOrderedColumn(table, { columnsOf: (row: Entity): readonly [string] => [row.name] });
    server.step(changesIn(1, entities, { inserts: [entity(1, 'b'), entity(2, 'a')] }));
    const seen: (readonly number[])[] = [];
    effect(() => void seen.push(ids(byName.filter('a'))));
    expect(ids(byName.filter(range({ from: 'a' })))).toEqual([2, 1]);
    server.step(changesIn(1, entities, { inserts: [entity(3, 'c')] }));
    expect(seen).toEqual([[2]]);
    expect(ids(byName.filter(range({ from: 'a' })))).toEqual([2, 1, 3]);
    server.step(changesIn(1, entities, { inserts: [entity(4, 'a')] }));
    expect(seen).toEqual([[2], [2, 4]]);
    expect(ids(byName.filter('a'))).toEqual([2, 4]);
  });

  test('orders special types by value and sums by tag', () => {
    const { table, insert } = playersFixture();
    const byOwner = createOrderedColumn(table, { columnsOf: (row): readonly [Identity] => [row.owner] });
    const byColor = createOrderedIndex(table, { columnsOf: (row): readonly [Color] => [row.color] });
    insert(player(1), player(2, { color: { tag: 'Green' } }), player(3, { color: { tag: 'Blue' } }));
    expect(ids(byOwner.filter(new Identity(1n)))).toEqual([1, 3]);
    expect(ids(byOwner.filter(range({ from: new Identity(0n) })))).toEqual([2, 1, 3]);
    expect(ids(byColor.filter(range<Color>({ after: { tag: 'Blue' } })))).toEqual([2, 1]);
  });

  test('has signals for tuples, prefixes and ranges that only wake for their rows', () => {
    const { byPlace, insert, replace } = playersFixture();
    insert(player(1, { slot: 1 }), player(2, { slot: 5 }), player(3, { room: 2, slot: 5 }));
    const runs = { tuple: 0, prefix: 0, range: 0, high: 0 };
    effect(() => void [byPlace.filter([1, 5]), runs.tuple++]);
    effect(() => void [byPlace.filter([1]), runs.prefix++]);
    effect(() => void [byPlace.filter([1, range({ from: 3, to: 6 })]), runs.range++]);
    effect(() => void [byPlace.filter([range({ from: 2 })]), runs.high++]);
    replace(player(1, { slot: 1 }), player(1, { slot: 2 }));
    expect(runs).toEqual({ tuple: 1, prefix: 2, range: 1, high: 1 });
    replace(player(1, { slot: 2 }), player(1, { slot: 4 }));
    expect(runs).toEqual({ tuple: 1, prefix: 3, range: 2, high: 1 });
    replace(player(2, { slot: 5 }), player(2, { room: 2, slot: 9 }));
    expect(runs).toEqual({ tuple: 2, prefix: 4, range: 3, high: 2 });
    replace(player(3, { room: 2, slot: 5 }), player(3, { room: 2, slot: 5, name: 'renamed' }));
    expect(runs).toEqual({ tuple: 2, prefix: 4, range: 3, high: 3 });
  });

  test('keeps one signal per query while it is watched', () => {
    const { byPlace } = playersFixture();
    const signals = [byPlace.rows([1]), byPlace.rows([1, 2]), byPlace.rows([1, range({ from: 3 })])];
    const disposals = signals.map((rows) => effect(() => void rows.value));
    expect([byPlace.rows([1]), byPlace.rows([1, 2]), byPlace.rows([1, range({ from: 3 })])]).toEqual(signals);
    expect(byPlace.rows([1])).toBe(signals[0]);
    expect(byPlace.rows([1, range({ from: 3 })])).toBe(signals[2]);
    expect(byPlace.rows([1, range({ after: 3 })])).not.toBe(signals[2]);
    expect(byPlace.rows([1, range({ to: 3 })])).not.toBe(signals[2]);
    for (const dispose of disposals) dispose();
    expect(byPlace.rows([1, range({ from: 3 })])).not.toBe(signals[2]);
  });

  test('refuses a range with two bounds of a kind', () => {
    expect(() => range({ from: 1, after: 2 })).toThrow(TypeError);
    expect(() => range({ to: 1, before: 2 })).toThrow(TypeError);
  });

  test('can be unique as well', () => {
    const { table, insert, replace } = playersFixture();
    const bySlot = createUniqueOrderedColumn(table, {
      columnsOf: (row: Player): readonly [number] => [row.slot],
      columnsOfKey: (slot: number) => [slot],
    });
    insert(player(1), player(2), player(3));
    expect(bySlot.find(2)?.id).toBe(2);
    expect(ids(bySlot.filter(range({ from: 2 })))).toEqual([2, 3]);
    const seen: (number | undefined)[] = [];
    effect(() => void seen.push(bySlot.row(2).value?.id));
    effect(() => void seen.push(bySlot.rows(range({ after: 5 })).value.length));
    replace(player(2), player(2, { slot: 7 }));
    expect(seen).toEqual([2, 0, 1, undefined]);
  });
});
