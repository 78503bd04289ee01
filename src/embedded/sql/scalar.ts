import { printExpression } from './print.ts';
import { SqlError } from './sql-error.ts';
import { type Expression, type Literal } from './syntax.ts';

/** An expression of the kind that the server evaluates, before anything is known of its names and types. */
export type Scalar =
  | { readonly kind: 'literal'; readonly literal: ScalarLiteral }
  | { readonly kind: 'sender' }
  | ColumnName
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Scalar;
      readonly right: Scalar;
    }
  | { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly left: Scalar; readonly right: Scalar };

export interface ColumnName {
  readonly kind: 'column';
  /** The table's name or alias in this query, where the column is qualified. */
  readonly table: string | undefined;
  readonly column: string;
}

/** Numbers, strings and hex get their type from what they are compared with, so they stay text until then. */
export type ScalarLiteral = Exclude<Literal, { kind: 'placeholder' | 'unsupported' }>;

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** What the server still takes; the operators of an expression nest one level each. */
const maxDepth = 1600;

/** Throws an {@link SqlError} for everything that the server cannot evaluate. */
export function scalarOf(expression: Expression, depth = 0): Scalar {
  if (depth > maxDepth) throw new SqlError('Recursion limit exceeded, `sql-parser::parse_expr`');
  switch (expression.kind) {
    case 'nested':
      return scalarOf(expression.inner, depth + 1);
    case 'name':
      return columnNameOf(expression.parts);
    case 'literal':
      if (expression.literal.kind === 'placeholder' && expression.literal.name === ':sender') return { kind: 'sender' };
      return { kind: 'literal', literal: literalOf(expression) };
    case 'unary':
      return { kind: 'literal', literal: signedNumberOf(expression) ?? unsupportedExpression(expression) };
    case 'binary':
      return binaryOf(expression, depth + 1);
    case 'call':
    case 'other':
      return unsupportedExpression(expression);
  }
}

/** The last part is the column, all before it together are the table. */
export function columnNameOf(parts: readonly { readonly name: string }[]): ColumnName {
  const names = parts.map(({ name }) => name);
  const column = names.pop() ?? '';
  return { kind: 'column', table: names.length === 0 ? undefined : names.join('.'), column };
}

export function literalOf(expression: Extract<Expression, { kind: 'literal' }>): ScalarLiteral {
  const { literal, text } = expression;
  if (literal.kind === 'placeholder' || literal.kind === 'unsupported') {
    throw new SqlError(`Unsupported literal expression: ${text}`);
  }
  return literal;
}

/** `-1` and `+1`, and nothing else with a sign. */
export function signedNumberOf(expression: Extract<Expression, { kind: 'unary' }>): ScalarLiteral | undefined {
  const { operator, operand } = expression;
  if (operand.kind !== 'literal' || operand.literal.kind !== 'number') return undefined;
  return { kind: 'number', raw: operator + operand.literal.raw };
}

function binaryOf(expression: Extract<Expression, { kind: 'binary' }>, depth: number): Scalar {
  const left = scalarOf(expression.left, depth);
  const right = scalarOf(expression.right, depth);
  switch (expression.operator) {
    case 'AND':
      return { kind: 'logic', operator: 'and', left, right };
    case 'OR':
      return { kind: 'logic', operator: 'or', left, right };
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { kind: 'comparison', operator: expression.operator, left, right };
    default:
      throw new SqlError(`Unsupported binary operator: ${expression.operator}`);
  }
}

function unsupportedExpression(expression: Expression): never {
  throw new SqlError(`Unsupported expression: ${printExpression(expression)}`);
}
