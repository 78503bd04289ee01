import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { type KeyedTable } from '../../src/store/handles.ts';
import { createKeyedTable } from '../../src/store/table-handles.ts';
import { changesIn, TestStore } from './support/rows.ts';
import { type Entity, entities, entity } from './support/tables.ts';

function fixture(): {
  readonly server: TestStore;
  readonly table: KeyedTable<Entity, number>;
  readonly insert: (id: number) => void;
} {
  const server = new TestStore();
  const table = createKeyedTable(server.store, entities);
  return { server, table, insert: (id) => server.step(changesIn(1, entities, { inserts: [entity(id)] })) };
}

describe('listeners', () => {
  test('are called in the order of their registration, event by event', () => {
    const { server, table } = fixture();
    const order: string[] = [];
    table.onInsert(({ row }) => order.push(`a${row.id}`));
    table.onInsert(({ row }) => order.push(`b${row.id}`));
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('get events of their kind with rows and context', () => {
    const { server, table } = fixture();
    const seen: unknown[] = [];
    const keep = (event: unknown): number => seen.push(event);
    table.onInsert(keep);
    table.onUpdate(keep);
    table.onDelete(keep);
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] }));
    server.step(changesIn(1, entities, { deletes: [entity(1, 'new')] }));
    const context = { event: { kind: 'unknownTransaction' }, isMyTransaction: false, isOptimistic: false };
    expect(seen).toEqual([
      { kind: 'insert', row: entity(1), context },
      { kind: 'update', oldRow: entity(1), newRow: entity(1, 'new'), context },
      { kind: 'delete', row: entity(1, 'new'), context },
    ]);
  });

  test('hear nothing of what was before them', () => {
    const { table, insert } = fixture();
    insert(1);
    const listener = vi.fn<() => void>();
    table.onInsert(listener);
    expect(listener).not.toHaveBeenCalled();
    insert(2);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test('that are added during a step hear of the next one only', () => {
    const { server, table } = fixture();
    const late = vi.fn<() => void>();
    table.onDelete(() => {
      table.onInsert(late);
      table.onDelete(late);
    });
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    server.step(changesIn(1, entities, { deletes: [entity(1), entity(2)], inserts: [entity(3)] }));
    expect(late).not.toHaveBeenCalled();
    server.step(changesIn(1, entities, { inserts: [entity(4)] }));
    expect(late).toHaveBeenCalledTimes(2);
  });

  test('that end during a step hear nothing more of it', () => {
    const { server, table } = fixture();
    const second = vi.fn<() => void>();
    const end: (() => void)[] = [];
    table.onInsert(() => end.forEach((stop) => stop()));
    end.push(table.onInsert(second));
    server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
    expect(second).not.toHaveBeenCalled();
  });

  test('are registered as often as they are passed, and end one by one', () => {
    const { table, insert } = fixture();
    const listener = vi.fn<() => void>();
    const end = table.onInsert(listener);
    table.onInsert(listener);
    end();
    end();
    insert(1);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test('end when their signal aborts, and leave nothing at it', () => {
    const { table, insert } = fixture();
    const controller = new AbortController();
    const { signal } = controller;
    const listener = vi.fn<() => void>();
    table.onInsert(listener, { signal });
    const end = table.onDelete(listener, { signal });
    table.onUpdate(listener, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(3);
    end();
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    controller.abort();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    insert(1);
    expect(listener).not.toHaveBeenCalled();
  });

  test('with a signal that has aborted are never registered', () => {
    const { table, insert } = fixture();
    const listener = vi.fn<() => void>();
    const signal = AbortSignal.abort();
    const end = table.onInsert(listener, { signal });
    insert(1);
    expect(listener).not.toHaveBeenCalled();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(end()).toBeUndefined();
  });
});
