import { type Codec, decode } from '../bsatn/codec.ts';
import { type TypedQuery } from './query.ts';

/** All rows of a table: `SELECT * FROM "name"`. */
export function tableQuery<Row>(table: { readonly name: string; readonly codec: Codec<Row> }): TypedQuery<Row> {
  return {
    table: table.name,
    decodeRow: (bytes) => decode(table.codec, bytes, `a row of table ${table.name}`),
    toSql: () => `SELECT * FROM ${quoted(table.name)}`,
  };
}

/** A name as SQL reads it; the parts of a submodule's name are quoted one by one. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
