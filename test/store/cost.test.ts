import { effect } from '@preact/signals-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Codec } from '../../src/bsatn/codec.ts';
import { type KeyedTableDefinition } from '../../src/store/definition.ts';
import { IntegerSlots } from '../../src/store/integer-slots.ts';
import { QuerySignal } from '../../src/store/query-signal.ts';
import { type RowChanges } from '../../src/store/step.ts';
import { createKeyedTable, createPlainTable } from '../../src/store/table-handles.ts';
import { createHashIndex, createOrderedIndex } from '../../src/store/table-indexes.ts';
import { changesIn, TestStore } from './support/rows.ts';
import { type Entity, entities, entity } from './support/tables.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The entity table with a codec that counts. */
function countingEntities(): KeyedTableDefinition<Entity, number> & {
  readonly reads: () => number;
  readonly writes: () => number;
} {
  const counts = { reads: 0, writes: 0 };
  const codec: Codec<Entity> = {
    ...entities.codec,
    read: (reader) => {
      counts.reads++;
      return entities.codec.read(reader);
    },
    write: (writer, row) => {
      counts.writes++;
      entities.codec.write(writer, row);
    },
  };
  return { ...entities, codec, reads: () => counts.reads, writes: () => counts.writes };
}

const iterator = Object.getPrototypeOf(new Map().keys()) as Iterator<unknown>;

/** How many times maps and what does their work are asked, written or stepped through, and signals refreshed, while `run` runs. */
function workOf(run: () => void): { readonly mapAccesses: number; readonly refreshes: number } {
  const maps = [
    vi.spyOn(Map.prototype, 'get'),
    vi.spyOn(Map.prototype, 'set'),
    vi.spyOn(Map.prototype, 'has'),
    vi.spyOn(Map.prototype, 'delete'),
    vi.spyOn(iterator, 'next'),
    vi.spyOn(IntegerSlots.prototype, 'get'),
    vi.spyOn(IntegerSlots.prototype, 'set'),
    vi.spyOn(IntegerSlots.prototype, 'delete'),
    vi.spyOn(IntegerSlots.prototype, 'forEach'),
  ];
  const refresh = vi.spyOn(QuerySignal.prototype, 'refresh');
  run();
  const counts = [...maps, refresh].map((spy) => spy.mock.calls.length);
  vi.restoreAllMocks();
  const refreshes = counts.pop() ?? 0;
  return { mapAccesses: counts.reduce((sum, count) => sum + count, 0), refreshes };
}

/** The work of an update of one row, of as many, with as many watched. */
function workWith(
  rows: number,
  watchedRows: number,
  watchedRooms: number,
): ReturnType<typeof workOf> & { readonly runs: number } {
  const server = new TestStore();
  const table = createKeyedTable(server.store, entities);
  const byRoom = createHashIndex(table, { columnsOf: (row): readonly [number] => [row.room] });
  const byId = createOrderedIndex(table, { columnsOf: (row): readonly [number, number] => [row.id, row.room] });
  server.step(changesIn(1, entities, { inserts: Array.from({ length: rows }, (_, id) => entity(id)) }));
  let runs = 0;
  for (let id = 0; id < watchedRows; id++) effect(() => void [table.row(id).value, runs++]);
  for (let id = 0; id < watchedRooms; id++) effect(() => void [byId.filter([id, 1]), byRoom.filter(id + 5), runs++]);
  runs = 0;
  const update = changesIn(1, entities, { deletes: [entity(3)], inserts: [entity(3, 'new')] });
  const work = workOf(() => server.step(update));
  return { ...work, runs };
}

describe('the cost of a step', () => {
  test('is less when nobody watches than when somebody does', () => {
    const nobody = workWith(100, 0, 0);
    expect(nobody).toMatchObject({ refreshes: 0, runs: 0 });
    expect(nobody.mapAccesses).toBeLessThan(workWith(100, 10, 10).mapAccesses);
  });

  test('is bounded by what is watched when more has changed than is watched', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, entities);
    for (const id of [5, 5000]) effect(() => void table.row(id).value);
    const inserts = Array.from({ length: 1000 }, (_, id) => entity(id));
    const first = changesIn(1, entities, { inserts });
    expect(workOf(() => server.step(first)).refreshes).toBe(2);
    expect(table.find(5)?.id).toBe(5);
  });

  test('is reading no row and encoding none, until somebody looks; then each is read once', () => {
    const server = new TestStore();
    const definition = countingEntities();
    const table = createKeyedTable(server.store, definition);
    const steps: readonly RowChanges[] = [
      changesIn(1, definition, { inserts: [entity(1), entity(2)] }),
      changesIn(1, definition, { deletes: [entity(1)], inserts: [entity(1, 'new'), entity(3)] }),
      changesIn(1, definition, { deletes: [entity(1, 'new')], inserts: [entity(1, 'new')] }),
      changesIn(1, definition, { deletes: [entity(2)] }),
    ];
    const written = definition.writes();
    for (const step of steps) server.step(step);
    expect([definition.reads(), definition.writes()]).toEqual([0, written]);
    expect(table.find(1)).toEqual(entity(1, 'new'));
    expect(table.find(1)).toBe(table.rows.value[0]);
    expect(table.rows.value).toEqual([entity(1, 'new'), entity(3)]);
    expect(definition.reads()).toBe(2);
  });

  test('of a second set for the same rows is no encoding either, where all columns are plain', () => {
    const server = new TestStore();
    const definition = countingEntities();
    createKeyedTable(server.store, definition);
    const [one, two] = [1, 2].map((set) => changesIn(set, definition, { inserts: [entity(1), entity(2)] }));
    const written = definition.writes();
    if (one !== undefined) server.step(one);
    if (two !== undefined) server.step(two);
    expect(definition.writes()).toBe(written);
  });

  test('of a row that is there is no reading in a table without primary key', () => {
    const server = new TestStore();
    const definition = countingEntities();
    createPlainTable(server.store, definition);
    server.step(changesIn(1, definition, { inserts: [entity(1), entity(2)] }));
    server.step(changesIn(2, definition, { inserts: [entity(1), entity(2), entity(3)] }));
    server.forget([2], changesIn(2, definition, { inserts: [entity(1), entity(3)] }));
    server.step(changesIn(1, definition, { deletes: [entity(1), entity(2)] }));
    expect(definition.reads()).toBe(0);
  });

  test('of a row that several sets return is no more questions than of one that a single set returns, and no reading', () => {
    const workOfUpdate = (sets: readonly number[], rows: number): number => {
      const server = new TestStore();
      const definition = countingEntities();
      createKeyedTable(server.store, definition);
      const ids = Array.from({ length: rows }, (_, id) => id);
      const before = ids.map((id) => entity(id));
      const after = ids.map((id) => entity(id, 'new'));
      for (const set of sets) server.step(changesIn(set, definition, { inserts: before }));
      const update = sets.map((set) => changesIn(set, definition, { deletes: before, inserts: after }));
      const written = definition.writes();
      const { mapAccesses } = workOf(() => server.step(...update));
      expect([definition.reads(), definition.writes()]).toEqual([0, written]);
      return mapAccesses;
    };
    const workOfRow = (...sets: readonly number[]): number => (workOfUpdate(sets, 102) - workOfUpdate(sets, 2)) / 100;
    expect(workOfRow(1)).toBeGreaterThan(0);
    expect(workOfRow(1, 2)).toBe(workOfRow(1));
    expect(workOfRow(1, 2, 3)).toBe(workOfRow(1));
  });

  test('of a set that comes or goes depends on its own rows, not on those of others', () => {
    const workOfDetail = (rows: number): readonly number[] => {
      const server = new TestStore();
      createKeyedTable(server.store, entities);
      server.step(changesIn(1, entities, { inserts: Array.from({ length: rows }, (_, id) => entity(id)) }));
      server.step(changesIn(2, entities, { inserts: [entity(1), entity(20_000)] }));
      const open = changesIn(3, entities, { inserts: [entity(2), entity(20_001)] });
      const steps = [(): void => server.step(open), (): void => server.forget([3]), (): void => server.forget([2])];
      return steps.map((step) => workOf(step).mapAccesses);
    };
    const few = workOfDetail(100);
    expect(Math.min(...few)).toBeGreaterThan(0);
    expect(workOfDetail(10_000)).toEqual(few);
  });
});
