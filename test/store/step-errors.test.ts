import { effect } from '@preact/signals-core';
import { describe, expect, test, vi } from 'vitest';
import { type StepResult } from '../../src/store/step.ts';
import { changesIn, somebody } from './support/rows.ts';
import { storeFixture } from './support/store-fixture.ts';
import { entities, entity } from './support/tables.ts';

describe('errors during a step', () => {
  test('of a listener go to onError and stop nobody else', () => {
    const { server, table } = storeFixture();
    const broken = new Error('broken listener');
    const other = vi.fn<() => void>();
    const watcher = vi.fn<() => void>(() => void table.row(3).value);
    table.onInsert(() => {
      throw broken;
    });
    table.onInsert(other);
    effect(watcher);
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    expect(server.errors).toEqual([broken]);
    expect(other).toHaveBeenCalledTimes(1);
    expect(watcher).toHaveBeenCalledTimes(2);
    expect(table.lastBatch.value?.events).toHaveLength(1);
  });

  test('of an effect go to onError, the others run', () => {
    const { server, table } = storeFixture();
    const broken = new Error('broken effect');
    const run = vi.fn<() => void>(() => void table.rows.value);
    effect(() => {
      if (table.rows.value.length > 2) throw broken;
    });
    effect(run);
    const done = vi.fn<(result: StepResult) => void>();
    server.store.apply(
      { context: somebody, forget: [], changes: [changesIn(1, entities, { inserts: [entity(3)] })] },
      done,
    );
    expect(server.errors).toEqual([broken]);
    expect(run).toHaveBeenCalledTimes(2);
    expect(done).toHaveBeenCalledWith({ rejected: [], error: undefined });
  });

  test('of what runs after or between steps go to onError', () => {
    const { server, table } = storeFixture();
    table.onInsert(() => {
      server.store.whenIdle(() => {
        throw new Error('between');
      });
    });
    server.store.apply(
      { context: somebody, forget: [], changes: [changesIn(1, entities, { inserts: [entity(3)] })] },
      () => {
        throw new Error('done');
      },
    );
    expect(server.errors.map((error) => (error as Error).message)).toEqual(['done', 'between']);
  });
});
