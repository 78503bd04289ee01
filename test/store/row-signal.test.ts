import { computed, effect, Signal, signal } from '@preact/signals-core';
import { describe, expect, test, vi } from 'vitest';
import { Identity, identityCodec } from '../../src/bsatn/special/identity.ts';
import { stringCodec } from '../../src/bsatn/basic-codecs.ts';
import { type KeyedTable } from '../../src/store/handles.ts';
import { createKeyedTable, storedTableOf } from '../../src/store/table-handles.ts';
import { changesIn, tableOf, TestStore } from './support/rows.ts';
import { type Color, colorCodec, type Entity, entities, entity } from './support/tables.ts';

function fixture(): {
  readonly server: TestStore;
  readonly table: KeyedTable<Entity, number>;
  readonly watched: () => number;
} {
  const server = new TestStore();
  const table = createKeyedTable(server.store, entities);
  server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
  return { server, table, watched: () => storedTableOf(table).watched };
}

const update = (id: number, from: string, to: string) =>
  changesIn(1, entities, { deletes: [entity(id, from)], inserts: [entity(id, to)] });

describe('a row signal', () => {
  test('that nobody watches reads the present row', () => {
    const { server, table } = fixture();
    const row = table.row(1);
    expect(row.value).toBe(table.rows.value[0]);
    expect(row.peek()).toBe(row.value);
    server.step(update(1, 'e1', 'new'));
    expect(row.value?.name).toBe('new');
    server.step(changesIn(1, entities, { deletes: [entity(1, 'new')] }));
    expect(row.value).toBeUndefined();
    expect(table.row(9).value).toBeUndefined();
  });

  test('tells an effect of every change of its row and of nothing else', () => {
    const { server, table } = fixture();
    const seen: (string | undefined)[] = [];
    effect(() => void seen.push(table.row(1).value?.name));
    server.step(update(1, 'e1', 'new'));
    server.step(update(2, 'e2', 'other'));
    server.step(changesIn(2, entities, { inserts: [entity(1, 'new')] }));
    server.forget([1]);
    server.forget([2]);
    server.step(changesIn(1, entities, { inserts: [entity(1)] }));
    expect(seen).toEqual(['e1', 'new', undefined, 'e1']);
  });

  test('is one and the same while it is watched', () => {
    const { table } = fixture();
    const row = table.row(1);
    expect(table.row(1)).not.toBe(row);
    const dispose = effect(() => void row.value);
    expect(table.row(1)).toBe(row);
    expect(table.row(2)).not.toBe(row);
    dispose();
    expect(table.row(1)).not.toBe(row);
  });

  test('is only known to its table while it is watched', () => {
    const { table, watched } = fixture();
    const row = table.row(1);
    void row.value;
    expect(watched()).toBe(0);
    const disposals = [effect(() => void row.value), effect(() => void row.value)];
    expect(watched()).toBe(1);
    disposals.pop()?.();
    expect(watched()).toBe(1);
    disposals.pop()?.();
    expect(watched()).toBe(0);
  });

  test('of which there are two for one key works twice', () => {
    const { server, table, watched } = fixture();
    const rows = [table.row(1), table.row(1), table.row(1)];
    const seen: string[] = [];
    const disposals = rows.map((row, index) => effect(() => void seen.push(`${index} ${row.value?.name}`)));
    expect(watched()).toBe(1);
    seen.length = 0;
    server.step(update(1, 'e1', 'a'));
    expect(seen.sort()).toEqual(['0 a', '1 a', '2 a']);
    disposals[0]?.();
    seen.length = 0;
    server.step(update(1, 'a', 'b'));
    expect(seen.sort()).toEqual(['1 b', '2 b']);
    disposals[2]?.();
    expect(table.row(1)).toBe(rows[1]);
    disposals[1]?.();
    expect(watched()).toBe(0);
  });

  test('that was watched and is not any more reads the present row', () => {
    const { server, table } = fixture();
    const row = table.row(1);
    effect(() => void row.value)();
    server.step(update(1, 'e1', 'new'));
    expect(row.value?.name).toBe('new');
  });

  test('keeps a computed over it right, watched, unwatched and again', () => {
    const { server, table } = fixture();
    const row = table.row(1);
    const name = computed(() => row.value?.name);
    expect(name.value).toBe('e1');
    server.step(update(1, 'e1', 'a'));
    expect(name.value).toBe('a');
    const dispose = effect(() => void name.value);
    server.step(update(1, 'a', 'b'));
    expect(name.value).toBe('b');
    dispose();
    expect(name.value).toBe('b');
    server.step(update(1, 'b', 'c'));
    expect(name.value).toBe('c');
    const seen: (string | undefined)[] = [];
    effect(() => void seen.push(name.value));
    server.step(update(1, 'c', 'd'));
    expect(seen).toEqual(['c', 'd']);
  });

  test('watched by one keeps an unwatched computed over it right', () => {
    const { server, table } = fixture();
    const row = table.row(1);
    const name = computed(() => row.value?.name);
    const dispose = effect(() => void row.value);
    expect(name.value).toBe('e1');
    dispose();
    server.step(update(1, 'e1', 'new'));
    expect(name.value).toBe('new');
  });

  test('is not woken by other rows once it is watched, although it was read before', () => {
    const { server, table } = fixture();
    const compute = vi.fn<() => string | undefined>(() => table.find(1)?.name);
    const name = computed(compute);
    void name.value;
    effect(() => void name.value);
    compute.mockClear();
    server.step(update(2, 'e2', 'a'));
    server.step(update(2, 'a', 'b'));
    expect(compute).not.toHaveBeenCalled();
    server.step(update(1, 'e1', 'a'));
    expect(compute).toHaveBeenCalledTimes(1);
  });

  test('survives being dropped and watched again in one step', () => {
    const { server, table, watched } = fixture();
    const row = table.row(1);
    const isShown = signal(true);
    const seen: (string | undefined)[] = [];
    effect(() => {
      if (isShown.value) seen.push(row.value?.name);
    });
    table.onUpdate(() => {
      isShown.value = false;
    });
    server.step(update(1, 'e1', 'a'));
    expect(watched()).toBe(0);
    server.step(update(1, 'a', 'b'));
    isShown.value = true;
    expect(seen).toEqual(['e1', 'b']);
    expect(watched()).toBe(1);
  });

  test('can be watched from a listener and from an effect of the same step', () => {
    const { server, table } = fixture();
    const seen: string[] = [];
    table.onInsert(({ row }) => effect(() => void seen.push(`listener ${table.row(row.id).value?.name}`)));
    let isFirst = true;
    effect(() => {
      const batch = table.lastBatch.value;
      if (!isFirst)
        for (const { kind } of batch?.events ?? []) effect(() => void seen.push(`${kind} ${table.row(3).value?.name}`));
      isFirst = false;
    });
    server.step(changesIn(1, entities, { inserts: [entity(3)] }));
    expect(seen).toEqual(['listener e3', 'insert e3']);
    seen.length = 0;
    server.step(changesIn(2, entities, { deletes: [], inserts: [entity(3)] }));
    expect(seen).toEqual([]);
  });

  test('cannot be written', () => {
    const { table } = fixture();
    const row = table.row(1) as Signal<Entity | undefined>;
    expect(() => {
      row.value = undefined;
    }).toThrow(TypeError);
    expect(row.value).toEqual(entity(1));
  });

  test('is a signal to frameworks: subscribe, toString, toJSON, no constructor of its own', () => {
    const { server, table } = fixture();
    const row = table.row(1);
    expect(row).toBeInstanceOf(Signal);
    expect(row.toJSON()).toEqual(entity(1));
    expect(row.valueOf()).toBe(row.value);
    expect(Object.hasOwn(Object.getPrototypeOf(row) as object, 'constructor')).toBe(false);
    const seen: (string | undefined)[] = [];
    const dispose = row.subscribe((value) => seen.push(value?.name));
    server.step(update(1, 'e1', 'new'));
    dispose();
    server.step(update(1, 'new', 'later'));
    expect(seen).toEqual(['e1', 'new']);
  });
});

describe('find', () => {
  test('tracks only its key', () => {
    const { server, table } = fixture();
    const run = vi.fn<() => void>(() => void [table.find(1), table.find(7)]);
    effect(run);
    server.step(update(2, 'e2', 'other'));
    expect(run).toHaveBeenCalledTimes(1);
    server.step(changesIn(1, entities, { inserts: [entity(7)] }));
    expect(run).toHaveBeenCalledTimes(2);
    server.step(update(1, 'e1', 'new'));
    expect(run).toHaveBeenCalledTimes(3);
  });

  test('leaves one watched signal per key, however often its effect runs', () => {
    const { server, table, watched } = fixture();
    const dispose = effect(() => void [table.find(1), table.find(1)]);
    server.step(update(1, 'e1', 'a'));
    server.step(update(1, 'a', 'b'));
    expect(watched()).toBe(1);
    dispose();
    expect(watched()).toBe(0);
  });

  test.each([
    ['an identity', new Identity(5n), new Identity(5n), new Identity(6n)],
    ['a sum without payload', { tag: 'Green' } as const, { tag: 'Green' } as const, { tag: 'Blue' } as const],
    ['a string', 'a', 'a', 'b'],
  ])('takes %s as key by value', (_, stored, same, other) => {
    interface Row {
      readonly key: typeof stored;
    }
    const codec = stored instanceof Identity ? identityCodec : typeof stored === 'string' ? stringCodec : colorCodec;
    const definition = tableOf<Row>('keyed', { key: { name: 'key', codec: codec as never } });
    const server = new TestStore();
    const table = createKeyedTable<Row, Identity | string | Color>(server.store, {
      ...definition,
      keyColumn: 'key',
      keyOf: (row) => row.key,
    });
    server.step(changesIn(1, definition, { inserts: [{ key: stored }] }));
    expect(table.find(same)).toEqual({ key: stored });
    expect(table.find(other)).toBeUndefined();
  });
});
