export { type Output, type OutputColumn } from './bind-select.ts';
export {
  compileQuery,
  compileStatement,
  compileSubscription,
  isSelectAllTables,
  notAuthorizedToChange,
  type StatementPlan,
} from './compile.ts';
export { evaluate, type RelationOf } from './evaluate.ts';
export { type DeltaOf, evaluateDelta, type RowChanges } from './evaluate-delta.ts';
export { evaluateQuery, evaluateRows, type QueryResult, type ResultColumn } from './evaluate-query.ts';
export { acceptedRows } from './lookup.ts';
export {
  type JoinPlan,
  type JoinSide,
  type PlanTable,
  type QueryPlan,
  type RowsPlan,
  type SubscriptionPlan,
  type TablePlan,
  tablesOfPlan,
} from './plan.ts';
export { type Assignment, type DeletePlan, type InsertPlan, updatedRow, type UpdatePlan } from './plan-change.ts';
export { QueryIndex } from './query-index.ts';
export { type Caller, type Catalog } from './scope.ts';
export { SqlError, subscriptionErrorText } from './sql-error.ts';
