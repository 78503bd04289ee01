import { BsatnWriter } from '../../bsatn/writer.ts';
import { comparableOf } from '../datastore/comparable.ts';
import { RowLayout } from '../datastore/row.ts';
import { type ColumnValue, type RelationColumn, type RelationSchema, type StoredRow } from '../relation.ts';
import { conjunctsOf } from './condition.ts';
import { parseLiteral } from './literal.ts';
import { type PlanTable } from './plan.ts';
import { planTable } from './plan-table.ts';
import { type Scalar, type ScalarLiteral } from './scalar.ts';
import { type Caller, type Catalog, columnPosition, Scope } from './scope.ts';
import { SqlError } from './sql-error.ts';
import { type SupportedDelete, type SupportedInsert, type SupportedUpdate } from './supported-change.ts';
import { checkExpected, typeCondition } from './type-condition.ts';
import { boolType, stringType, valueTypeOf } from './value-type.ts';

/** Rows to insert, as BSATN. A zero in a column with a sequence asks for the next number, as in a module's insert. */
export interface InsertPlan {
  readonly kind: 'insert';
  readonly table: RelationSchema;
  readonly rows: readonly Uint8Array[];
}

/** Columns to set in the rows that the table accepts, see {@link updatedRow}. */
export interface UpdatePlan {
  readonly kind: 'update';
  readonly table: PlanTable;
  /** One for each column that is set, by ascending column; `bytes` is the BSATN of the value. */
  readonly assignments: readonly Assignment[];
}

interface Assignment {
  readonly column: number;
  readonly value: ColumnValue;
  readonly bytes: Uint8Array;
}

/** The rows that the table accepts are to be deleted. */
export interface DeletePlan {
  readonly kind: 'delete';
  readonly table: PlanTable;
}

/** Throws an {@link SqlError} for a table that is not there and for values that do not fit. */
export function planInsert(insert: SupportedInsert, catalog: Catalog): InsertPlan {
  const table = writableTable(new Scope(catalog), insert.table);
  const { columnCount } = insert;
  if (columnCount !== table.columns.length) {
    throw new SqlError(
      `The number of fields (${columnCount}) in the INSERT does not match the number of columns (${table.columns.length}) ` +
        `of the table \`${table.name}\``,
    );
  }
  return { kind: 'insert', table, rows: insert.rows.map((row) => rowBytes(row, table)) };
}

/** Throws an {@link SqlError} for names that are not there and for values that do not fit. */
export function planUpdate(update: SupportedUpdate, catalog: Catalog, caller: Caller): UpdatePlan {
  const scope = new Scope(catalog);
  const schema = writableTable(scope, update.table);
  const byColumn = new Map<number, Assignment>();
  for (const { column, value } of update.assignments) {
    const position = columnPosition(schema, column);
    const target = schema.columns[position];
    if (target === undefined) throw new SqlError(`\`${schema.name}\` does not have a field \`${column}\``);
    byColumn.set(position, { column: position, ...columnValue(value, target, schema) });
  }
  const assignments = [...byColumn.values()].sort((left, right) => left.column - right.column);
  return { kind: 'update', table: planWhere(update.where, schema, scope, caller), assignments };
}

/** Throws an {@link SqlError} for names that are not there and for values that do not fit. */
export function planDelete(remove: SupportedDelete, catalog: Catalog, caller: Caller): DeletePlan {
  const scope = new Scope(catalog);
  const schema = writableTable(scope, remove.table);
  return { kind: 'delete', table: planWhere(remove.where, schema, scope, caller) };
}

/** The BSATN of a row with the columns set that the plan says. */
export function updatedRow({ table, assignments }: UpdatePlan, row: StoredRow): Uint8Array {
  const { columns, typespace } = table.schema;
  const layout = new RowLayout(columns, typespace);
  const writer = new BsatnWriter(row.bytes.length);
  let kept = 0;
  for (const { column, bytes } of assignments) {
    writer.raw(row.bytes.subarray(kept, layout.offsetOf(row.bytes, column)));
    writer.raw(bytes);
    kept = column + 1 < columns.length ? layout.offsetOf(row.bytes, column + 1) : row.bytes.length;
  }
  writer.raw(row.bytes.subarray(kept));
  return writer.finish();
}

function writableTable(scope: Scope, name: string): RelationSchema {
  const schema = scope.add(name, name);
  if (schema.isView === true) throw new SqlError(`\`${schema.name}\` is a view; DML on views is not supported`);
  return schema;
}

function planWhere(where: Scalar | undefined, schema: RelationSchema, scope: Scope, caller: Caller): PlanTable {
  return planTable(schema, 0, where === undefined ? [] : conjunctsOf(typeCondition(where, { scope, caller })));
}

function rowBytes(values: readonly ScalarLiteral[], table: RelationSchema): Uint8Array {
  if (values.length !== table.columns.length) {
    throw new SqlError(
      `Inserting a row with ${values.length} values into \`${table.name}\` which has ${table.columns.length} fields`,
    );
  }
  const writer = new BsatnWriter();
  for (const [index, column] of table.columns.entries()) {
    const value = values[index];
    if (value !== undefined) writer.raw(columnValue(value, column, table).bytes);
  }
  return writer.finish();
}

/** The value of a literal in a column; here a string is of no type but String. */
function columnValue(
  literal: ScalarLiteral,
  { type }: RelationColumn,
  { typespace }: RelationSchema,
): { readonly value: ColumnValue; readonly bytes: Uint8Array } {
  const expected = valueTypeOf(type, typespace);
  if (literal.kind === 'boolean') checkExpected(boolType, expected);
  if (literal.kind === 'string') checkExpected(stringType, expected);
  const value = literal.kind === 'boolean' ? literal.value : parseLiteral(literal, expected);
  const writer = new BsatnWriter();
  comparableOf(type, typespace)?.write(writer, value);
  return { value, bytes: writer.finish() };
}
