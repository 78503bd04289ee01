import { type RelationSchema, type StoredRow } from '../relation.ts';
import { type Output, type RowsOutput } from './bind-select.ts';
import { type Equality } from './condition.ts';

/** A query that can be kept up to date: rows of one table, or of one side of a join of two. */
export type SubscriptionPlan = TablePlan | JoinPlan;

interface PlanBase {
  /** The table or view whose rows come out. */
  readonly returns: RelationSchema;
  /**
   * Whether `:sender` is in it: then it is a plan for one caller. A view that differs from caller to caller is not counted here; the one who
   * provides its rows knows.
   */
  readonly dependsOnSender: boolean;
}

/** `SELECT * FROM table WHERE …` */
export interface TablePlan extends PlanBase {
  readonly kind: 'table';
  readonly table: PlanTable;
}

/** `SELECT side.* FROM left JOIN right ON left.column = right.column WHERE …`: a row comes out once per match. */
export interface JoinPlan extends PlanBase {
  readonly kind: 'join';
  readonly left: JoinSide;
  readonly right: JoinSide;
  readonly returned: 'left' | 'right';
  /** The side that is looked up in its index for each row of the other; never an event table. */
  readonly lookup: 'left' | 'right';
  /** What a pair has to fulfil besides being joined and accepted on either side; `undefined` when that is all. */
  readonly matches: ((pair: readonly StoredRow[]) => boolean) | undefined;
}

/** One table of FROM with the conditions that concern it alone. */
export interface PlanTable {
  readonly schema: RelationSchema;
  /** Whether a row fulfils all of these conditions. */
  readonly accepts: (row: StoredRow) => boolean;
  /** Values that each accepted row has: what makes it possible to tell from a row which plans it can concern. */
  readonly equalities: readonly Equality[];
}

export interface JoinSide extends PlanTable {
  /** The column that is joined. */
  readonly column: number;
}

/** A query that is answered once. */
export interface QueryPlan {
  readonly kind: 'select';
  /** In the order of FROM, at least one. */
  readonly tables: readonly QueryTable[];
  readonly output: Output;
  readonly limit: bigint | undefined;
  readonly dependsOnSender: boolean;
}

/** A query that is answered once, with whole rows of one of its tables. */
export interface RowsPlan extends QueryPlan {
  readonly output: RowsOutput;
}

export interface QueryTable extends PlanTable {
  /** The column that equals one of an earlier table, if there is one. */
  readonly link: { readonly column: number; readonly toTable: number; readonly toColumn: number } | undefined;
  /** What the rows of the tables up to this one have to fulfil together; `undefined` when there is nothing. */
  readonly matches: ((rows: readonly StoredRow[]) => boolean) | undefined;
}

/** The tables and views that a plan reads, by canonical name; a table that is joined with itself comes twice. */
export function tablesOfPlan(plan: SubscriptionPlan | QueryPlan): readonly PlanTable[] {
  switch (plan.kind) {
    case 'table':
      return [plan.table];
    case 'join':
      return [plan.left, plan.right];
    case 'select':
      return plan.tables;
  }
}
