import { SchemaError } from './errors.ts';
import { type SchemaCheck } from './schema-check.ts';
import { readRows } from './store/row-reader.ts';
import { type Store } from './store/store.ts';
import { type Query } from './subscription/query.ts';
import { rowsOf } from './wire/row-list.ts';
import { type TableRows } from './wire/server-message.ts';

/** What the rows of an answer are read with. */
interface AnswerReader {
  readonly store: Store;
  readonly schemaCheck: SchemaCheck;
}

/** The rows in the answer to a one-off query. Rejects with a `SchemaError` that says what does not fit. */
export async function decodeAnswer(
  reader: AnswerReader,
  query: Query,
  answer: readonly TableRows[],
): Promise<readonly unknown[]> {
  return (await Promise.all(answer.map((rows) => decodeRows(reader, query, rows)))).flat();
}

async function decodeRows(
  { store, schemaCheck }: AnswerReader,
  query: Query,
  { table, rows }: TableRows,
): Promise<readonly unknown[]> {
  try {
    if (typeof query !== 'string') return rowsOf(rows).map(query.decodeRow);
    const known = store.table(table);
    if (known !== undefined) return readRows(known.definition, rows);
  } catch (cause) {
    throw await schemaCheck.explain(
      cause instanceof SchemaError
        ? cause
        : new SchemaError(`rows of table ${table} do not fit the generated code; run \`generate\` and build again`, {
            table,
            cause,
          }),
    );
  }
  throw new SchemaError(`the generated code knows no table ${table}; run \`generate\` and build again`, { table });
}
