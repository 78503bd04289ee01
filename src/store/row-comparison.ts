import { equalBytes } from '../bsatn/bytes.ts';
import { type Codec, encode } from '../bsatn/codec.ts';
import { type ColumnDefinitions, type TableDefinition } from './definition.ts';
import { isAlike } from './is-alike.ts';

/** Whether two rows have the same encoding. */
export type RowComparison<Row> = (left: Row, right: Row) => boolean;

/** Makes the comparison for the rows of a table. Rows that differ only in the payload of a NaN are the same. */
export function rowComparison<Row>({ columns }: TableDefinition<Row>): RowComparison<Row> {
  const comparisons = keysOf(columns).map((property) => columnComparison(columns, property));
  return (left, right) => {
    if (left === right) return true;
    // What needs no encoding comes first: most rows that differ do so in a plain column.
    for (const { differsPlainly } of comparisons) if (differsPlainly(left, right)) return false;
    for (const { isSame } of comparisons) if (!isSame(left, right)) return false;
    return true;
  };
}

/** The columns of `newRow` whose bytes are not those of `oldRow`, by property; `undefined` when there are none. */
export function differingColumns<Row>(
  { columns }: TableDefinition<Row>,
  oldRow: Row,
  newRow: Row,
): Partial<Row> | undefined {
  const properties = keysOf(columns).filter(
    (property) => !sameValue(columns[property].codec, oldRow[property], newRow[property]),
  );
  if (properties.length === 0) return undefined;
  const differing: Partial<Row> = {};
  for (const property of properties) differing[property] = newRow[property];
  return differing;
}

/** Whether two values of a column have the same encoding. */
function sameValue<Value>(codec: Codec<Value>, left: Value, right: Value): boolean {
  if (isAlike(left, right)) return true;
  return !differPlainly(left, right) && equalBytes(encode(codec, left), encode(codec, right));
}

function columnComparison<Row>(
  columns: ColumnDefinitions<Row>,
  property: keyof Row & string,
): { readonly differsPlainly: RowComparison<Row>; readonly isSame: RowComparison<Row> } {
  const { codec } = columns[property];
  return {
    differsPlainly: (left, right) => differPlainly(left[property], right[property]),
    isSame: (left, right) => sameValue(codec, left[property], right[property]),
  };
}

/** Whether the values differ, and at least one of them is a primitive, so that no encoding has to tell. */
function differPlainly(left: unknown, right: unknown): boolean {
  return (isPlain(left) || isPlain(right)) && !Object.is(left, right);
}

/** An absent option may be `null` as well as `undefined`, so neither tells anything by itself. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' && value !== undefined;
}

function keysOf<Row>(columns: ColumnDefinitions<Row>): (keyof Row & string)[] {
  // The properties of the columns are those of the row, which `Object.keys` cannot know.
  return Object.keys(columns) as (keyof Row & string)[];
}
