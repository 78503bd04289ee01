/** Every public table that is no event table: how a server reads `SELECT * FROM *`. */
export const allTables: unique symbol = Symbol('all tables');

/*
 * Servers leave empty tables out of their answers, so the client has to know by itself which table a query fills. The grammar of subscriptions is
 *
 *   SELECT ( * | name.* ) FROM ( * | table [[AS] alias] [ [INNER | CROSS] JOIN table [[AS] alias] … ] ) [WHERE …]
 *
 * and the returned table is the one behind `name`, or the only one. What follows the tables does not matter here.
 */

/** What may stand between two tokens, or a token: a word, a name in quotes, or a sign. */
const tokenForm = /\s+|--[^\n]*|(?<open>\/\*)|(?<token>"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|.)/suy;

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

/** The tokens of `sql`, with one space behind each. */
function tokensOf(sql: string): string {
  const form = new RegExp(tokenForm);
  let tokens = '';
  for (let match = form.exec(sql); match !== null; match = form.exec(sql)) {
    const { open, token } = match.groups ?? {};
    if (open !== undefined) form.lastIndex = endOfComment(sql, form.lastIndex);
    else if (token !== undefined) tokens += `${token} `;
  }
  return tokens;
}

// The forms below are of tokens: behind each there is a space. Words that end a table cannot be names without quotes.
const word =
  '(?!(?:as|cross|full|group|inner|join|left|limit|natural|on|order|right|union|using|where) )[\\p{L}_][\\p{L}\\p{N}_$]* ';
const part = `(?:"(?:[^"]|"")*" |${word})`;
const path = `${part}(?:\\. ${part})*`;
const table = `(${path})(?!\\.)(?:as )?(${part})?`;
const partForm = /*@__PURE__*/ new RegExp(part, 'giu');
const queryForm = /*@__PURE__*/ new RegExp(
  `^select (?:(${path})\\. )?\\* from (?:(\\*) |${table}(?:(?:inner |cross )?join ${table})?)`,
  'iu',
);

/** The name that the tokens of a path stand for. */
function nameOf(tokens: string): string {
  const parts = tokens.match(partForm) ?? [];
  return parts
    .map((each) =>
      each
        .trimEnd()
        .replace(/^"(.*)"$/s, '$1')
        .replaceAll('""', '"'),
    )
    .join('.');
}

/**
 * The wire name of the table that a query returns rows of, or {@link allTables}. `undefined` where the text does not have the form of a
 * subscription: then the server will say what is wrong with it.
 */
export function tableOfSql(sql: string): string | typeof allTables | undefined {
  const match = queryForm.exec(tokensOf(sql));
  if (match === null) return undefined;
  const [projection, star, ...tables] = match.slice(1).map((tokens) => tokens && nameOf(tokens));
  const [first, alias = first, second, secondAlias = second] = tables;
  if (projection === undefined) {
    if (star !== undefined) return allTables;
    return second === undefined ? first : undefined;
  }
  if (alias === projection) return first;
  return secondAlias === projection ? second : undefined;
}
