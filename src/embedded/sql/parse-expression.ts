import { identifierOf } from './cursor.ts';
import { type Grammar, keywordSet, precedence } from './grammar.ts';
import {
  isTypedString,
  parseArrayItems,
  parseFunctionCall,
  parseSpecialFunction,
  parseTypedString,
  parseTypeName,
  specialFunctions,
} from './parse-function.ts';
import { isQuery, parseInfixKeyword } from './parse-infix-keyword.ts';
import { parseValue } from './parse-value.ts';
import { printExpression, printExpressions, printName, printQuery } from './print.ts';
import { type Expression } from './syntax.ts';
import { type Token, type WordToken } from './token.ts';

/** The binary operators that are symbols. */
const symbolPrecedence: ReadonlyMap<string, number> = byWord([
  ['= < <= <> > >= == ~ ~* !~ !~* <=>', precedence.between],
  ['|', 21],
  ['^ # >> <<', 22],
  ['&', 23],
  ['+ -', precedence.plus],
  ['* / % ||', precedence.times],
  [':: : ! [ ->> -> && #> #>> @> <@ #- @? @@', 50],
]);

const keywordPrecedence: ReadonlyMap<string, number> = byWord([
  ['OR', 5],
  ['AND', 10],
  ['IS', 17],
  ['LIKE ILIKE SIMILAR', precedence.like],
  ['IN BETWEEN', precedence.between],
  ['XOR', 24],
]);

function byWord(levels: readonly (readonly [words: string, level: number])[]): ReadonlyMap<string, number> {
  return new Map(levels.flatMap(([words, level]) => words.split(' ').map((word) => [word, level] as const)));
}

const jsonOperators: ReadonlySet<string> = keywordSet('-> ->> #> #>> @> <@ #- @? @@');
const comparisonOperators: ReadonlySet<string> = keywordSet('= <> < <= > >=');

/** Reads an expression. Throws an {@link SqlError} where there is none. */
export function parseExpression(grammar: Grammar): Expression {
  return grammar.cursor.nested(() => parseOperators(grammar, 0));
}

/** Reads an expression of operators that bind tighter than `least`. */
export function parseOperators(grammar: Grammar, least: number): Expression {
  let expression = parsePrefix(grammar);
  for (;;) {
    const next = nextPrecedence(grammar);
    if (next <= least) return expression;
    expression = parseInfix(grammar, expression, next);
  }
}

function nextPrecedence(grammar: Grammar): number {
  const { cursor } = grammar;
  const token = cursor.peek();
  if (token.kind === 'symbol') return symbolPrecedence.get(token.symbol) ?? 0;
  switch (cursor.keyword()) {
    case 'NOT':
      // NOT is an operator between operands only before one that it negates.
      return ['IN', 'BETWEEN', 'LIKE', 'ILIKE', 'SIMILAR'].includes(cursor.keyword(1))
        ? (keywordPrecedence.get(cursor.keyword(1)) ?? 0)
        : 0;
    case 'AT':
      return cursor.keyword(1) === 'TIME' && cursor.keyword(2) === 'ZONE' ? 20 : 0;
    default:
      return keywordPrecedence.get(cursor.keyword()) ?? 0;
  }
}

function parseInfix(grammar: Grammar, left: Expression, level: number): Expression {
  const { cursor } = grammar;
  const operator = cursor.peek();
  if (operator.kind === 'symbol') return parseInfixSymbol(grammar, left, operator.symbol, level);
  const keyword = cursor.takeOneOf('AND', 'OR', 'XOR');
  if (keyword !== undefined) return parseRightSide(grammar, left, keyword, level, operator);
  return { kind: 'other', text: parseInfixKeyword(grammar, printExpression(left)) };
}

function parseInfixSymbol(grammar: Grammar, left: Expression, symbol: string, level: number): Expression {
  const { cursor } = grammar;
  const token = cursor.next();
  if (jsonOperators.has(symbol)) {
    return other(`${printExpression(left)} ${symbol} ${printExpression(parseExpression(grammar))}`);
  }
  switch (symbol) {
    case '::':
      return other(`CAST(${printExpression(left)} AS ${parseTypeName(cursor)})`);
    case '!':
      return other(`${printExpression(left)}!`);
    case ':':
      return other(`${printExpression(left)}:${printExpression(parseValue(cursor))}`);
    case '[': {
      let text = printExpression(left);
      do {
        text += `[${printExpression(parseExpression(grammar))}]`;
        cursor.expectSymbol(']');
      } while (cursor.takeSymbol('['));
      return other(text);
    }
    default:
      return parseRightSide(grammar, left, symbol === '==' ? '=' : symbol, level, token);
  }
}

/** `token` is where the operator stands. */
function parseRightSide(grammar: Grammar, left: Expression, operator: string, level: number, token: Token): Expression {
  const { cursor } = grammar;
  const quantifier = cursor.takeOneOf('ANY', 'ALL');
  if (quantifier === undefined) return { kind: 'binary', left, operator, right: parseOperators(grammar, level) };
  cursor.expectSymbol('(');
  const right = parseOperators(grammar, level);
  cursor.expectSymbol(')');
  if (!comparisonOperators.has(operator)) {
    cursor.expected('one of [=, >, <, =>, =<, !=] as comparison operator', token);
  }
  return other(`${printExpression(left)} ${operator} ${quantifier}(${printExpression(right)})`);
}

/** An operand: everything up to the first operator that stands between two. */
function parsePrefix(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const expression = parseOperand(grammar);
  if (!cursor.takeKeywords('COLLATE')) return expression;
  return other(`${printExpression(expression)} COLLATE ${printName(cursor.objectName())}`);
}

function parseOperand(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if (isTypedString(cursor)) return other(parseTypedString(cursor));
  const token = cursor.peek();
  switch (token.kind) {
    case 'word':
      return parseWord(grammar, token);
    case 'number':
    case 'string':
    case 'placeholder':
      return parseValue(cursor);
    case 'symbol':
      return parsePrefixSymbol(grammar, token, token.symbol);
    case 'end':
      return cursor.expected('an expression:');
  }
}

function parseWord(grammar: Grammar, word: WordToken): Expression {
  const { cursor } = grammar;
  const isArray = word.keyword === 'ARRAY' && (cursor.isSymbol('[', 1) || cursor.isSymbol('(', 1));
  if (isArray || specialFunctions.has(word.keyword)) return parseSpecialFunction(grammar, word);
  switch (word.keyword) {
    case 'TRUE':
    case 'FALSE':
    case 'NULL':
      return parseValue(cursor);
    case 'NOT':
      cursor.next();
      if (cursor.keyword() === 'EXISTS') return other(`NOT ${printExpression(parseOperand(grammar))}`);
      return other(`NOT ${printExpression(parseOperators(grammar, precedence.not))}`);
    default:
      return parseNameOrCall(grammar, word);
  }
}

function parseNameOrCall(grammar: Grammar, word: WordToken): Expression {
  const { cursor } = grammar;
  cursor.next();
  const parts = [identifierOf(word)];
  while (cursor.takeSymbol('.')) {
    const part = cursor.next();
    if (part.kind !== 'word') return cursor.expected(`an identifier or a '*' after '.'`, part);
    parts.push(identifierOf(part));
  }
  return cursor.isSymbol('(') ? parseFunctionCall(grammar, parts) : { kind: 'name', parts };
}

function parsePrefixSymbol(grammar: Grammar, token: Token, symbol: string): Expression {
  const { cursor } = grammar;
  switch (symbol) {
    case '-':
    case '+':
      cursor.next();
      return { kind: 'unary', operator: symbol, operand: parseOperators(grammar, precedence.times) };
    case '!!':
    case '|/':
    case '||/':
    case '@':
    case '~':
      cursor.next();
      return other(`${symbol}${printExpression(parseOperators(grammar, precedence.plus))}`);
    case '(':
      return parseParenthesized(grammar);
    case '[':
      cursor.next();
      return other(`[${parseArrayItems(grammar)}]`);
    case ':':
      return parseValue(cursor);
    default:
      return cursor.expected('an expression:', token);
  }
}

/** `(expression)`, a tuple, or a subquery. */
function parseParenthesized(grammar: Grammar): Expression {
  const { cursor } = grammar;
  cursor.expectSymbol('(');
  const expression = isQuery(cursor) ? other(`(${printQuery(grammar.query())})`) : parseTuple(grammar);
  cursor.expectSymbol(')');
  if (!cursor.takeSymbol('.')) return expression;
  const key = cursor.next();
  if (key.kind !== 'word') return cursor.expected('identifier', key);
  return other(`${printExpression(expression)}.${printName([identifierOf(key)])}`);
}

function parseTuple(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const expressions = cursor.list(() => parseExpression(grammar));
  const [inner] = expressions;
  if (inner !== undefined && expressions.length === 1) return { kind: 'nested', inner };
  return other(`(${printExpressions(expressions)})`);
}

function other(text: string): Expression {
  return { kind: 'other', text };
}
