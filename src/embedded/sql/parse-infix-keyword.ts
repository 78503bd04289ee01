import { type Cursor } from './cursor.ts';
import { type Grammar, precedence } from './grammar.ts';
import { parseValue } from './parse-value.ts';
import { printExpression, printExpressions, printQuery } from './print.ts';

/** What may follow `IS`, longest first. */
const isForms: readonly (readonly string[])[] = [
  ['NULL'],
  ['NOT', 'NULL'],
  ['TRUE'],
  ['NOT', 'TRUE'],
  ['FALSE'],
  ['NOT', 'FALSE'],
  ['UNKNOWN'],
  ['NOT', 'UNKNOWN'],
];

/**
 * Reads `IS …`, `[NOT] IN …`, `[NOT] BETWEEN …`, `[NOT] LIKE …` or `AT TIME ZONE …` after `left`. All are refused later, so only text comes
 * back.
 */
export function parseInfixKeyword(grammar: Grammar, left: string): string {
  const { cursor } = grammar;
  if (cursor.takeKeywords('IS')) return `${left} IS ${parseIs(grammar)}`;
  if (cursor.takeKeywords('AT', 'TIME', 'ZONE')) return `${left} AT TIME ZONE ${parseTimeZone(cursor)}`;
  const not = cursor.takeKeywords('NOT') ? 'NOT ' : '';
  switch (cursor.takeOneOf('IN', 'BETWEEN', 'LIKE', 'ILIKE', 'SIMILAR')) {
    case 'IN':
      return `${left} ${not}IN ${parseInList(grammar)}`;
    case 'BETWEEN':
      return `${left} ${not}BETWEEN ${parseBounds(grammar)}`;
    case 'LIKE':
      return `${left} ${not}LIKE ${parsePattern(grammar)}`;
    case 'ILIKE':
      return `${left} ${not}ILIKE ${parsePattern(grammar)}`;
    case 'SIMILAR':
      if (cursor.takeKeywords('TO')) return `${left} ${not}SIMILAR TO ${parsePattern(grammar)}`;
      return cursor.expected('IN or BETWEEN after NOT');
    default:
      return cursor.expected('IN or BETWEEN after NOT');
  }
}

/** Whether a query begins here. */
export function isQuery(cursor: Cursor): boolean {
  return ['SELECT', 'WITH'].includes(cursor.keyword());
}

function parseIs(grammar: Grammar): string {
  const { cursor } = grammar;
  const form = isForms.find((keywords) => cursor.takeKeywords(...keywords));
  if (form !== undefined) return form.join(' ');
  if (cursor.takeKeywords('DISTINCT', 'FROM')) return `DISTINCT FROM ${printExpression(grammar.expression())}`;
  if (cursor.takeKeywords('NOT', 'DISTINCT', 'FROM'))
    return `NOT DISTINCT FROM ${printExpression(grammar.expression())}`;
  return cursor.expected('[NOT] NULL or TRUE|FALSE or [NOT] DISTINCT FROM after IS');
}

function parseTimeZone(cursor: Cursor): string {
  const zone = cursor.next();
  if (zone.kind === 'string' && zone.form === 'single') return `'${zone.value}'`;
  return cursor.expected('Expected Token::SingleQuotedString after AT TIME ZONE', zone);
}

function parseInList(grammar: Grammar): string {
  const { cursor } = grammar;
  const unnest = cursor.takeKeywords('UNNEST');
  cursor.expectSymbol('(');
  const items = parseInItems(grammar, unnest);
  cursor.expectSymbol(')');
  return unnest ? `UNNEST(${items})` : `(${items})`;
}

function parseInItems(grammar: Grammar, isUnnest: boolean): string {
  if (isUnnest) return printExpression(grammar.expression());
  if (isQuery(grammar.cursor)) return printQuery(grammar.query());
  return printExpressions(grammar.cursor.list(grammar.expression));
}

function parseBounds(grammar: Grammar): string {
  const low = grammar.operators(precedence.between);
  grammar.cursor.expectKeyword('AND');
  const high = grammar.operators(precedence.between);
  return `${printExpression(low)} AND ${printExpression(high)}`;
}

function parsePattern(grammar: Grammar): string {
  const pattern = printExpression(grammar.operators(precedence.like));
  if (!grammar.cursor.takeKeywords('ESCAPE')) return pattern;
  if (grammar.cursor.peek().kind !== 'string') return grammar.cursor.expected('literal string');
  return `${pattern} ESCAPE ${printExpression(parseValue(grammar.cursor))}`;
}
