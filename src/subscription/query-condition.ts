import { type Codec, encode } from '../bsatn/codec.ts';
import { type ComparableKind, type ComparableTypes, type ComparableValue, sqlLiteral } from './sql-literal.ts';
import { messageOf } from '../errors.ts';
import { quotedName } from './sql-name.ts';

/** Whoever asks: the server puts the identity of the client in its place. */
export interface QuerySender {
  readonly kind: 'sender';
}

export const querySender: QuerySender = { kind: 'sender' };

/** What a column can be compared with: a value, another column of the same type, or the identity of whoever asks. */
type QueryOperand<Kind extends ComparableKind> =
  | ComparableTypes[Kind]
  | QueryColumn<Kind>
  | (Kind extends 'identity' | 'bytes' ? QuerySender : never);

/** A column in a condition. Comparing throws a `RangeError` for a value that the column cannot hold or that SQL has no literal of, a `TypeError` for one of another type. */
export interface QueryColumn<Kind extends ComparableKind> {
  /** For the compiler only: two columns can be compared when their types are the same. */
  readonly kind?: Kind;
  /** Equal to. */
  eq(other: QueryOperand<Kind>): QueryCondition;
  /** Not equal to. */
  ne(other: QueryOperand<Kind>): QueryCondition;
  /** Less than. */
  lt(other: QueryOperand<Kind>): QueryCondition;
  /** Less than or equal to. */
  lte(other: QueryOperand<Kind>): QueryCondition;
  /** Greater than. */
  gt(other: QueryOperand<Kind>): QueryCondition;
  /** Greater than or equal to. */
  gte(other: QueryOperand<Kind>): QueryCondition;
}

/** Which rows a query selects. The server knows no negation; each comparison has its opposite instead. */
export interface QueryCondition {
  /** Both hold. */
  and(other: QueryCondition): QueryCondition;
  /** One of them holds, or both. */
  or(other: QueryCondition): QueryCondition;
}

/** Text of SQL in which columns are called with `qualifier` before their names, such as `"l".`. */
type Render = (qualifier: string) => string;

/** A column of a table, as definitions of tables have it. */
export interface ColumnOfTable {
  readonly name: string;
  readonly codec: Codec<unknown>;
}

/** A column of `table`; the object stands for the table. */
export class ColumnExpression implements QueryColumn<ComparableKind> {
  readonly #table: object;
  readonly #column: ColumnOfTable;

  constructor(table: object, column: ColumnOfTable) {
    this.#table = table;
    this.#column = column;
  }

  eq(other: Operand): ConditionExpression {
    return this.#compare('=', other);
  }

  ne(other: Operand): ConditionExpression {
    return this.#compare('<>', other);
  }

  lt(other: Operand): ConditionExpression {
    return this.#compare('<', other);
  }

  lte(other: Operand): ConditionExpression {
    return this.#compare('<=', other);
  }

  gt(other: Operand): ConditionExpression {
    return this.#compare('>', other);
  }

  gte(other: Operand): ConditionExpression {
    return this.#compare('>=', other);
  }

  render(qualifier: string): string {
    return `${qualifier}${quotedName(this.#column.name)}`;
  }

  #compare(operator: string, other: Operand): ConditionExpression {
    const right = this.#operand(other);
    return new ConditionExpression(
      this.#table,
      (qualifier) => `${this.render(qualifier)} ${operator} ${right(qualifier)}`,
    );
  }

  #operand(other: Operand): Render {
    if (other === querySender) return () => ':sender';
    if (other instanceof ColumnExpression) {
      requireSameTable(this.#table, other.#table);
      return (qualifier) => other.render(qualifier);
    }
    const text = this.#literal(other as ComparableValue);
    return () => text;
  }

  #literal(value: ComparableValue): string {
    // A value that cannot be in the column is refused here, where it was written.
    try {
      encode(this.#column.codec, value);
      return sqlLiteral(value);
    } catch (cause) {
      const problem = `a query cannot compare column ${this.#column.name}: ${messageOf(cause)}`;
      throw cause instanceof TypeError ? new TypeError(problem, { cause }) : new RangeError(problem, { cause });
    }
  }
}

type Operand = QueryOperand<ComparableKind>;

/** A condition on the rows of `table`. */
export class ConditionExpression implements QueryCondition {
  readonly #table: object;
  readonly #render: Render;

  constructor(table: object, render: Render) {
    this.#table = table;
    this.#render = render;
  }

  and(other: QueryCondition): ConditionExpression {
    return this.#combine('AND', expressionOf(other));
  }

  or(other: QueryCondition): ConditionExpression {
    return this.#combine('OR', expressionOf(other));
  }

  /** The text of a condition that was made for `table`. */
  static textOf(condition: QueryCondition, table: object, qualifier: string): string {
    const expression = expressionOf(condition);
    requireSameTable(table, expression.#table);
    return expression.#render(qualifier);
  }

  #combine(operator: string, other: ConditionExpression): ConditionExpression {
    requireSameTable(this.#table, other.#table);
    return new ConditionExpression(
      this.#table,
      (qualifier) => `(${this.#render(qualifier)}) ${operator} (${other.#render(qualifier)})`,
    );
  }
}

function expressionOf(condition: QueryCondition): ConditionExpression {
  if (condition instanceof ConditionExpression) return condition;
  throw new TypeError('not a condition of a query: compare a column with `eq`, `ne`, `lt`, `lte`, `gt` or `gte`');
}

function requireSameTable(left: object, right: object): void {
  if (left !== right) throw new TypeError('a condition is about one table: tables meet in a semijoin');
}
