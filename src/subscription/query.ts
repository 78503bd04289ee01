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

/** The text of a query. */
export function sqlOf(query: Query): string {
  return typeof query === 'string' ? query : query.toSql();
}

/** Every public table that is no event table: how a server reads `SELECT * FROM *`. */
export const allTables: unique symbol = Symbol('all tables');

/*
 * Servers leave empty tables out of their answers, so the client has to know by itself which table a query fills. The grammar of subscriptions is
 *
 *   SELECT ( * | name.* ) FROM table [[AS] alias] [ [INNER] JOIN table [[AS] alias] ON … ] [WHERE …]
 *
 * and the returned table is the one behind `name`, or the only one.
 */
const identifier = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const path = String.raw`${identifier}(?:\s*\.\s*${identifier})*`;
const alias = String.raw`(?:\s+(?:as\s+)?(?!(?:join|inner|where|on|limit|order|group|cross|left|right|full)\b)(${identifier}))?`;
const form = new RegExp(
  String.raw`^\s*select\s+(?:(${path})\s*\.\s*)?\*\s*from\s+(\*|${path})${alias}(?:\s+(?:inner\s+)?join\s+(${path})${alias})?`,
  'iu',
);
const comments = /--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * The wire name of the table that `query` returns rows of, or {@link allTables}. `undefined` where the text does not have the form of a
 * subscription: then the server will say what is wrong with it.
 */
export function tableOfQuery(query: Query): string | typeof allTables | undefined {
  if (typeof query !== 'string') return query.table;
  const match = form.exec(query.replace(comments, ' '));
  if (match === null) return undefined;
  const [, projected, first, firstAlias, second, secondAlias] = match;
  if (first === '*') return allTables;
  if (first === undefined) return undefined;
  if (projected === undefined || second === undefined) return plain(first);
  return plain(projected) === plain(secondAlias ?? second) ? plain(second) : plainIf(projected, firstAlias ?? first, first);
}

function plainIf(projected: string, name: string, table: string): string | undefined {
  return plain(projected) === plain(name) ? plain(table) : undefined;
}

/** A name as the protocol has it: without quotes, parts joined by dots. */
function plain(name: string): string {
  const parts = name.match(new RegExp(identifier, 'gu')) ?? [];
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part)).join('.');
}
