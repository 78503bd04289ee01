import {
  type AlgebraicType,
  fixedSizeOf,
  type NamedType,
  resolveRef,
  type Typespace,
} from '../../bsatn/algebraic-type.ts';
import { type SequenceModel, type TableModel } from '../../module-def/model.ts';
import { type TableImage } from '../database-image.ts';
import { type ColumnValue, type Relation, type RelationSchema } from '../relation.ts';
import { relationColumns } from '../source-names.ts';
import { bytesOfComparable } from './comparable.ts';
import { type Row, RowLayout } from './row.ts';
import { sameValue } from './same-value.ts';
import { Sequence } from './sequence.ts';
import { TableIndex } from './table-index.ts';

/** The rows of a table and their indexes. Only a `Transaction` changes them. */
export class Table implements Relation {
  readonly id: number;
  readonly model: TableModel;
  readonly schema: RelationSchema;
  readonly layout: RowLayout;
  readonly indexes: readonly TableIndex[];
  readonly sequences: readonly Sequence[];
  readonly #rows = new Map<string, Row>();
  readonly #indexByColumn = new Map<number, TableIndex>();

  /** `nextIndexId` numbers the indexes, over all tables of the database. */
  constructor(id: number, model: TableModel, schema: RelationSchema, nextIndexId: () => number) {
    const { typespace } = schema;
    this.id = id;
    this.model = model;
    this.schema = schema;
    this.layout = new RowLayout(model.columns, typespace);
    this.indexes = model.indexes.map(
      (index) => new TableIndex(nextIndexId(), index, isUnique(model, index.columns), this.layout),
    );
    this.sequences = model.sequences
      .map((sequence) => sequenceOf(sequence, model, typespace))
      .sort((left, right) => left.column - right.column);
    for (const index of this.indexes) {
      const [column] = index.columns;
      if (index.columns.length === 1 && column !== undefined) this.#indexByColumn.set(column, index);
    }
  }

  get name(): string {
    return this.model.name.canonical;
  }

  get size(): number {
    return this.#rows.size;
  }

  rows(): Iterable<Row> {
    return this.#rows.values();
  }

  rowsWhere(column: number, value: ColumnValue): Iterable<Row> {
    const index = this.#indexByColumn.get(column);
    const comparable = this.layout.comparable(column);
    if (index === undefined || comparable === undefined) {
      return [...this.#rows.values()].filter((row) => sameValue(row.value(column), value));
    }
    const bytes = bytesOfComparable(comparable, value);
    return bytes === undefined ? [] : index.at(index.pointKey(bytes));
  }

  /** What is kept of the table. The rows are read when they are asked for. */
  image(): TableImage {
    const sequences = new Map(this.sequences.map(({ column, next }) => [column, next]));
    return { rows: bytesOf(this.#rows.values()), sequences };
  }

  /** Takes the place of a table that was kept. Throws a `DecodeError` for a row that is none of this table. */
  restore({ rows, sequences }: TableImage): void {
    for (const bytes of rows) this.add(this.layout.read(bytes));
    for (const sequence of this.sequences) {
      const next = sequences.get(sequence.column);
      if (next !== undefined) sequence.resume(next);
    }
  }

  /** The stored row with the same bytes. */
  same(row: { readonly key: string }): Row | undefined {
    return this.#rows.get(row.key);
  }

  add(row: Row): void {
    this.#rows.set(row.key, row);
    for (const index of this.indexes) index.add(row);
  }

  /** `row` must be one of this table's own row objects. */
  remove(row: Row): void {
    this.#rows.delete(row.key);
    for (const index of this.indexes) index.remove(row);
  }
}

function* bytesOf(rows: Iterable<Row>): Generator<Uint8Array> {
  for (const { bytes } of rows) yield bytes;
}

/** What SQL has to know of a table; `source` is its columns by the names of the module's source, where they are known. */
export function schemaOf(
  model: TableModel,
  typespace: Typespace,
  source: readonly NamedType[] | undefined,
): RelationSchema {
  return {
    name: model.name.canonical,
    alias: model.name.source,
    columns: relationColumns(model.columns, source),
    indexes: model.indexes.map((index) => index.columns),
    isPublic: model.isPublic,
    isEvent: model.isEvent,
    typespace,
  };
}

function isUnique(model: TableModel, columns: readonly number[]): boolean {
  return model.uniqueConstraints.some(
    (constraint) => constraint.length === columns.length && constraint.every((column) => columns.includes(column)),
  );
}

function sequenceOf(sequence: SequenceModel, model: TableModel, typespace: Typespace): Sequence {
  const column = model.columns[sequence.column];
  const type: AlgebraicType | undefined = column === undefined ? undefined : resolveRef(column.type, typespace);
  const size = type === undefined ? undefined : fixedSizeOf(type, typespace);
  if (type === undefined || size === undefined || !/^[IU]\d+$/.test(type.tag)) {
    throw new RangeError(`table ${model.name.canonical}: the auto-increment column ${sequence.column} is no integer`);
  }
  return new Sequence(sequence, size, type.tag.startsWith('I'));
}
