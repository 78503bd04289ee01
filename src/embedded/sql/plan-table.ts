import { type RelationSchema, type StoredRow } from '../relation.ts';
import { compileCondition, type Condition, equalityOf, tablesOf } from './condition.ts';
import { type PlanTable } from './plan.ts';

/** The table at `position` of FROM with those of `conditions` that concern it alone. The first table takes the ones without any table too. */
export function planTable(schema: RelationSchema, position: number, conditions: readonly Condition[]): PlanTable {
  const own = conditions.filter((condition) => isOwn(condition, position));
  const equalities = own.flatMap((condition) => equalityOf(condition) ?? []);
  return { schema, accepts: rowPredicate(own), equalities };
}

function isOwn(condition: Condition, position: number): boolean {
  const tables = tablesOf(condition);
  return tables.size === 0 ? position === 0 : tables.size === 1 && tables.has(position);
}

function rowPredicate(conditions: readonly Condition[]): (row: StoredRow) => boolean {
  if (conditions.length === 0) return () => true;
  const all: Condition = { kind: 'and', parts: conditions };
  return compileCondition<StoredRow>(
    all,
    ({ column }) =>
      (row) =>
        row.value(column),
  );
}

/** Makes a function of conditions on several tables; the rows that it gets are in the order of FROM. */
export function tuplePredicate(
  conditions: readonly Condition[],
): ((rows: readonly StoredRow[]) => boolean) | undefined {
  if (conditions.length === 0) return undefined;
  const all: Condition = { kind: 'and', parts: conditions };
  return compileCondition<readonly StoredRow[]>(
    all,
    ({ table, column }) =>
      (rows) =>
        rows[table]?.value(column),
  );
}

/** Whether `column` alone has an index. */
export function isIndexed({ indexes }: RelationSchema, column: number): boolean {
  return indexes.some((columns) => columns.length === 1 && columns[0] === column);
}
