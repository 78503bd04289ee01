import { type Cursor } from './cursor.ts';
import { type Expression, type Query } from './syntax.ts';

/** The place in the text, and the rules that refer to each other across files: an expression may hold a query, a query holds expressions. */
export interface Grammar {
  readonly cursor: Cursor;
  /** Reads an expression. */
  readonly expression: () => Expression;
  /** Reads an expression of operators that bind tighter than `least`, see {@link precedence}. */
  readonly operators: (least: number) => Expression;
  /** Reads a query. */
  readonly query: () => Query;
}

/** How tightly operators bind. */
export const precedence = { not: 15, like: 19, between: 20, plus: 30, times: 40 } as const;

/** The words of a text, as a set of keywords. */
export function keywordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
