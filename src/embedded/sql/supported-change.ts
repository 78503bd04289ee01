import { printExpression, printQuery, printTableWithJoins } from './print.ts';
import { printStatement } from './print-change.ts';
import { literalOf, type Scalar, scalarOf, type ScalarLiteral, signedNumberOf } from './scalar.ts';
import { SqlError } from './sql-error.ts';
import {
  type DeleteStatement,
  type Expression,
  type InsertStatement,
  type TableWithJoins,
  type UpdateStatement,
} from './syntax.ts';

/** An INSERT of the kind that the server runs, before anything is known of its names and types. */
export interface SupportedInsert {
  readonly table: string;
  /** How many columns are listed. Which ones does not matter: values are in the order of the table. */
  readonly columnCount: number;
  readonly rows: readonly (readonly ScalarLiteral[])[];
}

export interface SupportedUpdate {
  readonly table: string;
  readonly assignments: readonly { readonly column: string; readonly value: ScalarLiteral }[];
  readonly where: Scalar | undefined;
}

export interface SupportedDelete {
  readonly table: string;
  readonly where: Scalar | undefined;
}

/** Throws an {@link SqlError} for what the server does not insert. */
export function supportedInsert(statement: InsertStatement): SupportedInsert {
  const { table, columns, source, unsupported } = statement;
  if (unsupported.before + unsupported.afterColumns + unsupported.after !== '') throw unsupportedStatement(statement);
  const { withClause, body, orderBy, limit, afterLimit } = source;
  const isPlain = withClause + orderBy + afterLimit === '' && limit === undefined;
  if (!isPlain || body.kind !== 'values' || body.isExplicitRow) {
    throw new SqlError(`Unsupported INSERT expression: ${printQuery(source)}`);
  }
  const rows = body.rows.map((row) => row.map((value) => literalValue(value, 'INSERT value')));
  return { table: table.map(({ name }) => name).join('.'), columnCount: columns.length, rows };
}

/** Throws an {@link SqlError} for what the server does not update. */
export function supportedUpdate(statement: UpdateStatement): SupportedUpdate {
  const table = bareTable(statement.target);
  const { from, after } = statement.unsupported;
  if (table === undefined || from + after !== '') throw unsupportedStatement(statement);
  const assignments = statement.assignments.map(({ column, value }) => {
    return {
      column: column.map(({ name }) => name).join('.'),
      value: literalValue(value, 'column/variable assignment expression'),
    };
  });
  return { table, assignments, where: statement.where && scalarOf(statement.where) };
}

/** Throws an {@link SqlError} for what the server does not delete. */
export function supportedDelete(statement: DeleteStatement): SupportedDelete {
  const { before, using, after } = statement.unsupported;
  if (before + using + after !== '') throw unsupportedStatement(statement);
  const [from] = statement.from;
  if (from === undefined || statement.from.length > 1) throw new SqlError('Multi-table DELETE is not supported');
  const table = bareTable(from);
  if (table === undefined) throw new SqlError(`Unsupported table expression in DELETE: ${printTableWithJoins(from)}`);
  return { table, where: statement.where && scalarOf(statement.where) };
}

/** The name of a table that stands alone, without an alias. */
function bareTable({ table, joins }: TableWithJoins): string | undefined {
  if (table.kind === 'other' || table.alias !== undefined || joins.length > 0) return undefined;
  return table.name.map(({ name }) => name).join('.');
}

/** A literal or a number with a sign; `what` it is, for the error. */
export function literalValue(expression: Expression, what: string): ScalarLiteral {
  const literal =
    expression.kind === 'literal'
      ? literalOf(expression)
      : expression.kind === 'unary'
        ? signedNumberOf(expression)
        : undefined;
  if (literal === undefined) throw new SqlError(`Unsupported ${what}: ${printExpression(expression)}`);
  return literal;
}

function unsupportedStatement(statement: InsertStatement | UpdateStatement | DeleteStatement): SqlError {
  return new SqlError(`Unsupported: ${printStatement(statement)}`);
}
