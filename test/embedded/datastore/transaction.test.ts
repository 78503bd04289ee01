import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { Datastore } from '../../../src/embedded/datastore/datastore.ts';
import { type Table } from '../../../src/embedded/datastore/table.ts';
import { Transaction } from '../../../src/embedded/datastore/transaction.ts';
import { type IndexModel, type SequenceModel } from '../../../src/module-def/model.ts';
import { errnoOf } from '../../support/embedded-database.ts';
import { index, moduleWithTables, present, table } from '../../support/module-model.ts';

const plain: SequenceModel = { column: 0, start: undefined, min: undefined, max: undefined, increment: 1n };

/** A table with a generated `I8` before a `U8`. */
function numbered(sequence: Partial<SequenceModel> = {}, algorithm: IndexModel['algorithm'] = 'btree'): Table {
  const model = table('numbered', {
    columns: [
      { name: 'id', type: { tag: 'I8' } },
      { name: 'value', type: { tag: 'U8' } },
    ],
    indexes: [index('by_id', [0], algorithm)],
    uniqueConstraints: [[0]],
    sequences: [{ ...plain, ...sequence }],
  });
  return new Datastore(moduleWithTables([model])).tableNamed('numbered');
}

function insert(into: Table, id: number, value: number, transaction = new Transaction()): string {
  return toHex(transaction.insert(into, Uint8Array.of(id, value)));
}

const rowsOf = (of: Table): readonly string[] => [...of.rows()].map((row) => toHex(row.bytes));

describe('a column with auto-increment', () => {
  test('is numbered from 1 on where a row leaves it at zero', () => {
    const items = numbered();
    expect([insert(items, 0, 7), insert(items, 9, 8), insert(items, 0, 9)]).toEqual(['01', '', '02']);
    expect(rowsOf(items)).toEqual(['0107', '0908', '0209']);
  });

  test('gives no number back, neither after a rollback nor after an error', () => {
    const items = numbered();
    const transaction = new Transaction();
    insert(items, 0, 7, transaction);
    transaction.rollback();
    expect(rowsOf(items)).toEqual([]);
    insert(items, 3, 0);
    expect(insert(items, 0, 7)).toBe('02');
    expect(errnoOf(() => insert(items, 0, 8))).toBe(12);
    expect(insert(items, 0, 8)).toBe('04');
  });

  test('has errors when the numbers of its type are used up', () => {
    const items = numbered({ start: 126n });
    expect([insert(items, 0, 1), insert(items, 0, 1)]).toEqual(['7e', '7f']);
    expect(errnoOf(() => insert(items, 0, 1))).toBe(16);
    expect(rowsOf(items)).toHaveLength(2);
  });

  test('goes in its own steps, and begins again where the module says so', () => {
    const items = numbered({ start: 5n, min: 2n, max: 8n, increment: 3n });
    expect([0, 0, 0].map(() => insert(items, 0, 1))).toEqual(['05', '08', '02']);
    const down = numbered({ start: -1n, min: -2n, max: -1n, increment: -1n });
    const transaction = new Transaction();
    expect([insert(down, 0, 1, transaction), insert(down, 0, 1, transaction)]).toEqual(['ff', 'fe']);
    transaction.clear(down);
    expect(insert(down, 0, 1)).toBe('ff');
  });

  test('must be an integer', () => {
    const model = table('wrong', { columns: [{ name: 'id', type: { tag: 'String' } }], sequences: [plain] });
    expect(() => new Datastore(moduleWithTables([model]))).toThrow(
      'table wrong: the auto-increment column 0 is no integer',
    );
  });
});

describe('an index', () => {
  const range = { prefix: new Uint8Array(), prefixColumns: 0, lower: Uint8Array.of(2), upper: Uint8Array.of(2) };

  test('of kind hash has points and no ranges', () => {
    const items = numbered({}, 'hash');
    insert(items, 5, 1);
    const byId = present(items.indexes[0]);
    expect(byId.at(byId.pointKey(Uint8Array.of(5)))).toHaveLength(1);
    expect(errnoOf(() => byId.range(range))).toBe(10);
    expect([...items.rowsWhere(0, 5)]).toHaveLength(1);
  });

  test('of kind direct has both', () => {
    const items = numbered({}, 'direct');
    insert(items, 5, 1);
    insert(items, 4, 1);
    const byId = present(items.indexes[0]);
    expect(byId.within(byId.range(range)).map((row) => row.value(0))).toEqual([4, 5]);
  });
});

describe('a relation', () => {
  test('finds rows by a value, through an index or without one', () => {
    const items = numbered();
    for (const [id, value] of [
      [1, 9],
      [2, 9],
      [-3, 8],
    ] as const)
      insert(items, id, value);
    expect([...items.rowsWhere(0, -3)].map((row) => row.value(1))).toEqual([8]);
    expect([...items.rowsWhere(1, 9)].map((row) => row.value(0))).toEqual([1, 2]);
    expect([...items.rowsWhere(0, 200)]).toEqual([]);
    expect([...items.rowsWhere(0, 'x')]).toEqual([]);
    expect([...items.rowsWhere(1, undefined)]).toEqual([]);
  });
});
