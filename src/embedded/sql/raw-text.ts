import { type Cursor } from './cursor.ts';
import { type Token, tokenText } from './token.ts';

/** Everything from an opening parenthesis to the one that closes it, about as it was written. Throws an {@link SqlError} without one. */
export function balancedText(cursor: Cursor): string {
  const tokens: Token[] = [];
  let depth = 0;
  do {
    const token = cursor.next();
    if (token.kind === 'end') return cursor.expected(')', token);
    if (token.kind === 'symbol' && token.symbol === '(') depth++;
    if (token.kind === 'symbol' && token.symbol === ')') depth--;
    tokens.push(token);
  } while (depth > 0);
  return joinTokens(tokens);
}

/** Everything up to the end of the statement, about as it was written. */
export function restOfStatement(cursor: Cursor): string {
  const tokens: Token[] = [];
  while (!cursor.atEnd() && !cursor.isSymbol(';')) tokens.push(cursor.next());
  return joinTokens(tokens);
}

function joinTokens(tokens: readonly Token[]): string {
  let text = '';
  let previous = '(';
  for (const token of tokens) {
    const printed = tokenText(token);
    const isTight = previous === '(' || previous === '.' || [')', ',', '.', ';'].includes(printed);
    text += isTight ? printed : ` ${printed}`;
    previous = printed;
  }
  return text;
}
