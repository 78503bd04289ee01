import { bindSelect } from './bind-select.ts';
import { parseStatement } from './parse-statement.ts';
import { type QueryPlan, type RowsPlan, type SubscriptionPlan } from './plan.ts';
import { planQuery } from './plan-query.ts';
import { planSubscription, rowsOutput } from './plan-subscription.ts';
import {
  type DeletePlan,
  type InsertPlan,
  planDelete,
  planInsert,
  planUpdate,
  type UpdatePlan,
} from './plan-change.ts';
import { printStatement } from './print-change.ts';
import { type Caller, type Catalog } from './scope.ts';
import { SqlError } from './sql-error.ts';
import { literalValue, supportedDelete, supportedInsert, supportedUpdate } from './supported-change.ts';
import { supportedQuery, supportedSubscription } from './supported-select.ts';
import { type Statement } from './syntax.ts';

/** Whether a Subscribe asks for every table; it is for the session to replace it by one query for each. */
export function isSelectAllTables(sql: string): boolean {
  return sql.trim().toUpperCase() === 'SELECT * FROM *';
}

/**
 * Compiles a query of a subscription for `caller`. Throws an {@link SqlError} whose message is the server's, still without the query that
 * {@link subscriptionErrorText} adds.
 */
export function compileSubscription(sql: string, catalog: Catalog, caller: Caller): SubscriptionPlan {
  if (sql.trim() === '') throw new SqlError('SubscriptionError: Empty string');
  return planSubscription(bindSelect(supportedSubscription(parseStatement(sql)), catalog, caller));
}

/** Compiles a one-off query: what a subscription may be, without the rules on indexes and the number of tables. Throws an {@link SqlError}. */
export function compileQuery(sql: string, catalog: Catalog, caller: Caller): RowsPlan {
  const select = bindSelect(supportedSubscription(parseStatement(sql)), catalog, caller);
  return { ...planQuery(select), output: rowsOutput(select) };
}

/** What a statement over HTTP asks for. Only the owner of a database may change it, see {@link notAuthorizedToChange}. */
export type StatementPlan = QueryPlan | InsertPlan | UpdatePlan | DeletePlan;

/** Compiles a statement that comes over HTTP. Throws an {@link SqlError}; what the embedded server leaves out is refused by name. */
export function compileStatement(sql: string, catalog: Catalog, caller: Caller): StatementPlan {
  const statement = parseStatement(sql);
  switch (statement.kind) {
    case 'query':
      return planQuery(bindSelect(supportedQuery(statement.query), catalog, caller));
    case 'insert':
      return planInsert(supportedInsert(statement), catalog);
    case 'update':
      return planUpdate(supportedUpdate(statement), catalog, caller);
    case 'delete':
      return planDelete(supportedDelete(statement), catalog, caller);
    case 'set':
    case 'show':
      return refuseVariable(statement);
    case 'other':
      throw new SqlError(`Unsupported: ${statement.text}`);
  }
}

/** The error of a change by somebody who is not the owner. */
export function notAuthorizedToChange({ identity }: Caller): SqlError {
  return new SqlError(`Caller ${identity.toHexString()} is not authorized to run SQL DML statements`);
}

/** The server has variables, such as `row_limit`, whose values would mean nothing here. */
function refuseVariable(statement: Extract<Statement, { kind: 'set' | 'show' }>): never {
  if (statement.kind === 'set') {
    const [value] = statement.values;
    if (statement.isLocal || value === undefined || statement.values.length > 1) {
      throw new SqlError(`Unsupported: ${printStatement(statement)}`);
    }
    literalValue(value, 'column/variable assignment expression');
  }
  const name = statement.variable.replaceAll('"', '');
  if (name !== 'row_limit') throw new SqlError(`${name} is not a valid system variable`);
  throw new SqlError(`Unsupported: ${printStatement(statement)} (the embedded server has no system variables)`);
}
