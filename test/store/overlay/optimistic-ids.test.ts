import { describe, expect, test } from 'vitest';
import { i16Codec, i64Codec, stringCodec, u256Codec, u64Codec, u8Codec } from '../../../src/bsatn/basic-codecs.ts';
import { type Codec } from '../../../src/bsatn/codec.ts';
import { type KeyValue } from '../../../src/store/definition.ts';
import { type KeyedTable } from '../../../src/store/handles.ts';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { nextOptimisticIntId } from '../../../src/store/overlay/optimistic-ids.ts';
import { createKeyedTable } from '../../../src/store/table-handles.ts';
import { changesIn, tableOf, TestStore } from '../support/rows.ts';

interface Row<Key> {
  readonly id: Key;
}

function tableWith<Key extends KeyValue>(codec: Codec<Key>, server = new TestStore()): KeyedTable<Row<Key>, Key> {
  const definition = tableOf<Row<Key>>('thing', { id: { name: 'id', codec } });
  return createKeyedTable(server.store, { ...definition, keyColumn: 'id', keyOf: (row) => row.id });
}

describe('an optimistic id', () => {
  const three = <Key extends number | bigint>(codec: Codec<Key>): readonly Key[] => {
    const table = tableWith(codec);
    return [nextOptimisticIntId(table), nextOptimisticIntId(table), nextOptimisticIntId(table)];
  };

  test.each<[string, () => readonly (number | bigint)[], readonly (number | bigint)[]]>([
    ['i16', () => three(i16Codec), [-1, -2, -3]],
    ['i64', () => three(i64Codec), [-1n, -2n, -3n]],
    ['u8', () => three(u8Codec), [255, 254, 253]],
    ['u64', () => three(u64Codec), [2n ** 64n - 1n, 2n ** 64n - 2n, 2n ** 64n - 3n]],
    ['u256', () => three(u256Codec), [2n ** 256n - 1n, 2n ** 256n - 2n, 2n ** 256n - 3n]],
  ])('of a key of type %s counts down', (_, ids, expected) => {
    expect(ids()).toEqual(expected);
  });

  test('is none that a row or a pending change has, and each table counts for itself', () => {
    const server = new TestStore();
    const table = tableWith(i64Codec, server);
    const definition = tableOf<Row<bigint>>('thing', { id: { name: 'id', codec: i64Codec } });
    server.step(changesIn(1, definition, { inserts: [{ id: -1n }] }));
    server.perform({ begin: server.store.prepare([OptimisticChange.insertRow(table, { id: -2n })]) });
    expect(nextOptimisticIntId(table)).toBe(-3n);
    expect(nextOptimisticIntId(tableWith(i64Codec))).toBe(-1n);
  });

  test('comes to an end with its type', () => {
    const table = tableWith(u8Codec);
    const all = new Set(Array.from({ length: 256 }, () => nextOptimisticIntId(table)));
    expect(all.size).toBe(256);
    expect(() => nextOptimisticIntId(table)).toThrow(RangeError);
    expect(() => nextOptimisticIntId(table)).toThrow(/table thing/);
  });

  test('of a key that is no integer there is none', () => {
    const table = tableWith(stringCodec) as unknown as KeyedTable<Row<number>, number>;
    expect(() => nextOptimisticIntId(table)).toThrow(TypeError);
  });

  test('without a table is a negative safe integer that never repeats', () => {
    const ids = Array.from({ length: 1000 }, () => nextOptimisticIntId());
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => Number.isSafeInteger(id) && id < 0)).toBe(true);
  });
});
