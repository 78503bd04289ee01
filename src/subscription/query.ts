import { allTables, tableOfSql } from './table-of-sql.ts';

export { allTables };

/** A query made by generated code instead of written as text; `Row` is what it returns. */
export interface TypedQuery<Row = unknown> {
  /** The wire name of the table whose rows it returns. */
  readonly table: string;
  /** One row that the server answered with. Throws a `ProtocolError` where the bytes are none. */
  readonly decodeRow: (bytes: Uint8Array) => Row;
  /** The query as the server reads it. */
  toSql(): string;
}

/** What can be subscribed to: SQL text, or a query made by generated code. */
export type Query = string | TypedQuery;

/** The text of a query. Throws a `TypeError` for what is none, such as a table of a client. */
export function sqlOf(query: Query): string {
  if (typeof query === 'string') return query;
  if (typeof query?.toSql === 'function') return query.toSql();
  const isTable = typeof query === 'object' && query !== null && 'onInsert' in query;
  const what = isTable ? 'a table of a client' : typeof query;
  throw new TypeError(
    `a query is SQL text, or made from \`tables\` of the generated code, such as tables.note; this is ${what}`,
  );
}

/** The wire name of the table that `query` returns rows of, or {@link allTables}; `undefined` where its text does not say it. */
export function tableOfQuery(query: Query): string | typeof allTables | undefined {
  return typeof query === 'string' ? tableOfSql(query) : query.table;
}
