import { type AlgebraicType, type Typespace } from '../bsatn/algebraic-type.ts';
import { u64Codec } from '../bsatn/basic-codecs.ts';
import { decode, encode } from '../bsatn/codec.ts';
import { codecOf } from '../bsatn/composed-codec.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { type Database } from './database.ts';
import { RowLayout } from './datastore/row.ts';
import { HostError } from './errno.ts';
import { type RelationSchema, type StoredRow } from './relation.ts';
import { catalogOf, relationOf } from './session/catalog.ts';
import {
  acceptedRows,
  compileStatement,
  evaluateQuery,
  type InsertPlan,
  notAuthorizedToChange,
  type PlanTable,
  type QueryPlan,
  type QueryResult,
  SqlError,
  type StatementPlan,
  updatedRow,
  type UpdatePlan,
} from './sql/index.ts';

/** What a statement of SQL came to: the rows of a query, or how many rows were changed. */
export interface StatementResult {
  readonly columns: readonly StatementColumn[];
  /** Each row as the BSATN of each of its columns. */
  readonly rows: readonly (readonly Uint8Array[])[];
  readonly inserted: number;
  readonly deleted: number;
  readonly updated: number;
}

interface StatementColumn {
  readonly name: string;
  readonly type: AlgebraicType;
  readonly typespace: Typespace;
}

const nothing: StatementResult = { columns: [], rows: [], inserted: 0, deleted: 0, updated: 0 };

/** Runs one statement for `identity`; only the owner may change anything. Throws an `SqlError` whose message is a server's text. */
export function runStatement(database: Database, sql: string, identity: Identity): StatementResult {
  const plan = compileStatement(sql, catalogOf(database, identity), { identity });
  if (plan.kind === 'select') {
    const result = evaluateQuery(plan, (name) => relationOf(database, name, identity));
    return { ...nothing, ...tableOf(plan, result) };
  }
  if (!identity.equals(database.owner)) throw notAuthorizedToChange({ identity });
  try {
    return { ...nothing, ...change(database, plan) };
  } catch (error) {
    // A row that is in conflict with another one is the statement's fault.
    if (error instanceof HostError) throw new SqlError(error.message);
    throw error;
  }
}

/** The rows of a result with their columns by name. */
export function rowObjects({ columns, rows }: StatementResult): readonly Readonly<Record<string, unknown>>[] {
  const codecs = columns.map(({ name, type, typespace }) => ({ name, codec: codecOf(type, { typespace }) }));
  return rows.map((row) =>
    // fromEntries defines the properties, so that a column named __proto__ stays a column.
    Object.fromEntries(
      codecs.map(({ name, codec }, index) => [name, decode(codec, row[index] ?? new Uint8Array(), `column ${name}`)]),
    ),
  );
}

function tableOf(plan: QueryPlan, result: QueryResult): Pick<StatementResult, 'columns' | 'rows'> {
  switch (result.kind) {
    case 'rows': {
      const { columns, typespace } = result.schema;
      const split = splitter(result.schema);
      return {
        columns: columns.map(({ name, type }) => ({ name, type, typespace })),
        rows: result.rows.map((row) => columns.map((_, index) => split(row, index))),
      };
    }
    case 'columns': {
      const splitters = plan.tables.map(({ schema }) => splitter(schema));
      return {
        columns: result.columns,
        rows: result.rows.map((rows) =>
          result.columns.map(({ table, column }) => {
            const row = rows[table];
            const split = splitters[table];
            if (row === undefined || split === undefined) throw new RangeError(`no table ${table} in the answer`);
            return split(row, column);
          }),
        ),
      };
    }
    case 'count': {
      const rows = result.count === undefined ? [] : [[encode(u64Codec, result.count)]];
      return { columns: [{ name: result.name, type: { tag: 'U64' }, typespace: [] }], rows };
    }
  }
}

/** Cuts the BSATN of a column out of that of a row. */
function splitter({ columns, typespace }: RelationSchema): (row: StoredRow, column: number) => Uint8Array {
  const layout = new RowLayout(columns, typespace);
  return ({ bytes }, column) => {
    const end = column + 1 < columns.length ? layout.offsetOf(bytes, column + 1) : bytes.length;
    return bytes.subarray(layout.offsetOf(bytes, column), end);
  };
}

function change(database: Database, plan: Exclude<StatementPlan, { kind: 'select' }>): Partial<StatementResult> {
  switch (plan.kind) {
    case 'insert':
      return { inserted: insertRows(database, plan) };
    case 'update':
      return { updated: updateRows(database, plan) };
    case 'delete':
      return { deleted: deleteRows(database, plan.table) };
  }
}

function insertRows(database: Database, { table, rows }: InsertPlan): number {
  return database.transact((writer) => {
    for (const row of rows) writer.insert(table.name, row);
    return rows.length;
  });
}

/** All rows go before the first one comes back, so that rows may take each other's unique values. */
function updateRows(database: Database, plan: UpdatePlan): number {
  const { name } = plan.table.schema;
  const rows = rowsOf(database, plan.table);
  return database.transact((writer) => {
    for (const row of rows) writer.delete(name, row);
    for (const row of rows) writer.insert(name, updatedRow(plan, row));
    return rows.length;
  });
}

function deleteRows(database: Database, table: PlanTable): number {
  const rows = rowsOf(database, table);
  return database.transact((writer) => {
    for (const row of rows) writer.delete(table.schema.name, row);
    return rows.length;
  });
}

function rowsOf(database: Database, table: PlanTable): readonly StoredRow[] {
  return [...acceptedRows(table, relationOf(database, table.schema.name, database.owner))];
}
