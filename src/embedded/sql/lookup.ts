import { type ColumnValue, type Relation, type StoredRow } from '../relation.ts';
import { type PlanTable } from './plan.ts';
import { isIndexed } from './plan-table.ts';

/** Finds the rows whose column has a value. */
export type Lookup = (value: ColumnValue) => Iterable<StoredRow>;

/** The rows that a table of a plan accepts, found through an index where an equality on an indexed column says which. */
export function* acceptedRows({ schema, accepts, equalities }: PlanTable, relation: Relation): Iterable<StoredRow> {
  const indexed = equalities.find(({ column }) => isIndexed(schema, column));
  const rows = indexed === undefined ? relation.rows() : relation.rowsWhere(indexed.column, indexed.value);
  for (const row of rows) if (accepts(row)) yield row;
}

/**
 * Looks up the rows of `relation` that `table` accepts by one column. Without an index on that column the first look-up makes a table of
 * all rows, for the later ones.
 */
export function lookupIn(table: PlanTable, relation: Relation, column: number): Lookup {
  if (isIndexed(table.schema, column)) {
    return (value) => filter(relation.rowsWhere(column, value), table.accepts);
  }
  let byValue: Map<ColumnValue, StoredRow[]> | undefined;
  return (value) => {
    byValue ??= groupByValue(acceptedRows(table, relation), column);
    return byValue.get(value) ?? [];
  };
}

/** Groups rows by the value of a column. A `Map` tells values apart as the server does: NaN equals itself, and so do the two zeros. */
export function groupByValue(rows: Iterable<StoredRow>, column: number): Map<ColumnValue, StoredRow[]> {
  const groups = new Map<ColumnValue, StoredRow[]>();
  for (const row of rows) {
    const value = row.value(column);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [row]);
    else group.push(row);
  }
  return groups;
}

function* filter(rows: Iterable<StoredRow>, accepts: (row: StoredRow) => boolean): Iterable<StoredRow> {
  for (const row of rows) if (accepts(row)) yield row;
}
