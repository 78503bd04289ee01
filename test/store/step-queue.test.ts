import { effect, signal } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { changesIn, somebody } from './support/rows.ts';
import { storeFixture } from './support/store-fixture.ts';
import { entities, entity } from './support/tables.ts';

describe('steps that are asked for during a step', () => {
  test('are applied one after the other directly after it', () => {
    const { server, table } = storeFixture();
    const order: string[] = [];
    const insert = (id: number): void =>
      server.store.apply(
        { context: somebody, forget: [], changes: [changesIn(1, entities, { inserts: [entity(id)] })] },
        () => order.push(`done ${id}`),
      );
    table.onInsert(({ row }) => {
      order.push(`inserted ${row.id} of ${table.count()}`);
      if (row.id === 3) [10, 11].forEach(insert);
      if (row.id === 10) insert(12);
    });
    insert(3);
    expect(order).toEqual([
      'inserted 3 of 3',
      'done 3',
      'inserted 10 of 4',
      'done 10',
      'inserted 11 of 5',
      'done 11',
      'inserted 12 of 6',
      'done 12',
    ]);
  });

  test('wait for effects and for `done`', () => {
    const { server, table } = storeFixture();
    const order: string[] = [];
    const insert = (id: number): void =>
      server.store.apply(
        { context: somebody, forget: [], changes: [changesIn(1, entities, { inserts: [entity(id)] })] },
        () => {
          order.push(`done ${id}`);
          if (id === 3) insert(5);
        },
      );
    table.onInsert(({ row }) => {
      order.push(`listener ${row.id}`);
      if (row.id === 3) server.store.whenIdle(() => order.push('idle'));
    });
    effect(() => {
      order.push(`effect ${table.rows.value.length}`);
      if (table.rows.value.length === 3) insert(4);
    });
    order.length = 0;
    insert(3);
    expect(order).toEqual([
      'listener 3',
      'effect 3',
      'done 3',
      'idle',
      'listener 4',
      'effect 4',
      'done 4',
      'listener 5',
      'effect 5',
      'done 5',
    ]);
  });

  test('are applied inside a waiting task, before the next task', () => {
    const { server, table } = storeFixture();
    const counts: number[] = [];
    const insert = (id: number): void => server.step(changesIn(1, entities, { inserts: [entity(id)] }));
    table.onInsert(({ row }) => {
      if (row.id !== 3) return;
      for (const id of [4, 5]) {
        server.store.whenIdle(() => {
          insert(id);
          counts.push(table.count());
        });
      }
    });
    insert(3);
    expect(counts).toEqual([4, 5]);
  });

  test('may be many', () => {
    const { server, table } = storeFixture();
    const insert = (id: number): void =>
      server.store.apply({
        context: somebody,
        forget: [],
        changes: [changesIn(1, entities, { inserts: [entity(id)] })],
      });
    table.onInsert(({ row }) => {
      if (row.id < 20_000) insert(row.id + 1);
    });
    insert(3);
    expect(table.count()).toBe(20_000);
  });

  test('run at once when there is no step', () => {
    const { server } = storeFixture();
    const order: string[] = [];
    server.store.whenIdle(() => order.push('idle'));
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    expect(order).toEqual(['idle']);
  });

  test('do not stop an effect outside of a step from applying one', () => {
    const { server, table } = storeFixture();
    const wanted = signal(3);
    effect(() => {
      server.step(changesIn(1, entities, { inserts: [entity(wanted.value)] }));
    });
    wanted.value = 4;
    expect(table.count()).toBe(4);
  });
});
