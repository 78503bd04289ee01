import * as fc from 'fast-check';

/** What a condition may ask about, and what that means: a second, naive implementation. */
export interface ConditionColumn<Row> {
  readonly name: string;
  /** Columns of one type are compared with each other; one of the type `flag` may stand alone. */
  readonly type: string;
  readonly read: (row: Row) => unknown;
  /** Negative, zero or positive, as `left` stands before, beside or after `right`. */
  readonly compare: (left: unknown, right: unknown) => number;
  /** Texts of values, and the values as `read` has them. */
  readonly literals: readonly { readonly sql: string; readonly value: unknown }[];
}

/** A condition as SQL, and whether it holds. */
export interface NaiveCondition<Row> {
  readonly sql: string;
  /** Gets the rows of the tables by their alias. */
  readonly holds: (rows: ReadonlyMap<string, Row>) => boolean;
}

/** A condition on the columns of tables that go by these aliases. */
export function arbitraryConditionOf<Row>(
  columns: readonly ConditionColumn<Row>[],
  aliases: readonly string[],
): fc.Arbitrary<NaiveCondition<Row>> {
  const { condition } = fc.letrec<{ condition: NaiveCondition<Row> }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: comparison(columns, aliases) },
      { weight: 1, arbitrary: flagColumn(columns, aliases) },
      { weight: 1, arbitrary: fc.boolean().map((value) => constant<Row>(value)) },
      { weight: 3, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => and(left, right)) },
      { weight: 1, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => or(left, right)) },
    ),
  }));
  return condition;
}

const operators = ['=', '=', '<>', '!=', '<', '<=', '>', '>='] as const;

/** All comparisons of a column with its literals, either way round. */
export function everyComparison<Row>(column: ConditionColumn<Row>, alias: string): readonly NaiveCondition<Row>[] {
  const subject = columnOperand(alias, column);
  return column.literals.flatMap((literal) =>
    [...new Set(operators)].flatMap((operator) => [
      compared(column, subject, operator, literalOperand(literal)),
      compared(column, literalOperand(literal), operator, subject),
    ]),
  );
}

/** One side of a comparison. */
interface Operand<Row> {
  readonly sql: string;
  readonly value: (rows: ReadonlyMap<string, Row>) => unknown;
}

function comparison<Row>(
  columns: readonly ConditionColumn<Row>[],
  aliases: readonly string[],
): fc.Arbitrary<NaiveCondition<Row>> {
  const column = fc.tuple(fc.constantFrom(...aliases), fc.constantFrom(...columns));
  return column.chain(([alias, subject]) => {
    const operator = fc.constantFrom(...operators);
    const left = columnOperand(alias, subject);
    const literal = fc.constantFrom(...subject.literals).map((one) => literalOperand<Row>(one));
    const others = columns.filter(({ type }) => type === subject.type);
    const other = fc
      .tuple(fc.constantFrom(...aliases), fc.constantFrom(...others))
      .map(([otherAlias, one]) => columnOperand(otherAlias, one));
    return fc.oneof(
      fc.tuple(operator, literal).map(([name, right]) => compared(subject, left, name, right)),
      fc.tuple(operator, literal).map(([name, right]) => compared(subject, right, name, left)),
      fc.tuple(operator, other).map(([name, right]) => compared(subject, left, name, right)),
    );
  });
}

function literalOperand<Row>({ sql, value }: ConditionColumn<Row>['literals'][number]): Operand<Row> {
  return { sql, value: () => value };
}

function columnOperand<Row>(alias: string, column: ConditionColumn<Row>): Operand<Row> {
  return { sql: `${alias}.${column.name}`, value: (rows) => valueIn(rows, alias, column) };
}

function compared<Row>(
  { compare }: ConditionColumn<Row>,
  left: Operand<Row>,
  operator: string,
  right: Operand<Row>,
): NaiveCondition<Row> {
  return {
    sql: `${left.sql} ${operator} ${right.sql}`,
    holds: (rows) => fits(operator, compare(left.value(rows), right.value(rows))),
  };
}

function flagColumn<Row>(
  columns: readonly ConditionColumn<Row>[],
  aliases: readonly string[],
): fc.Arbitrary<NaiveCondition<Row>> {
  const flags = columns.filter(({ type }) => type === 'flag');
  return fc.tuple(fc.constantFrom(...aliases), fc.constantFrom(...flags)).map(([alias, column]) => ({
    sql: `${alias}.${column.name}`,
    holds: (rows) => valueIn(rows, alias, column) === true,
  }));
}

function valueIn<Row>(rows: ReadonlyMap<string, Row>, alias: string, { read }: ConditionColumn<Row>): unknown {
  const row = rows.get(alias);
  if (row === undefined) throw new RangeError(`there is no table ${alias}`);
  return read(row);
}

function constant<Row>(value: boolean): NaiveCondition<Row> {
  return { sql: value ? 'TRUE' : 'false', holds: () => value };
}

function and<Row>(left: NaiveCondition<Row>, right: NaiveCondition<Row>): NaiveCondition<Row> {
  return { sql: `(${left.sql}) AND (${right.sql})`, holds: (rows) => left.holds(rows) && right.holds(rows) };
}

function or<Row>(left: NaiveCondition<Row>, right: NaiveCondition<Row>): NaiveCondition<Row> {
  return { sql: `(${left.sql}) OR (${right.sql})`, holds: (rows) => left.holds(rows) || right.holds(rows) };
}

function fits(operator: string, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

/** How values of different kinds are ordered, in the plainest way. */
export const plainOrders: Readonly<
  Record<'integer' | 'float' | 'text' | 'bytes' | 'flag', (left: unknown, right: unknown) => number>
> = {
  text: (left, right) => Buffer.compare(Buffer.from(String(left), 'utf8'), Buffer.from(String(right), 'utf8')),
  bytes: (left, right) => Buffer.compare(Buffer.from(String(left), 'latin1'), Buffer.from(String(right), 'latin1')),
  float: (left, right) => {
    const [one, other] = [Number(left), Number(right)];
    // NaN equals itself and comes last.
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return one === other ? 0 : one < other ? -1 : 1;
  },
  integer: (left, right) => {
    const difference = BigInt(String(left)) - BigInt(String(right));
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  },
  flag: (left, right) => Number(left) - Number(right),
};
