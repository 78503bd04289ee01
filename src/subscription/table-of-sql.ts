/** Every public table that is no event table: how a server reads `SELECT * FROM *`. */
export const allTables: unique symbol = Symbol('all tables');

/*
 * Servers leave empty tables out of their answers, so the client has to know by itself which table a query fills. The grammar of subscriptions is
 *
 *   SELECT ( * | name.* ) FROM ( * | table [[AS] alias] [ [INNER | CROSS] JOIN table [[AS] alias] … ] ) [WHERE …]
 *
 * and the returned table is the one behind `name`, or the only one. What follows the tables does not matter here.
 */

/** White space, the rest of a line behind two dashes, the beginning of a comment, or a token: a name in quotes, a word, or a sign. */
const tokenForm = /\s+|--[^\n]*|\/\*|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|./suy;
/** Comments may be nested; an open one goes on to the end. */
const commentForm = /\/\*|\*\/|./suy;

function tokensOf(sql: string): string[] {
  const tokens: string[] = [];
  let depth = 0;
  for (let at = 0; at < sql.length;) {
    const form = depth === 0 ? tokenForm : commentForm;
    form.lastIndex = at;
    const [text = ''] = form.exec(sql) ?? [];
    at = form.lastIndex;
    if (text === '/*') depth++;
    else if (depth > 0) depth -= text === '*/' ? 1 : 0;
    else if (!/^(?:\s|--)/.test(text)) tokens.push(text);
  }
  return tokens;
}

const nameForm = /^(?:".*"|[\p{L}_].*)$/su;
/** What may follow a table is no name of it without quotes. */
const endForm = /^(?:as|cross|inner|join|limit|on|where)$/i;

/**
 * The wire name of the table that a query returns rows of, or {@link allTables}. `undefined` where the text does not have the form of a
 * subscription: then the server will say what is wrong with it.
 */
export function tableOfSql(sql: string): string | typeof allTables | undefined {
  const tokens = tokensOf(sql);
  let at = 0;
  /** Moves behind `token` where it comes next. */
  const skip = (token: string): boolean => {
    const isNext = tokens[at]?.toLowerCase() === token;
    if (isNext) at++;
    return isNext;
  };
  const part = (): string | undefined => {
    const token = tokens[at] ?? '';
    if (!nameForm.test(token) || endForm.test(token)) return undefined;
    at++;
    return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
  };
  const name = (): string | undefined => {
    let path = part();
    while (path !== undefined && tokens[at + 1] !== '*' && skip('.')) {
      const next = part();
      path = next === undefined ? undefined : `${path}.${next}`;
    }
    return path;
  };
  const table = (): { readonly name: string | undefined; readonly alias: string | undefined } => {
    const own = name();
    skip('as');
    return { name: own, alias: part() ?? own };
  };
  if (!skip('select')) return undefined;
  const projection = name();
  if (projection !== undefined && !skip('.')) return undefined;
  if (!skip('*') || !skip('from')) return undefined;
  if (skip('*')) return projection === undefined ? allTables : undefined;
  const first = table();
  if (first.name === undefined) return undefined;
  if (!skip('inner')) skip('cross');
  const second = skip('join') ? table() : undefined;
  if (projection === undefined) return second?.name === undefined ? first.name : undefined;
  if (first.alias === projection) return first.name;
  return second?.alias === projection ? second.name : undefined;
}
