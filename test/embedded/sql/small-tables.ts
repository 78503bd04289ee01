import { type AlgebraicType } from '../../../src/bsatn/algebraic-type.ts';
import { bytesToKey } from '../../../src/bsatn/bytes.ts';
import { codecOf } from '../../../src/bsatn/composed-codec.ts';
import { encode } from '../../../src/bsatn/codec.ts';
import {
  type ColumnValue,
  type Relation,
  type RelationDelta,
  type RelationSchema,
  type StoredRow,
} from '../../../src/embedded/relation.ts';

/** The values of a row, in the form of comparisons. */
export type RowValues = readonly ColumnValue[];

/** The columns of every small table. */
export type ColumnLabel = 'id' | 'room' | 'big' | 'ratio' | 'name' | 'bytes' | 'flag';

const columnTypes: Readonly<Record<ColumnLabel, AlgebraicType>> = {
  id: { tag: 'U32' },
  room: { tag: 'U32' },
  big: { tag: 'I64' },
  ratio: { tag: 'F64' },
  name: { tag: 'String' },
  bytes: { tag: 'Array', element: { tag: 'U8' } },
  flag: { tag: 'Bool' },
};

export const columnLabels: readonly ColumnLabel[] = ['id', 'room', 'big', 'ratio', 'name', 'bytes', 'flag'];

const rowType: AlgebraicType = {
  tag: 'Product',
  elements: columnLabels.map((name) => ({ name, type: columnTypes[name] })),
};
const rowCodec = codecOf(rowType);

/** A table of the columns above with an index on each of `indexed`. */
export function smallTable(
  name: string,
  indexed: readonly ColumnLabel[],
  options: { readonly isEvent?: boolean } = {},
): RelationSchema {
  return {
    name,
    alias: name,
    columns: columnLabels.map((label) => ({ name: label, type: columnTypes[label] })),
    indexes: indexed.map((label) => [columnLabels.indexOf(label)]),
    isPublic: true,
    isEvent: options.isEvent ?? false,
    typespace: [],
  };
}

export function storedRow(values: RowValues): StoredRow {
  const row = Object.fromEntries(columnLabels.map((label, index) => [label, fieldOf(label, values[index])]));
  const bytes = encode(rowCodec, row);
  return { bytes, key: bytesToKey(bytes), value: (column) => values[column] };
}

function fieldOf(label: ColumnLabel, value: ColumnValue): unknown {
  if (label !== 'bytes') return value;
  return Uint8Array.from(typeof value === 'string' ? value : '', (character) => character.charCodeAt(0));
}

/** A table in memory that counts how many rows it was made to look at. */
export class MemoryRelation implements Relation {
  readonly schema: RelationSchema;
  readonly #rows: ReadonlyMap<string, StoredRow>;
  /** How many rows it handed out or compared without an index. */
  looked = 0;

  /** Equal rows are one. */
  constructor(schema: RelationSchema, rows: readonly StoredRow[]) {
    this.schema = schema;
    this.#rows = new Map(rows.map((row) => [row.key, row]));
  }

  get size(): number {
    return this.#rows.size;
  }

  *rows(): Iterable<StoredRow> {
    for (const row of this.#rows.values()) {
      this.looked++;
      yield row;
    }
  }

  *rowsWhere(column: number, value: ColumnValue): Iterable<StoredRow> {
    const isIndexed = this.schema.indexes.some((columns) => columns.length === 1 && columns[0] === column);
    for (const row of this.#rows.values()) {
      // As in a map: NaN equals itself and the zeros are equal.
      const isMatch = row.value(column) === value || Object.is(row.value(column), value);
      if (isMatch || !isIndexed) this.looked++;
      if (isMatch) yield row;
    }
  }

  /** This table after a transaction, and what the transaction changed. */
  change(
    deleted: readonly StoredRow[],
    inserted: readonly StoredRow[],
  ): { after: MemoryRelation; delta: RelationDelta } {
    const rows = new Map(this.#rows);
    for (const row of deleted) rows.delete(row.key);
    for (const row of inserted) rows.set(row.key, row);
    const after = new MemoryRelation(this.schema, [...rows.values()]);
    const delta = {
      inserted: [...rows.values()].filter(({ key }) => !this.#rows.has(key)),
      deleted: [...this.#rows.values()].filter(({ key }) => !rows.has(key)),
    };
    return { after, delta };
  }
}

/** Rows as a bag: how often each key occurs. */
export function bagOf(rows: Iterable<StoredRow>): ReadonlyMap<string, number> {
  const bag = new Map<string, number>();
  for (const { key } of rows) bag.set(key, (bag.get(key) ?? 0) + 1);
  return bag;
}
