import { type ColumnValue, type RelationDelta, type StoredRow } from '../relation.ts';
import { type RelationOf } from './evaluate.ts';
import { groupByValue, type Lookup, lookupIn } from './lookup.ts';
import { type JoinPlan, type JoinSide, type SubscriptionPlan } from './plan.ts';

/** What a transaction changed in a relation, by canonical name; `undefined` where it changed nothing. */
export type DeltaOf = (name: string) => RelationDelta | undefined;

/** How the rows of a subscription change. A row whose count changes by n is in one of the lists n times. */
export interface RowChanges {
  readonly inserted: readonly StoredRow[];
  readonly deleted: readonly StoredRow[];
}

/**
 * How a committed transaction changes the rows of a subscription. `relationOf` is the state after it. The work grows with the changed rows
 * and their matches, not with the tables; only a side of a join whose column has no index is gone through, once, when the other side changed.
 *
 * Rows of an event table are there only for their own transaction: they join what the other table holds after it, and are never deleted.
 */
export function evaluateDelta(plan: SubscriptionPlan, relationOf: RelationOf, deltaOf: DeltaOf): RowChanges {
  if (plan.kind === 'join') return joinDelta(plan, relationOf, deltaOf);
  const { accepts, schema } = plan.table;
  const delta = deltaOf(schema.name);
  if (delta === undefined) return { inserted: [], deleted: [] };
  return { inserted: delta.inserted.filter(accepts), deleted: schema.isEvent ? [] : delta.deleted.filter(accepts) };
}

/**
 * With A and B the tables after the transaction, A' and B' before it:
 *
 *     A ⋈ B  -  A' ⋈ B'   =   ΔA ⋈ B  +  A' ⋈ ΔB
 *
 * A' is A without what was inserted and with what was deleted. Rows carry a sign; what comes out is summed up per row.
 */
function joinDelta(plan: JoinPlan, relationOf: RelationOf, deltaOf: DeltaOf): RowChanges {
  const changes = new ChangeCount();
  const { left, right, matches, returned } = plan;
  const add = (leftRow: StoredRow, rightRow: StoredRow, sign: number): void => {
    if (matches?.([leftRow, rightRow]) !== false) changes.add(returned === 'left' ? leftRow : rightRow, sign);
  };
  const leftDelta = acceptedDelta(left, deltaOf);
  const rightDelta = acceptedDelta(right, deltaOf);
  if (leftDelta.length > 0 && !right.schema.isEvent) {
    const rightRows = lookupIn(right, relationOf(right.schema.name), right.column);
    for (const { row, sign } of leftDelta) {
      for (const match of rightRows(row.value(left.column))) add(row, match, sign);
    }
  }
  if (rightDelta.length > 0 && !left.schema.isEvent) {
    const after = lookupIn(left, relationOf(left.schema.name), left.column);
    const leftRows = right.schema.isEvent ? after : lookupBefore(after, left, leftDelta);
    for (const { row, sign } of rightDelta) {
      for (const match of leftRows(row.value(right.column))) add(match, row, sign);
    }
  }
  return changes.net();
}

interface SignedRow {
  readonly row: StoredRow;
  /** 1: inserted, -1: deleted. */
  readonly sign: 1 | -1;
}

function acceptedDelta({ schema, accepts }: JoinSide, deltaOf: DeltaOf): readonly SignedRow[] {
  const delta = deltaOf(schema.name);
  if (delta === undefined) return [];
  const inserted = delta.inserted.filter(accepts).map((row) => ({ row, sign: 1 }) as const);
  if (schema.isEvent) return inserted;
  return [...inserted, ...delta.deleted.filter(accepts).map((row) => ({ row, sign: -1 }) as const)];
}

/** Looks up a table as it was before its changes, from how it is after them. */
function lookupBefore(after: Lookup, { column }: JoinSide, delta: readonly SignedRow[]): Lookup {
  const inserted = new Set(delta.flatMap(({ row, sign }) => (sign === 1 ? row.key : [])));
  const deleted: ReadonlyMap<ColumnValue, readonly StoredRow[]> = groupByValue(
    delta.flatMap(({ row, sign }) => (sign === -1 ? row : [])),
    column,
  );
  return function* before(value) {
    for (const row of after(value)) if (!inserted.has(row.key)) yield row;
    yield* deleted.get(value) ?? [];
  };
}

/** Sums up by how much the count of each row changes. */
class ChangeCount {
  readonly #byKey = new Map<string, { readonly row: StoredRow; count: number }>();

  add(row: StoredRow, sign: number): void {
    const known = this.#byKey.get(row.key);
    if (known === undefined) this.#byKey.set(row.key, { row, count: sign });
    else known.count += sign;
  }

  net(): RowChanges {
    const inserted: StoredRow[] = [];
    const deleted: StoredRow[] = [];
    for (const { row, count } of this.#byKey.values()) {
      const list = count > 0 ? inserted : deleted;
      for (let times = Math.abs(count); times > 0; times--) list.push(row);
    }
    return { inserted, deleted };
  }
}
