import { type Cursor, type Identifier } from './cursor.ts';
import { type Grammar, keywordSet } from './grammar.ts';
import { SqlError } from './sql-error.ts';
import {
  printAlias,
  printExpression,
  printExpressions,
  printIdentifier,
  printName,
  printQuery,
  printTableWithJoins,
} from './print.ts';
import { type Join, type TableFactor, type TableWithJoins } from './syntax.ts';

/** Words that end a table where an alias without AS could stand. */
const reservedAfterTable: ReadonlySet<string> = keywordSet(
  'WITH EXPLAIN ANALYZE SELECT WHERE GROUP SORT HAVING ORDER PIVOT TOP LATERAL VIEW LIMIT OFFSET FETCH ' +
    'UNION EXCEPT INTERSECT ON JOIN INNER CROSS FULL LEFT RIGHT NATURAL USING CLUSTER DISTRIBUTE OUTER ' +
    'SET QUALIFY WINDOW END PARTITION',
);

/** Reads a table and what is joined to it. */
export function parseTableWithJoins(grammar: Grammar): TableWithJoins {
  const table = parseTable(grammar);
  const joins: Join[] = [];
  for (let join = parseJoin(grammar); join !== undefined; join = parseJoin(grammar)) joins.push(join);
  return { table, joins };
}

function parseJoin(grammar: Grammar): Join | undefined {
  const { cursor } = grammar;
  const operator = parseJoinOperator(cursor);
  if (operator === undefined) return undefined;
  const table = parseTable(grammar);
  const takesConstraint = !/^(?:CROSS|NATURAL|OUTER APPLY)/.test(operator);
  if (takesConstraint && cursor.takeKeywords('ON')) return { table, operator, on: grammar.expression(), using: '' };
  if (takesConstraint && cursor.takeKeywords('USING')) {
    if (!cursor.isSymbol('(')) return cursor.expected('a list of columns in parentheses');
    return {
      table,
      operator,
      on: undefined,
      using: ` USING(${parseColumnList(cursor).map(printIdentifier).join(', ')})`,
    };
  }
  return { table, operator, on: undefined, using: '' };
}

function parseJoinOperator(cursor: Cursor): string | undefined {
  if (cursor.takeKeywords('CROSS')) {
    const kind = cursor.takeOneOf('JOIN', 'APPLY');
    return kind === undefined ? cursor.expected('JOIN or APPLY after CROSS') : `CROSS ${kind}`;
  }
  if (cursor.takeKeywords('OUTER')) {
    cursor.expectKeyword('APPLY');
    return 'OUTER APPLY';
  }
  const natural = cursor.takeKeywords('NATURAL') ? 'NATURAL ' : '';
  const side = cursor.takeOneOf('INNER', 'JOIN', 'LEFT', 'RIGHT', 'FULL');
  switch (side) {
    case 'JOIN':
      return `${natural}JOIN`;
    case 'INNER':
      cursor.expectKeyword('JOIN');
      return `${natural}JOIN`;
    case 'FULL':
      cursor.takeKeywords('OUTER');
      cursor.expectKeyword('JOIN');
      return `${natural}FULL JOIN`;
    case 'LEFT':
    case 'RIGHT':
      return `${natural}${side} ${parseSideJoin(cursor, side)}`;
    default:
      return natural === '' ? undefined : cursor.expected('a join type after NATURAL');
  }
}

function parseSideJoin(cursor: Cursor, side: string): string {
  const kind = cursor.takeOneOf('OUTER', 'SEMI', 'ANTI', 'JOIN');
  if (kind === undefined) throw new SqlError(`sql parser error: expected OUTER, SEMI, ANTI or JOIN after ${side}`);
  if (kind !== 'JOIN') cursor.expectKeyword('JOIN');
  return kind === 'SEMI' || kind === 'ANTI' ? `${kind} JOIN` : 'JOIN';
}

function parseTable(grammar: Grammar): TableFactor {
  const { cursor } = grammar;
  if (cursor.takeKeywords('LATERAL')) {
    if (!cursor.takeSymbol('(')) return cursor.expected('subquery after LATERAL');
    return other(`LATERAL ${parseDerivedTable(grammar)}`);
  }
  if (cursor.takeKeywords('TABLE')) return other(`TABLE${parseTableFunction(grammar)}`);
  if (cursor.takeKeywords('UNNEST')) return other(`UNNEST${parseTableFunction(grammar)}`);
  if (cursor.takeSymbol('(')) {
    const derived = cursor.attempt(() => parseDerivedTable(grammar));
    if (derived !== undefined) return other(derived);
    return { kind: 'other', text: parseNestedJoin(grammar), isNestedJoin: true };
  }
  return parseNamedTable(grammar);
}

function parseNamedTable(grammar: Grammar): TableFactor {
  const { cursor } = grammar;
  const name = cursor.objectName();
  const args = cursor.isSymbol('(') ? parseTableArguments(grammar) : undefined;
  const alias = parseAlias(cursor, reservedAfterTable);
  const columns = alias !== undefined && cursor.isSymbol('(') ? parseColumnList(cursor) : undefined;
  if (args === undefined && columns === undefined) return { kind: 'table', name, alias };
  return other(`${printName(name)}${args ?? ''}${printAlias(alias)}${printColumnList(columns)}`);
}

function parseTableArguments(grammar: Grammar): string {
  const { cursor } = grammar;
  cursor.expectSymbol('(');
  const args = cursor.isSymbol(')') ? [] : cursor.list(grammar.expression);
  cursor.expectSymbol(')');
  return `(${printExpressions(args)})`;
}

function parseTableFunction(grammar: Grammar): string {
  const { cursor } = grammar;
  cursor.expectSymbol('(');
  const args = cursor.list(() => printExpression(grammar.expression())).join(', ');
  cursor.expectSymbol(')');
  return `(${args})${parseTableAlias(cursor)}`;
}

/** A subquery from after its opening parenthesis on. */
function parseDerivedTable(grammar: Grammar): string {
  const { cursor } = grammar;
  const query = printQuery(grammar.query());
  cursor.expectSymbol(')');
  return `(${query})${parseTableAlias(cursor)}`;
}

/** Joined tables in parentheses, from after the opening one on; a table alone may not stand in parentheses. */
function parseNestedJoin(grammar: Grammar): string {
  const { cursor } = grammar;
  const tables = parseTableWithJoins(grammar);
  const isNestedAgain = tables.table.kind === 'other' && tables.table.isNestedJoin;
  if (tables.joins.length === 0 && !isNestedAgain) return cursor.expected('joined table');
  cursor.expectSymbol(')');
  return `(${printTableWithJoins(tables)})${parseTableAlias(cursor)}`;
}

function parseTableAlias(cursor: Cursor): string {
  const alias = parseAlias(cursor, reservedAfterTable);
  const columns = alias !== undefined && cursor.isSymbol('(') ? parseColumnList(cursor) : undefined;
  return printAlias(alias) + printColumnList(columns);
}

/** `AS name`, or a name that is not one of the `reserved` words, or nothing. */
export function parseAlias(cursor: Cursor, reserved: ReadonlySet<string>): Identifier | undefined {
  const isRequired = cursor.takeKeywords('AS');
  const token = cursor.peek();
  const isName =
    (token.kind === 'word' && (isRequired || !reserved.has(token.keyword))) ||
    (token.kind === 'string' && token.form === 'single');
  if (isName) return cursor.identifier();
  return isRequired ? cursor.expected('an identifier after AS') : undefined;
}

/** Names in parentheses. */
export function parseColumnList(cursor: Cursor): readonly Identifier[] {
  cursor.expectSymbol('(');
  const columns = cursor.list(() => cursor.identifier());
  cursor.expectSymbol(')');
  return columns;
}

function printColumnList(columns: readonly Identifier[] | undefined): string {
  return columns === undefined ? '' : ` (${columns.map(printIdentifier).join(', ')})`;
}

function other(text: string): TableFactor {
  return { kind: 'other', text, isNestedJoin: false };
}
