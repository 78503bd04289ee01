import { type RelationSchema } from '../relation.ts';
import { type ColumnReference, type Condition, conjunctsOf } from './condition.ts';
import { parseLiteral } from './literal.ts';
import { type Caller, type Catalog, Scope } from './scope.ts';
import { SqlError } from './sql-error.ts';
import { type SupportedSelect, type SupportedTable } from './supported-select.ts';
import { type TypeContext, typeComparison, typeCondition } from './type-condition.ts';
import { u64Type } from './value-type.ts';

/** A SELECT whose names and types are settled. */
export interface BoundSelect {
  readonly tables: readonly BoundTable[];
  /** The conditions of WHERE that all have to hold. */
  readonly where: readonly Condition[];
  readonly output: Output;
  readonly limit: bigint | undefined;
  readonly dependsOnSender: boolean;
}

export interface BoundTable {
  readonly schema: RelationSchema;
  /** `left = right` of ON, if it is there. */
  readonly on: JoinCondition | undefined;
}

export interface JoinCondition {
  readonly left: ColumnReference;
  readonly right: ColumnReference;
  readonly condition: Condition;
}

/** What a query answers with: whole rows of one of its tables, columns of any of them, or how many there are. */
export type Output =
  | RowsOutput
  | { readonly kind: 'columns'; readonly columns: readonly OutputColumn[] }
  | { readonly kind: 'count'; readonly name: string };

export interface RowsOutput {
  readonly kind: 'rows';
  readonly table: number;
}

export interface OutputColumn extends ColumnReference {
  readonly name: string;
}

/** Throws an {@link SqlError} for names that are not there and types that do not fit. */
export function bindSelect(select: SupportedSelect, catalog: Catalog, caller: Caller): BoundSelect {
  const context = { scope: new Scope(catalog), caller };
  const tables = select.from.map((table) => bindTable(table, context));
  const where = select.where === undefined ? [] : conjunctsOf(typeCondition(select.where, context));
  const output = bindOutput(select, context);
  const limit = select.limit === undefined ? undefined : limitOf(select.limit);
  return { tables, where, output, limit, dependsOnSender: context.scope.dependsOnSender };
}

/** The condition of a join sees the tables up to its own. */
function bindTable({ name, alias, on }: SupportedTable, context: TypeContext): BoundTable {
  const schema = context.scope.add(name, alias);
  if (on === undefined) return { schema, on: undefined };
  const condition = typeComparison({ kind: 'comparison', operator: '=', left: on.left, right: on.right }, context);
  const left = context.scope.column(on.left).reference;
  const right = context.scope.column(on.right).reference;
  return { schema, on: { left, right, condition } };
}

function bindOutput({ projection, from }: SupportedSelect, { scope }: TypeContext): Output {
  switch (projection.kind) {
    case 'all':
      if (from.length > 1) throw new SqlError('SELECT * is not supported for joins');
      return { kind: 'rows', table: 0 };
    case 'table':
      return { kind: 'rows', table: scope.table(projection.table) };
    case 'count':
      return { kind: 'count', name: projection.name };
    case 'columns': {
      const names = new Set<string>();
      const columns = projection.columns.map(({ column, name }) => {
        if (names.has(name)) throw new SqlError(`Duplicate name \`${name}\``);
        names.add(name);
        return { ...scope.column(column).reference, name };
      });
      return { kind: 'columns', columns };
    }
  }
}

function limitOf(raw: string): bigint {
  const limit = parseLiteral({ kind: 'number', raw }, u64Type);
  return typeof limit === 'bigint' ? limit : 0n;
}
