/** Every public table that is no event table: how a server reads `SELECT * FROM *`. */
export const allTables: unique symbol = Symbol('all tables');

/*
 * Servers leave empty tables out of their answers, so the client has to know by itself which table a query fills. The grammar of subscriptions is
 *
 *   SELECT ( * | name.* ) FROM ( * | table [[AS] alias] [ [INNER | CROSS] JOIN table [[AS] alias] … ] ) [WHERE …]
 *
 * and the returned table is the one behind `name`, or the only one. What follows the tables does not matter here.
 */

/** A word, a name in quotes, or a sign. Spaces and comments are none of them. */
interface Token {
  readonly kind: 'word' | 'quoted' | 'sign';
  readonly text: string;
}

const tokenForm = /\s+|--[^\n]*|(?<open>\/\*)|"(?<quoted>(?:[^"]|"")*)"|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<sign>.)/suy;

/** Comments may be nested; an open one goes on to the end. */
function endOfComment(sql: string, start: number): number {
  const bracket = /\/\*|\*\//g;
  bracket.lastIndex = start;
  let depth = 1;
  for (let match = bracket.exec(sql); match !== null; match = bracket.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return bracket.lastIndex;
  }
  return sql.length;
}

/** The tokens of `sql`, one by one: what nobody asks for is not looked at. */
function* tokensOf(sql: string): Generator<Token, undefined> {
  const form = new RegExp(tokenForm);
  for (let match = form.exec(sql); match !== null; match = form.exec(sql)) {
    const { open, quoted, word, sign } = match.groups ?? {};
    if (open !== undefined) form.lastIndex = endOfComment(sql, form.lastIndex);
    else if (quoted !== undefined) yield { kind: 'quoted', text: quoted.replaceAll('""', '"') };
    else if (word !== undefined) yield { kind: 'word', text: word };
    else if (sign !== undefined) yield { kind: 'sign', text: sign };
  }
}

/** Words that end a table, where an alias could be. */
const keywords: ReadonlySet<string> = new Set(
  'as cross full group inner join left limit natural on order right union using where'.split(' '),
);

/** Reads from left to right; every `take…` says whether, or what, there was, and stays where it is if not. */
class TokenReader {
  readonly #tokens: Generator<Token, undefined>;
  #next: Token | undefined;

  constructor(sql: string) {
    this.#tokens = tokensOf(sql);
    this.#next = this.#tokens.next().value;
  }

  takeSign(sign: string): boolean {
    return this.#takeIf(this.#next?.kind === 'sign' && this.#next.text === sign);
  }

  takeKeyword(keyword: string): boolean {
    return this.#takeIf(this.#next?.kind === 'word' && this.#next.text.toLowerCase() === keyword);
  }

  /** A name without dots. */
  takeName(): string | undefined {
    const next = this.#next;
    if (next === undefined || next.kind === 'sign' || (next.kind === 'word' && keywords.has(next.text.toLowerCase())))
      return undefined;
    this.#takeIf(true);
    return next.text;
  }

  #takeIf(isWanted: boolean): boolean {
    if (isWanted) this.#next = this.#tokens.next().value;
    return isWanted;
  }
}

/** A table in `FROM`, and what it is called in the query. */
interface NamedTable {
  readonly table: string;
  readonly name: string;
}

function takeTable(reader: TokenReader): NamedTable | undefined {
  const parts = [reader.takeName()];
  while (reader.takeSign('.')) parts.push(reader.takeName());
  if (parts.includes(undefined)) return undefined;
  const table = parts.join('.');
  reader.takeKeyword('as');
  return { table, name: reader.takeName() ?? table };
}

/** What stands before `.*`, or `undefined` where the projection is neither `*` nor `name.*`. */
function takeProjection(reader: TokenReader): { readonly name: string | undefined } | undefined {
  if (reader.takeSign('*')) return { name: undefined };
  const parts: string[] = [];
  do {
    const part = reader.takeName();
    if (part === undefined) return reader.takeSign('*') ? { name: parts.join('.') } : undefined;
    parts.push(part);
  } while (reader.takeSign('.'));
  return undefined;
}

/**
 * The wire name of the table that a query returns rows of, or {@link allTables}. `undefined` where the text does not have the form of a
 * subscription: then the server will say what is wrong with it.
 */
export function tableOfSql(sql: string): string | typeof allTables | undefined {
  const reader = new TokenReader(sql);
  if (!reader.takeKeyword('select')) return undefined;
  const projection = takeProjection(reader);
  if (projection === undefined || !reader.takeKeyword('from')) return undefined;
  if (reader.takeSign('*')) return projection.name === undefined ? allTables : undefined;
  const first = takeTable(reader);
  if (first === undefined) return undefined;
  if (!reader.takeKeyword('inner')) reader.takeKeyword('cross');
  const second = reader.takeKeyword('join') ? takeTable(reader) : undefined;
  if (projection.name === undefined) return second === undefined ? first.table : undefined;
  return [first, second].find((each) => each?.name === projection.name)?.table;
}
