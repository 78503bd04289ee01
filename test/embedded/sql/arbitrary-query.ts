import * as fc from 'fast-check';
import { type ColumnValue, type StoredRow } from '../../../src/embedded/relation.ts';
import { arbitraryConditionOf, type ConditionColumn, type NaiveCondition, plainOrders } from './arbitrary-condition.ts';
import { type ColumnLabel, columnLabels, type RowValues, storedRow } from './small-tables.ts';

const kinds: Readonly<Record<ColumnLabel, keyof typeof plainOrders>> = {
  id: 'integer',
  room: 'integer',
  big: 'integer',
  ratio: 'float',
  name: 'text',
  bytes: 'bytes',
  flag: 'flag',
};

/** Few values, so that rows meet; among them those that are easily compared wrongly. */
const values: Readonly<Record<ColumnLabel, readonly ColumnValue[]>> = {
  id: [0, 1, 2, 3, 4, 5],
  room: [0, 1, 2, 3],
  big: [-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n],
  ratio: [Number.NaN, -1.5, -0, 0, 2, Number.POSITIVE_INFINITY],
  name: ['', 'a', 'b', '\uffff', '\u{1f600}', "it's"],
  bytes: ['', '\u0000', '\u007f', '\u00ff', '\u00ff\u0001'],
  flag: [false, true],
};

export const arbitraryRow: fc.Arbitrary<StoredRow> = fc
  .tuple(...columnLabels.map((label) => fc.constantFrom(...values[label])))
  .map((row: RowValues) => storedRow(row));

export const arbitraryRows: fc.Arbitrary<readonly StoredRow[]> = fc.array(arbitraryRow, { maxLength: 12 });

const columns = columnLabels.map((label, index): ConditionColumn<StoredRow> => {
  const literals = values[label].filter((value) => !Number.isNaN(value) && value !== Number.POSITIVE_INFINITY);
  return {
    name: label,
    type: label === 'room' ? 'id' : label,
    read: (row) => row.value(index),
    compare: plainOrders[kinds[label]],
    literals: literals.map((value) => ({ sql: literalOf(value, label), value })),
  };
});

/** A condition on the columns of small tables that go by these aliases. */
export function arbitraryCondition(aliases: readonly string[]): fc.Arbitrary<NaiveCondition<StoredRow>> {
  return arbitraryConditionOf(columns, aliases);
}

function literalOf(value: ColumnValue, label: ColumnLabel): string {
  if (label === 'bytes') return `0x${Buffer.from(String(value), 'latin1').toString('hex')}`;
  if (label === 'name') return `'${String(value).replaceAll("'", "''")}'`;
  return Object.is(value, -0) ? '-0' : String(value);
}
