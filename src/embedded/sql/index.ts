export {
  compileQuery,
  compileStatement,
  compileSubscription,
  isSelectAllTables,
  notAuthorizedToChange,
  type StatementPlan,
} from './compile.ts';
export { evaluate } from './evaluate.ts';
export { evaluateDelta } from './evaluate-delta.ts';
export { evaluateQuery, evaluateRows, type QueryResult } from './evaluate-query.ts';
export { acceptedRows } from './lookup.ts';
export { type PlanTable, type QueryPlan, type SubscriptionPlan, tablesOfPlan } from './plan.ts';
export { type InsertPlan, updatedRow, type UpdatePlan } from './plan-change.ts';
export { QueryIndex } from './query-index.ts';
export { type Catalog } from './scope.ts';
export { SqlError, subscriptionErrorText } from './sql-error.ts';
