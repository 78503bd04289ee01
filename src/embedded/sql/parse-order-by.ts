import { type Grammar } from './grammar.ts';
import { printExpression } from './print.ts';

/** ` ORDER BY …` as it is printed, or nothing. */
export function parseOrderBy(grammar: Grammar): string {
  if (!grammar.cursor.takeKeywords('ORDER', 'BY')) return '';
  return ` ORDER BY ${grammar.cursor.list(() => parseOrderKey(grammar)).join(', ')}`;
}

function parseOrderKey(grammar: Grammar): string {
  const { cursor } = grammar;
  const expression = printExpression(grammar.expression());
  const direction = cursor.takeOneOf('ASC', 'DESC');
  const nulls = ['FIRST', 'LAST'].find((place) => cursor.takeKeywords('NULLS', place));
  return [expression, direction, nulls === undefined ? undefined : `NULLS ${nulls}`]
    .filter((part) => part !== undefined)
    .join(' ');
}
