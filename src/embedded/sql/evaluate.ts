import { type Relation, type StoredRow } from '../relation.ts';
import { acceptedRows, lookupIn } from './lookup.ts';
import { type JoinPlan, type SubscriptionPlan } from './plan.ts';

/** The rows of a table, or of a view for the caller of the plan, by canonical name. */
export type RelationOf = (name: string) => Relation;

/** The rows of a subscription as they stand: a bag, in which a join has a row once per match. */
export function evaluate(plan: SubscriptionPlan, relationOf: RelationOf): readonly StoredRow[] {
  if (plan.kind === 'table') return [...acceptedRows(plan.table, relationOf(plan.returns.name))];
  return evaluateJoin(plan, relationOf);
}

function evaluateJoin(plan: JoinPlan, relationOf: RelationOf): readonly StoredRow[] {
  const scanned = plan.lookup === 'right' ? plan.left : plan.right;
  const lookedUp = plan.lookup === 'right' ? plan.right : plan.left;
  const matching = lookupIn(lookedUp, relationOf(lookedUp.schema.name), lookedUp.column);
  const rows: StoredRow[] = [];
  for (const row of acceptedRows(scanned, relationOf(scanned.schema.name))) {
    for (const match of matching(row.value(scanned.column))) {
      const [left, right] = plan.lookup === 'right' ? [row, match] : [match, row];
      if (plan.matches?.([left, right]) !== false) rows.push(plan.returned === 'left' ? left : right);
    }
  }
  return rows;
}
