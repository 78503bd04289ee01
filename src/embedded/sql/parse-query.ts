import { type Grammar, keywordSet } from './grammar.ts';
import { parseWildcard } from './parse-function.ts';
import { parseOrderBy } from './parse-order-by.ts';
import { parseAlias, parseColumnList, parseTableWithJoins } from './parse-table.ts';
import { parseValue } from './parse-value.ts';
import { printExpression, printExpressions, printIdentifier, printName, printQuery, printQueryBody } from './print.ts';
import { SqlError } from './sql-error.ts';
import { type Expression, type Query, type QueryBody, type Select, type SelectItem } from './syntax.ts';
import { locationText } from './token.ts';

/** Words that end a column where an alias without AS could stand. */
const reservedAfterColumn: ReadonlySet<string> = keywordSet(
  'WITH EXPLAIN ANALYZE SELECT WHERE GROUP SORT HAVING ORDER TOP LATERAL VIEW LIMIT OFFSET FETCH UNION ' +
    'EXCEPT INTERSECT CLUSTER DISTRIBUTE FROM INTO END',
);

/** Reads a query with everything that may stand before and after its body. */
export function parseQuery(grammar: Grammar): Query {
  return grammar.cursor.nested(() => {
    const withClause = parseWith(grammar);
    const body = parseBody(grammar, 0);
    const orderBy = parseOrderBy(grammar);
    const { limit, offset } = parseLimitAndOffset(grammar);
    return { withClause, body, orderBy, limit, afterLimit: offset + parseFetch(grammar) + parseLocks(grammar) };
  });
}

function parseWith(grammar: Grammar): string {
  const { cursor } = grammar;
  if (!cursor.takeKeywords('WITH')) return '';
  const recursive = cursor.takeKeywords('RECURSIVE') ? 'RECURSIVE ' : '';
  return `WITH ${recursive}${cursor.list(() => parseCommonTable(grammar)).join(', ')} `;
}

function parseCommonTable(grammar: Grammar): string {
  const { cursor } = grammar;
  const name = printIdentifier(cursor.identifier());
  const columns = cursor.isSymbol('(') ? ` (${parseColumnList(cursor).map(printIdentifier).join(', ')})` : '';
  cursor.expectKeyword('AS');
  cursor.expectSymbol('(');
  const query = printQuery(grammar.query());
  cursor.expectSymbol(')');
  return `${name}${columns} AS (${query})`;
}

/** Reads a SELECT, VALUES or a query in parentheses, and the set operators that bind tighter than `least`. */
function parseBody(grammar: Grammar, least: number): QueryBody {
  const { cursor } = grammar;
  let body = parseSimpleBody(grammar);
  for (;;) {
    const level = { UNION: 10, EXCEPT: 10, INTERSECT: 20 }[cursor.keyword()] ?? 0;
    if (level <= least) return body;
    const operator = cursor.takeOneOf('UNION', 'EXCEPT', 'INTERSECT');
    const quantifier = cursor.takeOneOf('ALL', 'DISTINCT');
    const right = parseBody(grammar, level);
    const parts = [printBody(body), operator, quantifier, printBody(right)];
    body = { kind: 'other', text: parts.filter((part) => part !== undefined).join(' ') };
  }
}

function printBody(body: QueryBody): string {
  return printQueryBody({ body, withClause: '', orderBy: '', limit: undefined, afterLimit: '' });
}

function parseSimpleBody(grammar: Grammar): QueryBody {
  const { cursor } = grammar;
  if (cursor.takeKeywords('SELECT')) return { kind: 'select', select: parseSelect(grammar) };
  if (cursor.takeKeywords('VALUES')) return parseValues(grammar);
  if (!cursor.takeSymbol('(')) return cursor.expected('SELECT, VALUES, or a subquery in the query body');
  const query = printQuery(grammar.query());
  cursor.expectSymbol(')');
  return { kind: 'other', text: `(${query})` };
}

function parseValues(grammar: Grammar): QueryBody {
  const { cursor } = grammar;
  let isExplicitRow = false;
  const rows = cursor.list(() => {
    if (cursor.takeKeywords('ROW')) isExplicitRow = true;
    cursor.expectSymbol('(');
    const values = cursor.list(grammar.expression);
    cursor.expectSymbol(')');
    return values;
  });
  return { kind: 'values', rows, isExplicitRow };
}

function parseLimitAndOffset(grammar: Grammar): { readonly limit: Expression | undefined; readonly offset: string } {
  const { cursor } = grammar;
  let limit: Expression | undefined;
  let offset = '';
  // Either may come first.
  for (let round = 0; round < 2; round++) {
    if (limit === undefined && cursor.takeKeywords('LIMIT') && !cursor.takeKeywords('ALL'))
      limit = grammar.expression();
    if (offset === '' && cursor.takeKeywords('OFFSET')) {
      offset = ` OFFSET ${printExpression(grammar.expression())}`;
      const rows = cursor.takeOneOf('ROW', 'ROWS');
      if (rows !== undefined) offset += ` ${rows}`;
    }
  }
  return { limit, offset };
}

function parseFetch({ cursor }: Grammar): string {
  if (!cursor.takeKeywords('FETCH')) return '';
  if (cursor.takeOneOf('FIRST', 'NEXT') === undefined) return cursor.expected('one of FIRST or NEXT');
  let quantity = '';
  if (cursor.takeOneOf('ROW', 'ROWS') === undefined) {
    quantity = ` ${printExpression(parseValue(cursor))}${cursor.takeKeywords('PERCENT') ? ' PERCENT' : ''}`;
    if (cursor.takeOneOf('ROW', 'ROWS') === undefined) return cursor.expected('one of ROW or ROWS');
  }
  if (cursor.takeKeywords('ONLY')) return ` FETCH FIRST${quantity} ROWS ONLY`;
  if (cursor.takeKeywords('WITH', 'TIES')) return ` FETCH FIRST${quantity} ROWS WITH TIES`;
  return cursor.expected('one of ONLY or WITH TIES');
}

function parseLocks({ cursor }: Grammar): string {
  let text = '';
  while (cursor.takeKeywords('FOR')) {
    const kind = cursor.takeOneOf('UPDATE', 'SHARE') ?? cursor.expected('one of UPDATE or SHARE');
    text += ` FOR ${kind}`;
    if (cursor.takeKeywords('OF')) text += ` OF ${printName(cursor.objectName())}`;
    if (cursor.takeKeywords('NOWAIT')) text += ' NOWAIT';
    else if (cursor.takeKeywords('SKIP', 'LOCKED')) text += ' SKIP LOCKED';
  }
  return text;
}

function parseSelect(grammar: Grammar): Select {
  const { cursor } = grammar;
  const beforeProjection = parseDistinct(grammar) + parseTop(grammar);
  const projection = cursor.list(() => parseSelectItem(grammar));
  const into = cursor.takeKeywords('INTO') ? ` INTO ${printName(cursor.objectName())}` : '';
  const from = cursor.takeKeywords('FROM') ? cursor.list(() => parseTableWithJoins(grammar)) : [];
  const where = cursor.takeKeywords('WHERE') ? grammar.expression() : undefined;
  return { projection, from, where, unsupported: { beforeProjection, into, afterWhere: parseAfterWhere(grammar) } };
}

function parseDistinct(grammar: Grammar): string {
  const { cursor } = grammar;
  const { location } = cursor.peek();
  const isAll = cursor.takeKeywords('ALL');
  if (!cursor.takeKeywords('DISTINCT')) return '';
  if (isAll) throw new SqlError(`sql parser error: Cannot specify both ALL and DISTINCT${locationText(location)}`);
  if (!cursor.takeKeywords('ON')) return ' DISTINCT';
  cursor.expectSymbol('(');
  const columns = cursor.isSymbol(')') ? [] : cursor.list(grammar.expression);
  cursor.expectSymbol(')');
  return ` DISTINCT ON (${printExpressions(columns)})`;
}

function parseTop(grammar: Grammar): string {
  const { cursor } = grammar;
  if (!cursor.takeKeywords('TOP')) return '';
  if (!cursor.takeSymbol('(')) return ` TOP (${printExpression(parseValue(cursor))})`;
  const quantity = printExpression(grammar.expression());
  cursor.expectSymbol(')');
  return ` TOP (${quantity})`;
}

/** Reads an item of a projection. */
export function parseSelectItem(grammar: Grammar): SelectItem {
  const table = parseWildcard(grammar.cursor);
  if (table !== undefined) return table.length === 0 ? { kind: 'wildcard' } : { kind: 'tableWildcard', table };
  const expression = grammar.expression();
  return { kind: 'expression', expression, alias: parseAlias(grammar.cursor, reservedAfterColumn) };
}

function parseAfterWhere(grammar: Grammar): string {
  const { cursor } = grammar;
  let text = '';
  if (cursor.takeKeywords('GROUP', 'BY')) {
    const keys = cursor.takeKeywords('ALL') ? 'ALL' : printExpressions(cursor.list(grammar.expression));
    text += ` GROUP BY ${keys}`;
  }
  for (const clause of ['CLUSTER', 'DISTRIBUTE', 'SORT']) {
    if (!cursor.takeKeywords(clause, 'BY')) continue;
    text += ` ${clause} BY ${printExpressions(cursor.list(grammar.expression))}`;
  }
  if (cursor.takeKeywords('HAVING')) text += ` HAVING ${printExpression(grammar.expression())}`;
  if (cursor.takeKeywords('QUALIFY')) text += ` QUALIFY ${printExpression(grammar.expression())}`;
  return text;
}
