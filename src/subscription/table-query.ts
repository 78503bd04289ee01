import { type Codec, decode } from '../bsatn/codec.ts';
import { type TypedQuery } from './query.ts';
import {
  ColumnExpression,
  type ColumnOfTable,
  ConditionExpression,
  type QueryColumn,
  type QueryCondition,
  querySender,
  type QuerySender,
} from './query-condition.ts';
import { type ComparableKind } from './sql-literal.ts';
import { quotedName } from './sql-name.ts';

/** The columns of a table that can be compared; `Columns` has the name of the type of each. */
type QueryColumns<Columns> = {
  readonly [Property in keyof Columns]: QueryColumn<Columns[Property] & ComparableKind>;
};

/** What else a condition can name. */
export interface QueryContext {
  /** The identity of whoever asks. */
  readonly sender: QuerySender;
}

/** Says which rows are wanted. */
type QueryPredicate<Columns> = (row: QueryColumns<Columns>, context: QueryContext) => QueryCondition;

/** Rows of one table. */
export interface RowsQuery<Row, Columns> extends TypedQuery<Row> {
  /** Only the rows that meet the condition; after another `where`, those that meet both. */
  where(predicate: QueryPredicate<Columns>): RowsQuery<Row, Columns>;
}

/** Rows of one table that another table can be joined with; `Indexed` has the columns that have an index, as `Columns` has all. */
interface JoinableQuery<Row, Columns, Indexed> extends TypedQuery<Row> {
  /** For the compiler only: what the columns are. */
  readonly columns?: Columns;
  /** For the compiler only: what the columns with an index are. */
  readonly indexed?: Indexed;
}

/** The rows of a table, which can be joined by its columns `Indexed`. */
export interface TableQuery<Row, Columns, Indexed = object>
  extends RowsQuery<Row, Columns>, JoinableQuery<Row, Columns, Indexed> {
  where(predicate: QueryPredicate<Columns>): TableQuery<Row, Columns, Indexed>;
  /** The rows of this table for which there is a row in `other`. The server wants an index on both columns. */
  leftSemijoin<OtherRow, OtherColumns, OtherIndexed>(
    other: JoinableQuery<OtherRow, OtherColumns, OtherIndexed>,
    on: JoinOn<Indexed, OtherIndexed>,
  ): RowsQuery<Row, Columns>;
  /** The rows of `other` for which there is a row in this table. The server wants an index on both columns. */
  rightSemijoin<OtherRow, OtherColumns, OtherIndexed>(
    other: JoinableQuery<OtherRow, OtherColumns, OtherIndexed>,
    on: JoinOn<Indexed, OtherIndexed>,
  ): RowsQuery<OtherRow, OtherColumns>;
}

/** Says which columns have to be equal: `(user, message) => user.identity.eq(message.sender)`. */
type JoinOn<Left, Right> = (left: JoinColumns<Left, 'left'>, right: JoinColumns<Right, 'right'>) => QueryJoin;

/** The columns that a table can be joined by. */
type JoinColumns<Indexed, Side extends JoinSide> = {
  readonly [Property in keyof Indexed]: JoinColumn<Indexed[Property] & ComparableKind, Side>;
};

type JoinSide = 'left' | 'right';

/** A column that a table can be joined by. */
interface JoinColumn<Kind extends ComparableKind, Side extends JoinSide> {
  /** For the compiler only: a column of one side is compared with one of the other that has the same type. */
  readonly kind?: readonly [Kind, Side];
  eq(other: JoinColumn<Kind, Exclude<JoinSide, Side>>): QueryJoin;
}

/** Which columns of two tables have to be equal. */
interface QueryJoin {
  /** As the server reads it. */
  readonly sql: string;
}

/** What a query has to know of a table. */
export interface QueriedTable<Row> extends NamedColumns {
  readonly codec: Codec<Row>;
}

interface NamedColumns {
  readonly name: string;
  /** Each with its name and codec, by property; absent where nothing is compared. */
  readonly columns?: object;
}

/** All rows of a table: `SELECT * FROM "name"`. */
export function tableQuery<Row, Columns, Indexed>(table: QueriedTable<Row>): TableQuery<Row, Columns, Indexed> {
  return new Query<Row, Columns, Indexed>(table, [], undefined);
}

/** The table that has to have a row for each row of the answer. */
interface Join {
  readonly other: NamedColumns;
  readonly otherConditions: readonly QueryCondition[];
  readonly on: QueryJoin;
  /** The side that the rows come from. */
  readonly returned: JoinSide;
}

const aliases: Readonly<Record<JoinSide, string>> = { left: '"l"', right: '"r"' };

class Query<Row, Columns, Indexed> implements TableQuery<Row, Columns, Indexed> {
  readonly #table: QueriedTable<Row>;
  readonly #conditions: readonly QueryCondition[];
  readonly #join: Join | undefined;

  constructor(table: QueriedTable<Row>, conditions: readonly QueryCondition[], join: Join | undefined) {
    this.#table = table;
    this.#conditions = conditions;
    this.#join = join;
  }

  get table(): string {
    return this.#table.name;
  }

  readonly decodeRow = (bytes: Uint8Array): Row =>
    decode(this.#table.codec, bytes, `a row of table ${this.#table.name}`);

  where(predicate: QueryPredicate<Columns>): Query<Row, Columns, Indexed> {
    const columns = eachColumn(this.#table, (column) => new ColumnExpression(this.#table, column));
    const condition = predicate(columns as QueryColumns<Columns>, { sender: querySender });
    // Throws for one that was made for another table.
    ConditionExpression.textOf(condition, this.#table, '');
    return new Query(this.#table, [...this.#conditions, condition], this.#join);
  }

  leftSemijoin<OtherRow, OtherColumns, OtherIndexed>(
    other: JoinableQuery<OtherRow, OtherColumns, OtherIndexed>,
    on: JoinOn<Indexed, OtherIndexed>,
  ): RowsQuery<Row, Columns> {
    return this.#joined(queryOf(other), on, 'left');
  }

  rightSemijoin<OtherRow, OtherColumns, OtherIndexed>(
    other: JoinableQuery<OtherRow, OtherColumns, OtherIndexed>,
    on: JoinOn<Indexed, OtherIndexed>,
  ): RowsQuery<OtherRow, OtherColumns> {
    return queryOf(other).#joined(this, (right, left) => on(left, right), 'right');
  }

  /** The rows of this table, which is on the side `returned`, for which there is one in `other`. */
  #joined<OtherRow, OtherColumns, OtherIndexed>(
    other: Query<OtherRow, OtherColumns, OtherIndexed>,
    on: (own: never, other: never) => QueryJoin,
    returned: JoinSide,
  ): RowsQuery<Row, Columns> {
    if (this.#join !== undefined || other.#join !== undefined) {
      throw new TypeError('a query can name two tables at most: a semijoin cannot be joined again');
    }
    const otherSide = returned === 'left' ? 'right' : 'left';
    return new Query<Row, Columns, object>(this.#table, this.#conditions, {
      other: other.#table,
      otherConditions: other.#conditions,
      on: on(joinColumns(this.#table, returned) as never, joinColumns(other.#table, otherSide) as never),
      returned,
    });
  }

  toSql(): string {
    const join = this.#join;
    if (join === undefined) return `SELECT * FROM ${quotedName(this.table)}${whereText(this.#texts(''))}`;
    const { other, otherConditions, on, returned } = join;
    const alias = aliases[returned];
    const otherAlias = aliases[returned === 'left' ? 'right' : 'left'];
    const [left, right] = returned === 'left' ? [this.#table, other] : [other, this.#table];
    const conditions = [
      ...this.#texts(`${alias}.`),
      ...otherConditions.map((condition) => ConditionExpression.textOf(condition, other, `${otherAlias}.`)),
    ];
    const tables = `${quotedName(left.name)} AS ${aliases.left} JOIN ${quotedName(right.name)} AS ${aliases.right}`;
    return `SELECT ${alias}.* FROM ${tables} ON ${on.sql}${whereText(conditions)}`;
  }

  #texts(qualifier: string): string[] {
    return this.#conditions.map((condition) => ConditionExpression.textOf(condition, this.#table, qualifier));
  }
}

function queryOf<Row, Columns, Indexed>(query: JoinableQuery<Row, Columns, Indexed>): Query<Row, Columns, Indexed> {
  if (query instanceof Query) return query;
  throw new TypeError('a table can be joined with another table of generated code only');
}

function joinColumns(table: NamedColumns, side: JoinSide): object {
  return eachColumn(table, ({ name }) => new JoinExpression(`${aliases[side]}.${quotedName(name)}`));
}

class JoinExpression implements JoinColumn<ComparableKind, JoinSide> {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  eq(other: JoinColumn<ComparableKind, never>): QueryJoin {
    if (!(other instanceof JoinExpression)) throw new TypeError('tables are joined by a column of each');
    return { sql: `${this.#text} = ${other.#text}` };
  }
}

/** An object with what `make` makes of each column, by property. */
function eachColumn(table: NamedColumns, make: (column: ColumnOfTable) => unknown): object {
  const columns = Object.entries<ColumnOfTable>({ ...table.columns });
  return Object.fromEntries(columns.map(([property, column]) => [property, make(column)]));
}

function whereText(conditions: readonly string[]): string {
  const [only = '', ...others] = conditions;
  if (others.length === 0) return only === '' ? '' : ` WHERE ${only}`;
  return ` WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`;
}
