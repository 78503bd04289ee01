import { batch, effect } from '@preact/signals-core';
import { describe, expect, test, vi } from 'vitest';
import { OptimisticChange } from '../../src/store/overlay/optimistic-change.ts';
import { createKeyedTable } from '../../src/store/table-handles.ts';
import { changesIn, somebody, TestStore } from './support/rows.ts';
import { line, storeFixture } from './support/store-fixture.ts';
import { entities, entity, logLines } from './support/tables.ts';

describe('the commit of a step', () => {
  test('runs effects in this order: last batches, whole tables, indexes, rows', () => {
    const { server, table, byRoom } = storeFixture();
    const order: string[] = [];
    effect(() => void order.push(`row ${table.row(1).value?.name}`));
    effect(() => void order.push(`index ${byRoom.rows(1).value.length}`));
    effect(() => void order.push(`rows ${table.rows.value.length}`));
    effect(() => void order.push(`batch ${table.lastBatch.value?.events.length}`));
    order.length = 0;
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] }));
    expect(order).toEqual(['batch 1', 'rows 2', 'index 2', 'row new']);
  });

  test('runs the effect of a list before those of its rows, so that a child whose row is gone never sees it missing', () => {
    const { server, table } = storeFixture();
    const children = new Map<number, () => void>();
    const seen: string[] = [];
    effect(() => {
      const ids = new Set(table.rows.value.map((row) => row.id));
      for (const [id, dispose] of children) {
        if (ids.has(id)) continue;
        dispose();
        children.delete(id);
        seen.push(`disposed ${id}`);
      }
      for (const id of ids) {
        if (!children.has(id))
          children.set(
            id,
            effect(() => void seen.push(`child ${id} ${table.row(id).value?.name}`)),
          );
      }
    });
    seen.length = 0;
    server.step(changesIn(1, entities, { deletes: [entity(1), entity(2)], inserts: [entity(2, 'new')] }));
    expect(seen).toEqual(['disposed 1', 'child 2 new']);
  });

  test('runs an effect once, however many tables and rows it reads', () => {
    const { server, table, log, byRoom } = storeFixture();
    const run = vi.fn<() => void>(() => {
      void [table.rows.value, table.row(1).value, table.row(2).value, table.count(), byRoom.filter(1), log.rows.value];
      void [log.count(), [...log.iter()], table.lastBatch.value, table.changes.value, log.lastBatch.value];
    });
    effect(run);
    run.mockClear();
    server.step(
      changesIn(1, entities, { deletes: [entity(1), entity(2)], inserts: [entity(1, 'new'), entity(3)] }),
      changesIn(2, logLines, { inserts: [line] }),
    );
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('calls listeners when every table and signal is new, and before effects and last batches', () => {
    const { server, table, log, byRoom } = storeFixture();
    const row = table.row(3);
    const order: string[] = [];
    effect(() => void order.push(`effect ${row.value?.name}`));
    order.length = 0;
    table.onInsert(({ row: inserted }) => {
      order.push('listener');
      expect(table.find(3)).toBe(inserted);
      expect(row.value).toBe(inserted);
      expect(table.row(3).value).toBe(inserted);
      expect(table.rows.value).toContain(inserted);
      expect(byRoom.filter(1)).toContain(inserted);
      expect([table.count(), log.count()]).toEqual([3, 1]);
      expect(table.lastBatch.value?.events.map((event) => event.kind)).toEqual(['insert', 'insert']);
      expect(log.lastBatch.value).toBeUndefined();
    });
    server.step(changesIn(1, entities, { inserts: [entity(3)] }), changesIn(1, logLines, { inserts: [line] }));
    expect(server.errors).toEqual([]);
    expect(order).toEqual(['listener', 'effect e3']);
  });

  test('calls the listeners of all tables before it writes any last batch', () => {
    const { server, table, log } = storeFixture();
    log.onInsert(() => expect(table.lastBatch.value?.events).toHaveLength(2));
    server.step(changesIn(1, entities, { inserts: [entity(3)] }), changesIn(1, logLines, { inserts: [line] }));
    expect(server.errors).toEqual([]);
    expect(table.lastBatch.value?.events).toHaveLength(1);
  });

  test('writes lastBatch and changes once per table and step', () => {
    const { server, table } = storeFixture();
    const batches = vi.fn<() => void>();
    const changes = vi.fn<() => void>();
    table.lastBatch.subscribe(batches);
    table.changes.subscribe(changes);
    server.step(
      changesIn(1, entities, { inserts: [entity(3)] }),
      changesIn(1, entities, { deletes: [entity(1), entity(2)], inserts: [entity(2, 'new')] }),
    );
    expect(batches).toHaveBeenCalledTimes(2);
    expect(changes).toHaveBeenCalledTimes(2);
    expect(table.changes.value).toEqual({
      inserted: [entity(3)],
      updated: [{ oldRow: entity(2), newRow: entity(2, 'new') }],
      deleted: [entity(1)],
    });
  });

  test('gives the events of a batch to listeners, to lastBatch and again the same', () => {
    const { server, table } = storeFixture();
    const seen: unknown[] = [];
    table.onInsert((event) => seen.push(event));
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    const last = table.lastBatch.value;
    expect(last?.events).toBe(last?.events);
    expect(last?.events[0]).toBe(seen[0]);
    expect(last?.events).toEqual([{ kind: 'insert', row: entity(3), context: somebody }]);
  });

  test('still tells the events of a batch when later steps have changed its rows', () => {
    const { server, table } = storeFixture();
    const first = table.lastBatch.value;
    server.step(changesIn(1, entities, { deletes: [entity(1), entity(2)] }));
    expect(first?.events.map((event) => event.kind === 'insert' && event.row)).toEqual([entity(1), entity(2)]);
  });

  test('tells the events of a batch that is asked for late, whatever has changed since then that nobody saw', () => {
    const server = new TestStore();
    const table = createKeyedTable(server.store, entities);
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    server.step(changesIn(1, entities, { inserts: [entity(2)] }));
    server.perform({ begin: server.store.prepare([OptimisticChange.insertRow(table, entity(2))]) });
    server.step(changesIn(1, entities, { deletes: [entity(2)] }));
    expect(table.lastBatch.value?.events).toEqual([{ kind: 'insert', row: entity(2), context: somebody }]);
  });

  test('tracks nothing for the effect that caused it', () => {
    const { server, table } = storeFixture();
    table.onInsert(() => void table.rows.value);
    const run = vi.fn<() => void>(() => {
      server.store.whenIdle(() => void table.rows.value);
      server.store.apply(
        { context: somebody, forget: [], changes: [changesIn(1, entities, { inserts: [entity(100)] })] },
        () => void table.rows.value,
      );
    });
    effect(run);
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('in a batch of the caller, effects wait for the end of that', () => {
    const { server, table } = storeFixture();
    const run = vi.fn<() => void>(() => void table.rows.value);
    effect(run);
    batch(() => {
      server.step(changesIn(1, entities, { inserts: [entity(3)] }));
      server.step(changesIn(1, entities, { inserts: [entity(4)] }));
      expect(run).toHaveBeenCalledTimes(1);
    });
    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe('wrapCommit', () => {
  test('is around the commit, effects included, and not around steps without anything to see', () => {
    const order: string[] = [];
    const { server, table } = storeFixture((run) => {
      order.push('begin');
      run();
      order.push('end');
    });
    effect(() => void order.push(`effect ${table.count()}`));
    order.length = 0;
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    server.step(changesIn(2, entities, { inserts: [entity(3)] }));
    expect(order).toEqual(['begin', 'effect 3', 'end']);
  });

  test.each([
    ['does not call run', () => undefined],
    [
      'throws before it calls run',
      () => {
        throw new Error('wrap');
      },
    ],
    [
      'throws after it has called run twice',
      (run: () => void) => {
        run();
        run();
        throw new Error('wrap');
      },
    ],
  ])('that %s loses and doubles nothing', (_, wrapCommit) => {
    const { server, table } = storeFixture(wrapCommit);
    const listener = vi.fn<() => void>();
    table.onInsert(listener);
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    expect(table.count()).toBe(3);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(server.errors.every((error) => (error as Error).message === 'wrap')).toBe(true);
  });
});
