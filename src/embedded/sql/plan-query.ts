import { type BoundSelect } from './bind-select.ts';
import { type Condition, tablesOf } from './condition.ts';
import { type QueryPlan, type QueryTable } from './plan.ts';
import { planTable, tuplePredicate } from './plan-table.ts';

/** Plans a query that is answered once: the tables are joined in the order of FROM. */
export function planQuery(select: BoundSelect): QueryPlan {
  const joins = select.tables.flatMap(({ on }) => on?.condition ?? []);
  const conditions = [...joins, ...select.where];
  const tables = select.tables.map(({ schema }, position): QueryTable => {
    const together = conditions.filter((condition) => isLastOf(condition, position));
    const linking = together.find((condition) => linkOf(condition, position) !== undefined);
    const link = linking === undefined ? undefined : linkOf(linking, position);
    const rest = together.filter((condition) => condition !== linking);
    return { ...planTable(schema, position, conditions), link, matches: tuplePredicate(rest) };
  });
  const { output, limit, dependsOnSender } = select;
  return { kind: 'select', tables, output, limit, dependsOnSender };
}

/** Whether a condition on several tables can be checked as soon as there is a row of the table at `position`. */
function isLastOf(condition: Condition, position: number): boolean {
  const tables = tablesOf(condition);
  return tables.size > 1 && Math.max(...tables) === position;
}

/** The equality of a column at `position` and one of an earlier table. */
function linkOf(condition: Condition, position: number): QueryTable['link'] {
  if (condition.kind !== 'comparison' || condition.operator !== '=') return undefined;
  const { left, right } = condition;
  if (left.kind !== 'column' || right.kind !== 'column') return undefined;
  const [own, other] = left.table === position ? [left, right] : [right, left];
  return { column: own.column, toTable: other.table, toColumn: other.column };
}
