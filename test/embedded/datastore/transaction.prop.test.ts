import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { BsatnWriter } from '../../../src/bsatn/writer.ts';
import { Datastore } from '../../../src/embedded/datastore/datastore.ts';
import { type Table } from '../../../src/embedded/datastore/table.ts';
import { Transaction } from '../../../src/embedded/datastore/transaction.ts';
import { HostError } from '../../../src/embedded/errno.ts';
import { type RelationDelta } from '../../../src/embedded/relation.ts';
import { index, moduleWithTables, present, table } from '../../support/module-model.ts';
import { propertyOptions } from '../../support/property.ts';

const typespace: Typespace = [];

/** A row of the table under test: a primary key, a second unique column, and two columns under one ordered index. */
interface Item {
  readonly id: number;
  readonly slot: number;
  readonly folder: string;
  readonly rank: number;
}

function bytesOf(item: Item): Uint8Array {
  const writer = new BsatnWriter();
  writer.i8(item.id);
  writer.u16(item.slot);
  writer.string(item.folder);
  writer.i32(item.rank);
  return writer.finish();
}

const keyOf = (item: Item): string => toHex(bytesOf(item));

function itemsTable(isEvent = false): Table {
  const model = table('item', {
    columns: [
      { name: 'id', type: { tag: 'I8' } },
      { name: 'slot', type: { tag: 'U16' } },
      { name: 'folder', type: { tag: 'String' } },
      { name: 'rank', type: { tag: 'I32' } },
    ],
    indexes: [
      index('by_id', [0]),
      index('by_slot', [1], 'hash'),
      index('by_folder_rank', [2, 3]),
      index('by_rank', [3]),
    ],
    uniqueConstraints: [[0], [1]],
    isEvent,
  });
  return new Datastore(moduleWithTables([model], typespace)).tableNamed('item');
}

const small = fc.integer({ min: -3, max: 3 });
const anyItem: fc.Arbitrary<Item> = fc.record({
  id: small,
  slot: fc.integer({ min: 0, max: 4 }),
  folder: fc.constantFrom('', 'a', 'ab', 'b', 'a\0', 'é', '\u{10000}', '\uffff'),
  rank: fc.oneof(small, fc.constantFrom(-2_147_483_648, 2_147_483_647, 256, -256)),
});
/** Few rows of which all columns are fixed, so that the same row comes back again and again. */
const familiarItem: fc.Arbitrary<Item> = fc.constantFrom(
  { id: 1, slot: 1, folder: 'a', rank: 0 },
  { id: 1, slot: 2, folder: 'a', rank: 1 },
  { id: 2, slot: 2, folder: 'ab', rank: -1 },
);

const item: fc.Arbitrary<Item> = fc.oneof(anyItem, familiarItem);

type Step =
  | { readonly kind: 'insert' | 'update' | 'delete'; readonly item: Item }
  | { readonly kind: 'deleteKey'; readonly id: number }
  | { readonly kind: 'clear' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const), item }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deleteKey' as const), id: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);

const transactions = fc.array(fc.record({ steps: fc.array(step, { maxLength: 12 }), commits: fc.boolean() }), {
  maxLength: 8,
});

/** The naive model: all rows in a list. The result says which error number a step ends with. */
function applyToModel(rows: Item[], step: Step): number {
  switch (step.kind) {
    case 'insert': {
      if (rows.some((row) => keyOf(row) === keyOf(step.item))) return 0;
      if (rows.some((row) => row.id === step.item.id || row.slot === step.item.slot)) return 12;
      rows.push(step.item);
      return 0;
    }
    case 'update': {
      const at = rows.findIndex((row) => row.id === step.item.id);
      if (at === -1) return 15;
      if (rows.some((row, other) => other !== at && row.slot === step.item.slot)) return 12;
      rows[at] = step.item;
      return 0;
    }
    case 'delete':
      removeWhere(rows, (row) => keyOf(row) === keyOf(step.item));
      return 0;
    case 'deleteKey':
      removeWhere(rows, (row) => row.id === step.id);
      return 0;
    case 'clear':
      rows.length = 0;
      return 0;
  }
}

function removeWhere(rows: Item[], matches: (row: Item) => boolean): void {
  rows.splice(0, rows.length, ...rows.filter((row) => !matches(row)));
}

function applyToStore(items: Table, transaction: Transaction, step: Step): number {
  try {
    run(items, transaction, step);
    return 0;
  } catch (error) {
    if (error instanceof HostError) return error.errno;
    throw error;
  }
}

function run(items: Table, transaction: Transaction, step: Step): void {
  switch (step.kind) {
    case 'insert':
      transaction.insert(items, bytesOf(step.item));
      break;
    case 'update':
      transaction.update(items, present(items.indexes[0]), bytesOf(step.item));
      break;
    case 'delete': {
      const stored = items.same(items.layout.read(bytesOf(step.item)));
      if (stored !== undefined) transaction.delete(items, stored);
      break;
    }
    case 'deleteKey':
      for (const row of items.rowsWhere(0, step.id)) transaction.delete(items, row);
      break;
    case 'clear':
      transaction.clear(items);
      break;
  }
}

const sorted = (keys: Iterable<string>): readonly string[] => [...keys].sort();
const stored = (items: Table): readonly string[] => sorted([...items.rows()].map((row) => toHex(row.bytes)));
const compare = (left: number | string, right: number | string): number => (left < right ? -1 : left > right ? 1 : 0);

function byUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

describe('transactions against a naive model', () => {
  test('rows, errors, net deltas, rollbacks and every index agree', () => {
    fc.assert(
      fc.property(transactions, (plan) => {
        const items = itemsTable();
        let committed: Item[] = [];
        for (const { steps, commits } of plan) {
          const transaction = new Transaction();
          const rows = [...committed];
          for (const step of steps) {
            expect(applyToStore(items, transaction, step)).toBe(applyToModel(rows, step));
            expect(stored(items)).toEqual(sorted(rows.map(keyOf)));
          }
          if (commits) {
            expectNetDelta(transaction.deltas().get(items), committed, rows);
            transaction.commit();
            committed = rows;
          } else {
            transaction.rollback();
          }
          expect(stored(items)).toEqual(sorted(committed.map(keyOf)));
          expectIndexesAgree(items, committed);
        }
      }),
      propertyOptions(100),
    );
  });

  test('rows of an event table are announced and gone after the commit', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (inserts) => {
        const items = itemsTable(true);
        const transaction = new Transaction();
        const rows: Item[] = [];
        for (const row of inserts) {
          const insert: Step = { kind: 'insert', item: row };
          expect(applyToStore(items, transaction, insert)).toBe(applyToModel(rows, insert));
        }
        expect(items.size).toBe(rows.length);
        const delta = transaction.deltas().get(items);
        transaction.commit();
        expect(sorted((delta?.inserted ?? []).map((row) => toHex(row.bytes)))).toEqual(sorted(rows.map(keyOf)));
        expect(items.size).toBe(0);
        expectIndexesAgree(items, []);
      }),
      propertyOptions(50),
    );
  });
});

function expectNetDelta(delta: RelationDelta | undefined, before: readonly Item[], after: readonly Item[]): void {
  const old = new Set(before.map(keyOf));
  const now = new Set(after.map(keyOf));
  expect(sorted((delta?.inserted ?? []).map((row) => toHex(row.bytes)))).toEqual(
    sorted([...now].filter((key) => !old.has(key))),
  );
  expect(sorted((delta?.deleted ?? []).map((row) => toHex(row.bytes)))).toEqual(
    sorted([...old].filter((key) => !now.has(key))),
  );
  expect(delta === undefined || delta.inserted.length + delta.deleted.length > 0).toBe(true);
}

function expectIndexesAgree(items: Table, rows: readonly Item[]): void {
  for (const id of [-3, 0, 3]) expectSame(items.rowsWhere(0, id), rows, (row) => row.id === id);
  for (const slot of [0, 2]) expectSame(items.rowsWhere(1, slot), rows, (row) => row.slot === slot);
  for (const folder of ['', 'a', 'é']) expectSame(items.rowsWhere(2, folder), rows, (row) => row.folder === folder);
  const byFolderRank = present(items.indexes[2]);
  const all = byFolderRank.within(
    byFolderRank.range({ prefix: none, prefixColumns: 0, lower: unbounded, upper: unbounded }),
  );
  const inOrder = [...rows].sort((a, b) => byUtf8(a.folder, b.folder) || compare(a.rank, b.rank));
  expect(all.map((row) => [textAt(row.bytes), row.value(3)])).toEqual(inOrder.map((row) => [row.folder, row.rank]));
  for (const folder of ['a', 'ab']) {
    for (const [from, to] of [
      [-1, 2],
      [0, 0],
      [2, -2],
    ] as const) {
      const prefix = bsatn((writer) => writer.string(folder));
      const range = { prefix, prefixColumns: 1, lower: included(from), upper: excluded(to) };
      const matches = (row: Item): boolean => row.folder === folder && row.rank >= from && row.rank < to;
      expectSame(byFolderRank.within(byFolderRank.range(range)), rows, matches);
    }
  }
  const byRank = present(items.indexes[3]);
  for (const rank of [-256, 0, 1]) {
    const above = { prefix: none, prefixColumns: 0, lower: excluded(rank), upper: unbounded };
    expectSame(byRank.within(byRank.range(above)), rows, (row) => row.rank > rank);
    const upTo = { prefix: none, prefixColumns: 0, lower: unbounded, upper: included(rank) };
    expectSame(byRank.within(byRank.range(upTo)), rows, (row) => row.rank <= rank);
    const only = { prefix: none, prefixColumns: 0, lower: included(rank), upper: none };
    expectSame(byRank.within(byRank.range(only)), rows, (row) => row.rank === rank);
  }
}

function expectSame(
  found: Iterable<{ readonly bytes: Uint8Array }>,
  rows: readonly Item[],
  matches: (row: Item) => boolean,
): void {
  expect(sorted([...found].map((row) => toHex(row.bytes)))).toEqual(sorted(rows.filter(matches).map(keyOf)));
}

const none = new Uint8Array();
const unbounded = Uint8Array.of(2);

function bsatn(write: (writer: BsatnWriter) => void): Uint8Array {
  const writer = new BsatnWriter();
  write(writer);
  return writer.finish();
}

function included(rank: number): Uint8Array {
  return bsatn((writer) => {
    writer.u8(0);
    writer.i32(rank);
  });
}

function excluded(rank: number): Uint8Array {
  return bsatn((writer) => {
    writer.u8(1);
    writer.i32(rank);
  });
}

/** The folder column: after one byte of id and two of slot. */
function textAt(bytes: Uint8Array): string {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(3, true);
  return new TextDecoder().decode(bytes.subarray(7, 7 + length));
}
