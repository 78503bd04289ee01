import { type ColumnValue, type StoredRow } from '../relation.ts';
import { type Equality } from './condition.ts';
import { type SubscriptionPlan, tablesOfPlan } from './plan.ts';

/**
 * Tells for a changed row which of many queries it can concern, without asking each of them:
 *
 *     table ─┬─ queries that any row can concern
 *            └─ column ── value ── queries that only rows with this value can concern
 */
export class QueryIndex<Query> {
  readonly #tables = new Map<string, TableQueries<Query>>();

  /** Adds a query under its plan. A query has one plan at a time. */
  add(query: Query, plan: SubscriptionPlan): void {
    for (const { schema, equalities } of tablesOfPlan(plan)) {
      const table = this.#tables.get(schema.name) ?? new TableQueries();
      this.#tables.set(schema.name, table);
      table.add(query, equalities[0]);
    }
  }

  /** Removes a query that was added under this plan. */
  remove(query: Query, plan: SubscriptionPlan): void {
    for (const { schema, equalities } of tablesOfPlan(plan)) {
      const table = this.#tables.get(schema.name);
      table?.remove(query, equalities[0]);
      if (table?.isEmpty === true) this.#tables.delete(schema.name);
    }
  }

  /** The queries that a row which was inserted into or deleted from `table` can concern; each once. */
  candidates(table: string, row: StoredRow): ReadonlySet<Query> {
    return this.#tables.get(table)?.candidates(row) ?? new Set();
  }

  /** Whether any query reads `table`. */
  reads(table: string): boolean {
    return this.#tables.has(table);
  }
}

class TableQueries<Query> {
  readonly #unconditional = new Set<Query>();
  readonly #byColumn = new Map<number, Map<ColumnValue, Set<Query>>>();

  get isEmpty(): boolean {
    return this.#unconditional.size === 0 && this.#byColumn.size === 0;
  }

  add(query: Query, equality: Equality | undefined): void {
    if (equality === undefined) {
      this.#unconditional.add(query);
      return;
    }
    const byValue = this.#byColumn.get(equality.column) ?? new Map<ColumnValue, Set<Query>>();
    this.#byColumn.set(equality.column, byValue);
    const queries = byValue.get(equality.value) ?? new Set();
    byValue.set(equality.value, queries);
    queries.add(query);
  }

  remove(query: Query, equality: Equality | undefined): void {
    if (equality === undefined) {
      this.#unconditional.delete(query);
      return;
    }
    const byValue = this.#byColumn.get(equality.column);
    const queries = byValue?.get(equality.value);
    queries?.delete(query);
    if (queries?.size === 0) byValue?.delete(equality.value);
    if (byValue?.size === 0) this.#byColumn.delete(equality.column);
  }

  candidates(row: StoredRow): ReadonlySet<Query> {
    const candidates = new Set(this.#unconditional);
    for (const [column, byValue] of this.#byColumn) {
      for (const query of byValue.get(row.value(column)) ?? []) candidates.add(query);
    }
    return candidates;
  }
}
