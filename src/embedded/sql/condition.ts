import { type ColumnValue } from '../relation.ts';
import { comparisonOf } from './compare.ts';
import { type ComparisonOperator } from './scalar.ts';
import { type ValueKind } from './value-type.ts';

/** An expression whose names and types are settled. Rows of a condition come from the tables of FROM, counted from 0. */
export type Condition =
  | { readonly kind: 'value'; readonly value: ColumnValue }
  | ColumnReference
  | ComparisonCondition
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] };

export interface ColumnReference {
  readonly kind: 'column';
  readonly table: number;
  readonly column: number;
}

export interface ComparisonCondition {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: Condition;
  readonly right: Condition;
  /** What is compared: decides the order. */
  readonly valueKind: ValueKind;
}

/** `table.column = value`: what every row of a result fulfils. */
export interface Equality {
  readonly column: number;
  readonly value: ColumnValue;
}

/** The conditions that all have to hold for `condition` to hold. */
export function conjunctsOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.parts.flatMap(conjunctsOf) : [condition];
}

/** The tables that a condition looks at. */
export function tablesOf(condition: Condition, tables: Set<number> = new Set()): ReadonlySet<number> {
  switch (condition.kind) {
    case 'column':
      tables.add(condition.table);
      break;
    case 'comparison':
      tablesOf(condition.left, tables);
      tablesOf(condition.right, tables);
      break;
    case 'and':
    case 'or':
      for (const part of condition.parts) tablesOf(part, tables);
      break;
    case 'value':
      break;
  }
  return tables;
}

/** The equality that a condition is, if it is one: `column = value` either way round, or a boolean column alone. */
export function equalityOf(condition: Condition): Equality | undefined {
  if (condition.kind === 'column') return { column: condition.column, value: true };
  if (condition.kind !== 'comparison' || condition.operator !== '=') return undefined;
  const { left, right } = condition;
  if (left.kind === 'column' && right.kind === 'value') return { column: left.column, value: right.value };
  if (left.kind === 'value' && right.kind === 'column') return { column: right.column, value: left.value };
  return undefined;
}

/** Makes a function of a condition. `column` says how to read a column from what the function gets. */
export function compileCondition<Rows>(
  condition: Condition,
  column: (reference: ColumnReference) => (rows: Rows) => ColumnValue,
): (rows: Rows) => boolean {
  const evaluate = compile(condition, column);
  return (rows) => evaluate(rows) === true;
}

function compile<Rows>(
  condition: Condition,
  column: (reference: ColumnReference) => (rows: Rows) => ColumnValue,
): (rows: Rows) => ColumnValue {
  switch (condition.kind) {
    case 'value': {
      const { value } = condition;
      return () => value;
    }
    case 'column':
      return column(condition);
    case 'comparison':
      return compileComparison(condition, compile(condition.left, column), compile(condition.right, column));
    case 'and': {
      const parts = condition.parts.map((part) => compileCondition(part, column));
      return (rows) => parts.every((part) => part(rows));
    }
    case 'or': {
      const parts = condition.parts.map((part) => compileCondition(part, column));
      return (rows) => parts.some((part) => part(rows));
    }
  }
}

function compileComparison<Rows>(
  { operator, valueKind }: ComparisonCondition,
  left: (rows: Rows) => ColumnValue,
  right: (rows: Rows) => ColumnValue,
): (rows: Rows) => boolean {
  const compare = comparisonOf(valueKind);
  switch (operator) {
    case '=':
      return (rows) => compare(left(rows), right(rows)) === 0;
    case '<>':
      return (rows) => compare(left(rows), right(rows)) !== 0;
    case '<':
      return (rows) => compare(left(rows), right(rows)) < 0;
    case '<=':
      return (rows) => compare(left(rows), right(rows)) <= 0;
    case '>':
      return (rows) => compare(left(rows), right(rows)) > 0;
    case '>=':
      return (rows) => compare(left(rows), right(rows)) >= 0;
  }
}
