import * as fc from 'fast-check';
import { type ColumnValue, type StoredRow } from '../../../src/embedded/relation.ts';
import { type ColumnLabel, columnLabels, type RowValues, storedRow } from './small-tables.ts';

/** A condition as SQL, and what it means: a second, naive implementation. */
export interface NaiveCondition {
  readonly sql: string;
  /** Gets the rows of the tables by their alias. */
  readonly holds: (rows: ReadonlyMap<string, StoredRow>) => boolean;
}

type Kind = 'integer' | 'float' | 'text' | 'bytes' | 'flag';

const kinds: Readonly<Record<ColumnLabel, Kind>> = {
  id: 'integer',
  room: 'integer',
  big: 'integer',
  ratio: 'float',
  name: 'text',
  bytes: 'bytes',
  flag: 'flag',
};

/** Few values, so that rows meet; among them those that are easily compared wrongly. */
const values: Readonly<Record<ColumnLabel, fc.Arbitrary<ColumnValue>>> = {
  id: fc.integer({ min: 0, max: 5 }),
  room: fc.integer({ min: 0, max: 3 }),
  big: fc.constantFrom(-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n),
  ratio: fc.constantFrom(Number.NaN, -1.5, -0, 0, 2, Number.POSITIVE_INFINITY),
  name: fc.constantFrom('', 'a', 'b', '\uffff', '\u{1f600}', "it's"),
  bytes: fc.constantFrom('', '\u0000', '\u007f', '\u00ff', '\u00ff\u0001'),
  flag: fc.boolean(),
};

export const arbitraryRow: fc.Arbitrary<StoredRow> = fc
  .tuple(...columnLabels.map((label) => values[label]))
  .map((row: RowValues) => storedRow(row));

export const arbitraryRows: fc.Arbitrary<readonly StoredRow[]> = fc.array(arbitraryRow, { maxLength: 12 });

/** A condition on the columns of tables that go by these aliases. */
export function arbitraryCondition(aliases: readonly string[]): fc.Arbitrary<NaiveCondition> {
  const { condition } = fc.letrec<{ condition: NaiveCondition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: comparison(aliases) },
      { weight: 1, arbitrary: flagColumn(aliases) },
      { weight: 1, arbitrary: fc.boolean().map(constant) },
      { weight: 3, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => and(left, right)) },
      { weight: 1, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => or(left, right)) },
    ),
  }));
  return condition;
}

const operators = ['=', '=', '<>', '!=', '<', '<=', '>', '>='] as const;

function comparison(aliases: readonly string[]): fc.Arbitrary<NaiveCondition> {
  const operator = fc.constantFrom(...operators);
  const column = fc.tuple(fc.constantFrom(...aliases), fc.constantFrom(...columnLabels));
  return column.chain(([alias, label]) => {
    const literal = values[label].filter((value) => !Number.isNaN(value) && value !== Number.POSITIVE_INFINITY);
    const same = columnLabels.filter((other) => other === label || (label === 'id' && other === 'room'));
    const other = fc.tuple(fc.constantFrom(...aliases), fc.constantFrom(...same));
    return fc.oneof(
      fc.tuple(operator, literal).map(([operator, value]) => columnAndValue(alias, label, operator, value)),
      fc.tuple(operator, literal).map(([operator, value]) => valueAndColumn(alias, label, operator, value)),
      fc.tuple(operator, other).map(([operator, right]) => columnAndColumn([alias, label], operator, right)),
    );
  });
}

function columnAndValue(alias: string, label: ColumnLabel, operator: string, value: ColumnValue): NaiveCondition {
  return {
    sql: `${alias}.${label} ${operator} ${literalOf(value, label)}`,
    holds: (rows) => compares(operator, orderOf(kinds[label], valueOf(rows, alias, label), value)),
  };
}

function valueAndColumn(alias: string, label: ColumnLabel, operator: string, value: ColumnValue): NaiveCondition {
  return {
    sql: `${literalOf(value, label)} ${operator} ${alias}.${label}`,
    holds: (rows) => compares(operator, orderOf(kinds[label], value, valueOf(rows, alias, label))),
  };
}

type Column = readonly [alias: string, label: ColumnLabel];

function columnAndColumn(left: Column, operator: string, right: Column): NaiveCondition {
  return {
    sql: `${left.join('.')} ${operator} ${right.join('.')}`,
    holds: (rows) => compares(operator, orderOf(kinds[left[1]], valueOf(rows, ...left), valueOf(rows, ...right))),
  };
}

function flagColumn(aliases: readonly string[]): fc.Arbitrary<NaiveCondition> {
  return fc.constantFrom(...aliases).map((alias) => ({
    sql: `${alias}.flag`,
    holds: (rows) => valueOf(rows, alias, 'flag') === true,
  }));
}

function constant(value: boolean): NaiveCondition {
  return { sql: value ? 'TRUE' : 'false', holds: () => value };
}

function and(left: NaiveCondition, right: NaiveCondition): NaiveCondition {
  return { sql: `(${left.sql}) AND (${right.sql})`, holds: (rows) => left.holds(rows) && right.holds(rows) };
}

function or(left: NaiveCondition, right: NaiveCondition): NaiveCondition {
  return { sql: `(${left.sql}) OR (${right.sql})`, holds: (rows) => left.holds(rows) || right.holds(rows) };
}

function valueOf(rows: ReadonlyMap<string, StoredRow>, alias: string, label: ColumnLabel): ColumnValue {
  return rows.get(alias)?.value(columnLabels.indexOf(label));
}

function literalOf(value: ColumnValue, label: ColumnLabel): string {
  if (label === 'bytes') return `0x${Buffer.from(String(value), 'latin1').toString('hex')}`;
  if (label === 'name') return `'${String(value).replaceAll("'", "''")}'`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function compares(operator: string, order: number): boolean {
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

/** How two values of a kind are ordered, in the plainest way. */
function orderOf(kind: Kind, left: ColumnValue, right: ColumnValue): number {
  switch (kind) {
    case 'text':
      return Buffer.compare(Buffer.from(String(left), 'utf8'), Buffer.from(String(right), 'utf8'));
    case 'bytes':
      return Buffer.compare(Buffer.from(String(left), 'latin1'), Buffer.from(String(right), 'latin1'));
    case 'float':
      return rankOfFloat(Number(left)) - rankOfFloat(Number(right));
    case 'integer': {
      const difference = BigInt(String(left)) - BigInt(String(right));
      return difference === 0n ? 0 : difference < 0n ? -1 : 1;
    }
    case 'flag':
      return Number(left) - Number(right);
  }
}

/** Where a float stands among those that occur here. */
function rankOfFloat(value: number): number {
  if (Number.isNaN(value)) return 1000;
  return value === Number.POSITIVE_INFINITY ? 999 : value;
}
