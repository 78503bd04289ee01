import { printExpression, printQuery, printQueryBody, printSelect, printTableFactor } from './print.ts';
import { type ColumnName, columnNameOf, type Scalar, scalarOf } from './scalar.ts';
import { SqlError } from './sql-error.ts';
import {
  type Expression,
  type Join,
  type Query,
  type Select,
  type SelectItem,
  type Statement,
  type TableFactor,
} from './syntax.ts';

/** A SELECT of the kind that the server runs, before anything is known of its names and types. */
export interface SupportedSelect {
  readonly projection: SupportedProjection;
  readonly from: readonly SupportedTable[];
  readonly where: Scalar | undefined;
  /** The number after LIMIT, as it was written. */
  readonly limit: string | undefined;
}

type SupportedProjection =
  | { readonly kind: 'all' }
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'count'; readonly name: string }
  | { readonly kind: 'columns'; readonly columns: readonly { readonly column: ColumnName; readonly name: string }[] };

export interface SupportedTable {
  readonly name: string;
  /** The table's name in this query: the alias, or the name itself. */
  readonly alias: string;
  /** `on.left = on.right`; only for joined tables, and not for all of those. */
  readonly on: { readonly left: ColumnName; readonly right: ColumnName } | undefined;
}

/** What a subscription or one-off query may be. Throws an {@link SqlError} for the rest. */
export function supportedSubscription(statement: Statement): SupportedSelect {
  if (statement.kind !== 'query') throw new SqlError('Unsupported: Non-SELECT queries');
  const { query } = statement;
  const { withClause, body, orderBy, limit, afterLimit } = query;
  if (withClause + orderBy + afterLimit !== '' || limit !== undefined)
    throw new SqlError(`Unsupported: ${printQuery(query)}`);
  if (body.kind !== 'select') throw new SqlError(`Unsupported set operation: ${printQueryBody(query)}`);
  const { select } = body;
  if (hasUnsupportedClause(select)) throw new SqlError(`Unsupported SELECT: ${printSelect(select)}`);
  const from = supportedFrom(select);
  const where = select.where === undefined ? undefined : scalarOf(select.where);
  return checkQualified({ projection: supportedProjection(select.projection), from, where, limit: undefined });
}

/** What a SELECT over HTTP may be: more than a subscription. Throws an {@link SqlError} for the rest. */
export function supportedQuery(query: Query): SupportedSelect {
  const { withClause, body, orderBy, limit, afterLimit } = query;
  const isNumber = limit?.kind === 'literal' && limit.literal.kind === 'number';
  if (withClause + orderBy + afterLimit !== '' || (limit !== undefined && !isNumber)) {
    throw new SqlError(`Unsupported: ${printQuery(query)}`);
  }
  if (body.kind !== 'select' || hasUnsupportedClause(body.select))
    throw new SqlError(`Unsupported: ${printQueryBody(query)}`);
  const projection = supportedProjection(body.select.projection);
  const from = supportedFrom(body.select);
  const where = body.select.where === undefined ? undefined : scalarOf(body.select.where);
  return checkQualified({ projection, from, where, limit: rawNumber(limit) });
}

function rawNumber(limit: Expression | undefined): string | undefined {
  return limit?.kind === 'literal' && limit.literal.kind === 'number' ? limit.literal.raw : undefined;
}

function hasUnsupportedClause({ unsupported }: Select): boolean {
  return unsupported.beforeProjection + unsupported.into + unsupported.afterWhere !== '';
}

function supportedFrom({ from }: Select): readonly SupportedTable[] {
  const [first] = from;
  if (first === undefined) throw new SqlError('A FROM clause is required');
  if (from.length > 1) throw new SqlError('Implicit joins are not supported');
  return [{ ...supportedTable(first.table), on: undefined }, ...first.joins.map(supportedJoin)];
}

function supportedTable(table: TableFactor): { readonly name: string; readonly alias: string } {
  if (table.kind === 'other') throw new SqlError(`Unsupported FROM expression: ${printTableFactor(table)}`);
  const name = table.name.map((part) => part.name).join('.');
  return { name, alias: table.alias?.name ?? name };
}

function supportedJoin({ table, operator, on, using }: Join): SupportedTable {
  const joined = supportedTable(table);
  if (using !== '' || !['JOIN', 'CROSS JOIN'].includes(operator))
    throw new SqlError('Non-inner joins are not supported');
  if (on === undefined) return { ...joined, on: undefined };
  if (on.kind !== 'binary' || on.operator !== '=' || on.left.kind !== 'name' || on.right.kind !== 'name') {
    throw new SqlError('Non-inner joins are not supported');
  }
  return { ...joined, on: { left: columnNameOf(on.left.parts), right: columnNameOf(on.right.parts) } };
}

function supportedProjection(items: readonly SelectItem[]): SupportedProjection {
  const [only] = items;
  if (only !== undefined && items.length === 1) {
    if (only.kind === 'wildcard') return { kind: 'all' };
    if (only.kind === 'tableWildcard') return { kind: 'table', table: only.table.map(({ name }) => name).join('.') };
    if (only.expression.kind === 'call') {
      if (only.alias === undefined) throw new SqlError('Aggregate expressions must have column aliases');
      if (only.expression.isCountOfRows) return { kind: 'count', name: only.alias.name };
      throw new SqlError(`Unsupported aggregate function: ${only.expression.text}`);
    }
  }
  return { kind: 'columns', columns: items.map(supportedColumn) };
}

function supportedColumn(item: SelectItem): { readonly column: ColumnName; readonly name: string } {
  if (item.kind !== 'expression') throw new SqlError('Mixed wildcard projections are not supported');
  if (item.expression.kind !== 'name') {
    throw new SqlError(`Unsupported projection expression: ${printExpression(item.expression)}`);
  }
  const column = columnNameOf(item.expression.parts);
  return { column, name: item.alias?.name ?? column.column };
}

/** With more than one table each column has to say which it belongs to. */
function checkQualified(select: SupportedSelect): SupportedSelect {
  if (select.from.length === 1) return select;
  const columns = [
    ...(select.projection.kind === 'columns' ? select.projection.columns.map(({ column }) => column) : []),
    ...select.from.flatMap(({ on }) => (on === undefined ? [] : [on.left, on.right])),
    ...(select.where === undefined ? [] : columnsOf(select.where)),
  ];
  if (columns.some(({ table }) => table === undefined)) throw new SqlError('Names must be qualified when using joins');
  return select;
}

function columnsOf(scalar: Scalar): readonly ColumnName[] {
  switch (scalar.kind) {
    case 'column':
      return [scalar];
    case 'comparison':
    case 'logic':
      return [...columnsOf(scalar.left), ...columnsOf(scalar.right)];
    case 'literal':
    case 'sender':
      return [];
  }
}
