import { computed, effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { type KeyedTable } from '../../src/store/handles.ts';
import { range } from '../../src/store/range.ts';
import { createKeyedTable, createPlainTable, storedTableOf } from '../../src/store/table-handles.ts';
import { createHashIndex, createOrderedIndex, createUniqueIndex } from '../../src/store/table-indexes.ts';
import { changesIn, TestStore } from './support/rows.ts';
import { type Entity, entities, entity, logLines } from './support/tables.ts';

const many = 50_000;

function fixture(): { readonly server: TestStore; readonly table: KeyedTable<Entity, number> } {
  const server = new TestStore();
  const table = createKeyedTable(server.store, entities);
  server.step(
    changesIn(1, entities, { inserts: Array.from({ length: 1000 }, (_, id) => entity(id, `e${id}`, id % 20)) }),
  );
  return { server, table };
}

/** Collects what can be collected. Weak references hold until the end of the task. */
async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
}

async function bytesInUse(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

/** How many of the objects are still there. */
async function alive(references: readonly WeakRef<object>[]): Promise<number> {
  await collect();
  return references.filter((reference) => reference.deref() !== undefined).length;
}

/** Every hundredth of `many` objects that `make` makes, weakly. */
function sample(make: (index: number) => object): WeakRef<object>[] {
  const references: WeakRef<object>[] = [];
  for (let index = 0; index < many; index++) {
    const made = make(index);
    if (index % 100 === 0) references.push(new WeakRef(made));
  }
  return references;
}

describe('what is dropped leaves nothing behind', () => {
  test('gc can be called here', () => {
    expect(globalThis.gc).toBeTypeOf('function');
  });

  test('row handles that nobody ever watched', async () => {
    const { server, table } = fixture();
    const before = await bytesInUse();
    const references = sample((index) => {
      const row = table.row(index);
      void row.value;
      return row;
    });
    expect(storedTableOf(table).watched).toBe(0);
    expect(await alive(references)).toBe(0);
    // A handle of 100 bytes each would be 5 MB.
    expect((await bytesInUse()) - before).toBeLessThan(1_000_000);
    server.step(changesIn(1, entities, { deletes: [entity(1)], inserts: [entity(1, 'new')] }));
  });

  test('row handles that were watched', async () => {
    const { table } = fixture();
    const before = await bytesInUse();
    const references = sample((index) => {
      const row = table.row(index);
      effect(() => void row.value)();
      return row;
    });
    expect(storedTableOf(table).watched).toBe(0);
    expect(await alive(references)).toBe(0);
    expect((await bytesInUse()) - before).toBeLessThan(1_000_000);
  });

  test('row handles of effects that end together', async () => {
    const { table } = fixture();
    const references: WeakRef<object>[] = [];
    const watch = (): (() => void)[] =>
      Array.from({ length: many }, (_, index) => {
        const row = table.row(index);
        references.push(new WeakRef(row));
        return effect(() => void row.value);
      });
    const disposals = watch();
    expect(storedTableOf(table).watched).toBe(many);
    for (const dispose of disposals.splice(0)) dispose();
    expect(storedTableOf(table).watched).toBe(0);
    expect(await alive(references)).toBe(0);
  });

  test('computeds over rows and what find leaves in them', async () => {
    const { table } = fixture();
    const references = sample((index) => {
      const name = computed(() => table.find(index)?.name ?? table.row(index).value?.name);
      void name.value;
      if (index % 2 === 0) effect(() => void name.value)();
      return name;
    });
    expect(await alive(references)).toBe(0);
  });

  test('signals of indexes, watched or not', async () => {
    const { server, table } = fixture();
    const byName = createUniqueIndex(table, {
      columnsOf: (row: Entity) => [row.name],
      columnsOfKey: (name: string) => [name],
    });
    const byRoom = createHashIndex(table, { columnsOf: (row): readonly [number] => [row.room] });
    const byPlace = createOrderedIndex(table, { columnsOf: (row): readonly [number, number] => [row.room, row.id] });
    const kinds = [
      (index: number) => byName.row(`e${index}`),
      (index: number) => byRoom.rows(index),
      (index: number) => byPlace.rows([index]),
      (index: number) => byPlace.rows([index % 20, index]),
      (index: number) => byPlace.rows([1, range({ from: index, to: index + 1 })]),
    ];
    const references = sample((index) => {
      const signal = kinds[index % 500 === 0 ? (index / 500) % 5 : index % 5]?.(index) ?? {};
      if (!('value' in signal)) throw new Error('no signal');
      if (index % 200 === 0) effect(() => void signal.value)();
      else void signal.value;
      return signal;
    });
    expect(await alive(references)).toBe(0);
    server.step(changesIn(1, entities, { deletes: [entity(1, 'e1', 1)], inserts: [entity(1, 'new', 1)] }));
    expect(byName.find('new')?.id).toBe(1);
  });

  test('listeners that have ended', async () => {
    const { table } = fixture();
    const { signal } = new AbortController();
    const references = sample((index) => {
      const listener = (): number => index;
      table.onInsert(listener, { signal })();
      return listener;
    });
    expect(await alive(references)).toBe(0);
  });

  test('rows and batches of former steps', async () => {
    const { server, table } = fixture();
    const references = (): WeakRef<object>[] => {
      const [row] = table.rows.value;
      const batch = table.lastBatch.value;
      if (row === undefined || batch === undefined) throw new Error('no rows');
      return [new WeakRef(row), new WeakRef(batch)];
    };
    const old = references();
    server.step(changesIn(1, entities, { deletes: [entity(0, 'e0', 0)], inserts: [entity(0, 'new', 0)] }));
    server.step(changesIn(1, entities, { deletes: [entity(0, 'new', 0)] }));
    server.step(changesIn(1, entities, { inserts: [entity(0)] }));
    void table.rows.value;
    expect(await alive(old)).toBe(0);
  });

  test('the messages that rows came in', async () => {
    const { server, table } = fixture();
    const log = createPlainTable(server.store, logLines);
    const buffers: WeakRef<object>[] = [];
    const step = (): void => {
      for (const changes of [
        changesIn(1, entities, { deletes: [entity(1, 'e1', 1)], inserts: [entity(1, 'new', 1), entity(5000)] }),
        changesIn(2, entities, { inserts: [entity(5000)] }),
        changesIn(1, logLines, {
          inserts: [{ level: 1, text: 'a text that is longer than what is read byte by byte' }],
        }),
      ]) {
        if (changes.rows.tag === 'PersistentTable') buffers.push(new WeakRef(changes.rows.inserts.data.buffer));
        server.step(changes);
      }
    };
    step();
    expect(await alive(buffers)).toBe(0);
    expect([table.find(1)?.name, table.count(), log.count()]).toEqual(['new', 1001, 1]);
  });
});
