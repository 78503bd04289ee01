import { type RelationSchema } from '../relation.ts';
import { type BoundSelect, type BoundTable, type JoinCondition, type RowsOutput } from './bind-select.ts';
import { type Condition, equalityOf, tablesOf } from './condition.ts';
import { type JoinPlan, type JoinSide, type SubscriptionPlan, type TablePlan } from './plan.ts';
import { isIndexed, planTable, tuplePredicate } from './plan-table.ts';
import { SqlError } from './sql-error.ts';

/** Throws an {@link SqlError} for what can be answered once and not kept up to date. */
export function planSubscription(select: BoundSelect): SubscriptionPlan {
  const { table } = rowsOutput(select);
  const [left, right] = select.tables;
  if (left === undefined) throw new SqlError('A FROM clause is required');
  return right === undefined ? planSingle(select, left.schema) : planJoin(select, left, right, table);
}

/** Throws an {@link SqlError} for a query that answers with anything but whole rows of one table. */
export function rowsOutput({ output }: BoundSelect): RowsOutput {
  if (output.kind === 'rows') return output;
  throw new SqlError('Column projections are not supported in subscriptions; Subscriptions must return a table type');
}

function planSingle({ where, dependsOnSender }: BoundSelect, schema: RelationSchema): TablePlan {
  return { kind: 'table', returns: schema, dependsOnSender, table: planTable(schema, 0, where) };
}

function planJoin(select: BoundSelect, left: BoundTable, right: BoundTable, returned: number): JoinPlan {
  const joins = select.tables.slice(1).map((table, index) => joinColumns(table.on, index + 1));
  const [on] = joins;
  if (on === undefined || select.tables.length > 2) return refuseTables(select, joins);
  const { where, dependsOnSender } = select;
  const leftSide = { ...planTable(left.schema, 0, where), column: on.earlier.column };
  const rightSide = { ...planTable(right.schema, 1, where), column: on.own.column };
  const lookup = lookupSide(where);
  checkLookup(lookup === 'left' ? leftSide : rightSide, lookup === 'left' ? [] : valueComparisons(where, 1));
  return {
    kind: 'join',
    returns: returned === 0 ? left.schema : right.schema,
    dependsOnSender,
    left: leftSide,
    right: rightSide,
    returned: returned === 0 ? 'left' : 'right',
    lookup,
    matches: tuplePredicate(where.filter((condition) => tablesOf(condition).size > 1)),
  };
}

interface JoinColumns {
  readonly own: { readonly table: number; readonly column: number };
  readonly earlier: { readonly table: number; readonly column: number };
}

/** The two columns of ON: that of the table at `position` and that of one before it. */
function joinColumns(on: JoinCondition | undefined, position: number): JoinColumns {
  if (on === undefined) throw new SqlError('Subscriptions require indexes on join columns');
  const [own, earlier] = on.right.table === position ? [on.right, on.left] : [on.left, on.right];
  if (own.table !== position || earlier.table === position) {
    throw new SqlError('Could not compute positional arguments during query planning');
  }
  return { own, earlier };
}

/** Three tables and more: without indexes that is what is said first. */
function refuseTables({ tables }: BoundSelect, joins: readonly JoinColumns[]): never {
  for (const { own } of joins) {
    const schema = tables[own.table]?.schema;
    if (schema === undefined || !isIndexed(schema, own.column)) {
      throw new SqlError('Subscriptions require indexes on join columns');
    }
  }
  throw new SqlError(`Invalid number of tables in subscription: ${tables.length}`);
}

/** The second table is looked up, unless it is the only one that is compared with values: then it is scanned instead. */
function lookupSide(where: readonly Condition[]): 'left' | 'right' {
  return valueComparisons(where, 1).length > 0 && valueComparisons(where, 0).length === 0 ? 'left' : 'right';
}

/** The conditions that compare a column of the table at `position` with a value. */
function valueComparisons(where: readonly Condition[], position: number): readonly Condition[] {
  return where.filter((condition) => {
    if (condition.kind !== 'comparison') return false;
    const { left, right } = condition;
    const column = left.kind === 'value' ? right : left;
    return column.kind === 'column' && column.table === position && (left.kind === 'value' || right.kind === 'value');
  });
}

/** An index serves when the join column is its only one, or its last one and `comparisons` say what all before it equal. */
function checkLookup({ schema, column }: JoinSide, comparisons: readonly Condition[]): void {
  const known = comparisons.flatMap((condition) => equalityOf(condition)?.column ?? []);
  const serves = schema.indexes.some((columns) => {
    return columns.at(-1) === column && columns.slice(0, -1).every((other) => known.includes(other));
  });
  if (!serves) throw new SqlError('Subscriptions require indexes on join columns');
  if (schema.isEvent) throw new SqlError('Event tables cannot be used as the lookup table in subscription joins');
}
