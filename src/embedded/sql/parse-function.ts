import { type Cursor, type Identifier, identifierOf } from './cursor.ts';
import { type Grammar, keywordSet, precedence } from './grammar.ts';
import { parseOrderBy } from './parse-order-by.ts';
import { balancedText } from './raw-text.ts';
import { printExpression, printExpressions, printIdentifier, printName, printQuery, printQuoted } from './print.ts';
import { type Expression } from './syntax.ts';
import { type WordToken } from './token.ts';

/** Words that are functions without arguments; a column of that name has to be quoted. */
const nameFunctions: ReadonlySet<string> = keywordSet('CURRENT_CATALOG CURRENT_USER SESSION_USER USER');

/** Words that are functions with or without parentheses; a column of that name has to be quoted. */
const timeFunctions: ReadonlySet<string> = keywordSet(
  'CURRENT_TIMESTAMP CURRENT_TIME CURRENT_DATE LOCALTIME LOCALTIMESTAMP',
);

/** Words with a syntax of their own that begins with a parenthesis; a column of that name has to be quoted. */
const functionsWithSyntax: ReadonlySet<string> = keywordSet(
  'CAST TRY_CAST SAFE_CAST EXISTS EXTRACT CEIL FLOOR POSITION SUBSTRING OVERLAY TRIM LISTAGG ARRAY_AGG',
);

/** Words that cannot begin a plain name. */
export const specialFunctions: ReadonlySet<string> = new Set([
  ...nameFunctions,
  ...timeFunctions,
  ...functionsWithSyntax,
  'CASE',
  'INTERVAL',
]);

/** Types that may stand before a string, `DATE '2020-01-01'`, by the words they are written with. */
const typeNames: ReadonlySet<string> = keywordSet(
  'BOOLEAN BOOL FLOAT REAL FLOAT4 FLOAT8 DOUBLE TINYINT INT2 SMALLINT MEDIUMINT INT INT4 INT8 INTEGER ' +
    'BIGINT VARCHAR NVARCHAR CHARACTER CHAR CLOB BINARY VARBINARY BLOB UUID DATE DATETIME TIMESTAMP ' +
    'TIMESTAMPTZ TIME TIMETZ JSON REGCLASS STRING TEXT BYTEA NUMERIC DECIMAL DEC BIGNUMERIC BIGDECIMAL',
);

/** Whether a type and a string of it stand here. */
export function isTypedString(cursor: Cursor): boolean {
  const value = cursor.peek(1);
  return typeNames.has(cursor.keyword()) && value.kind === 'string' && value.form === 'single';
}

export function parseTypedString(cursor: Cursor): string {
  const type = parseTypeName(cursor);
  const value = cursor.next();
  return value.kind === 'string'
    ? `${type} ${printQuoted(value.value, "'")}`
    : cursor.expected('literal string', value);
}

/** A type as the server prints it: the ones it knows in upper case. */
export function parseTypeName(cursor: Cursor): string {
  if (cursor.peek().kind !== 'word') return cursor.expected('a data type name');
  const name = cursor.takeOneOf(...typeNames) ?? printName(cursor.objectName());
  return cursor.isSymbol('(') ? name + balancedText(cursor) : name;
}

/** A call from its opening parenthesis on. */
export function parseFunctionCall(grammar: Grammar, name: readonly Identifier[]): Expression {
  const { cursor } = grammar;
  cursor.expectSymbol('(');
  const isAll = cursor.takeKeywords('ALL');
  const distinct = !isAll && cursor.takeKeywords('DISTINCT') ? 'DISTINCT ' : '';
  const args = cursor.isSymbol(')') ? [] : cursor.list(() => parseArgument(grammar));
  const orderBy = args.length === 0 ? '' : parseOrderBy(grammar);
  cursor.expectSymbol(')');
  const over = cursor.takeKeywords('OVER') ? ` OVER ${parseWindow(cursor)}` : '';
  const isCount = name.length === 1 && name[0]?.name.toUpperCase() === 'COUNT';
  const isOfRows = args.length === 1 && args[0] === '*' && distinct + orderBy + over === '';
  const text = `${printName(name)}(${distinct}${args.join(', ')}${orderBy})${over}`;
  return { kind: 'call', isCountOfRows: isCount && isOfRows, text };
}

/** `*`, `table.*`, `name => expression` or an expression. */
function parseArgument(grammar: Grammar): string {
  const { cursor } = grammar;
  if (cursor.isSymbol('=>', 1)) {
    const name = printIdentifier(cursor.identifier());
    cursor.expectSymbol('=>');
    return `${name} => ${parseArgument(grammar)}`;
  }
  const wildcard = parseWildcard(cursor);
  if (wildcard === undefined) return printExpression(grammar.expression());
  return wildcard.length === 0 ? '*' : `${printName(wildcard)}.*`;
}

/** The names before `*`, none of them for a bare one; `undefined` where neither stands. */
export function parseWildcard(cursor: Cursor): readonly Identifier[] | undefined {
  if (cursor.takeSymbol('*')) return [];
  const names: Identifier[] = [];
  for (let ahead = 0; cursor.isSymbol('.', ahead + 1); ahead += 2) {
    const token = cursor.peek(ahead);
    if (token.kind !== 'word') return undefined;
    names.push(identifierOf(token));
    if (cursor.isSymbol('*', ahead + 2)) {
      for (let count = 0; count < ahead + 3; count++) cursor.next();
      return names;
    }
  }
  return undefined;
}

function parseWindow(cursor: Cursor): string {
  return cursor.isSymbol('(') ? balancedText(cursor) : printIdentifier(cursor.identifier());
}

/** The words of {@link specialFunctions}, and `ARRAY[…]` and `ARRAY(…)`. */
export function parseSpecialFunction(grammar: Grammar, word: WordToken): Expression {
  const { cursor } = grammar;
  cursor.next();
  const { keyword } = word;
  if (timeFunctions.has(keyword) && cursor.isSymbol('(')) return parseFunctionCall(grammar, [identifierOf(word)]);
  if (timeFunctions.has(keyword) || nameFunctions.has(keyword)) {
    return { kind: 'call', isCountOfRows: false, text: word.value };
  }
  return { kind: 'other', text: parseSpecialSyntax(grammar, keyword) };
}

function parseSpecialSyntax(grammar: Grammar, keyword: string): string {
  const { cursor } = grammar;
  switch (keyword) {
    case 'CASE':
      return parseCase(grammar);
    case 'INTERVAL':
      return `INTERVAL ${printExpression(grammar.operators(precedence.between))}`;
    case 'ARRAY':
      return cursor.takeSymbol('[') ? `ARRAY[${parseArrayItems(grammar)}]` : `ARRAY${parseSubquery(grammar)}`;
    case 'EXISTS':
      return `EXISTS ${parseSubquery(grammar)}`;
    case 'CAST':
    case 'TRY_CAST':
    case 'SAFE_CAST':
      return `${keyword}(${parseCast(grammar)})`;
    default:
      if (!cursor.isSymbol('(')) return cursor.expected('(');
      return keyword + balancedText(cursor);
  }
}

function parseSubquery(grammar: Grammar): string {
  grammar.cursor.expectSymbol('(');
  const query = printQuery(grammar.query());
  grammar.cursor.expectSymbol(')');
  return `(${query})`;
}

function parseCast(grammar: Grammar): string {
  const { cursor } = grammar;
  cursor.expectSymbol('(');
  const expression = printExpression(grammar.expression());
  cursor.expectKeyword('AS');
  const type = parseTypeName(cursor);
  cursor.expectSymbol(')');
  return `${expression} AS ${type}`;
}

function parseCase(grammar: Grammar): string {
  const { cursor } = grammar;
  let text = 'CASE';
  if (cursor.keyword() !== 'WHEN') text += ` ${printExpression(grammar.expression())}`;
  cursor.expectKeyword('WHEN');
  do {
    text += ` WHEN ${printExpression(grammar.expression())}`;
    cursor.expectKeyword('THEN');
    text += ` THEN ${printExpression(grammar.expression())}`;
  } while (cursor.takeKeywords('WHEN'));
  if (cursor.takeKeywords('ELSE')) text += ` ELSE ${printExpression(grammar.expression())}`;
  cursor.expectKeyword('END');
  return `${text} END`;
}

/** The items of an array from after its opening bracket to after its closing one. */
export function parseArrayItems(grammar: Grammar): string {
  if (grammar.cursor.takeSymbol(']')) return '';
  const items = grammar.cursor.list(grammar.expression);
  grammar.cursor.expectSymbol(']');
  return printExpressions(items);
}
