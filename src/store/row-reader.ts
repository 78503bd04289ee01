import { type Codec } from '../bsatn/codec.ts';
import { BsatnReader } from '../bsatn/reader.ts';
import { SchemaError } from '../errors.ts';
import { type RowBytes } from './step.ts';

/** What has to be known of a table to read its rows. */
export interface ReadableTable<Row> {
  readonly name: string;
  readonly codec: Pick<Codec<Row>, 'read'>;
  /** As those of a `TableDefinition`. */
  readonly columns: object;
}

/** Reads single rows of a list. Every row is read to its end here, so that nothing can throw later on. */
export class RowReader<Row> {
  readonly #definition: ReadableTable<Row>;
  readonly #list: RowBytes;
  readonly #reader: BsatnReader;

  constructor(definition: ReadableTable<Row>, list: RowBytes) {
    this.#definition = definition;
    this.#list = list;
    this.#reader = new BsatnReader(list.data, `rows of table ${definition.name}`);
  }

  /** Row `index`. Throws a {@link SchemaError} that names table and column where the bytes are no row of this type. */
  read(index: number): Row {
    const reader = this.#reader;
    reader.offset = this.#list.start(index);
    let row: Row;
    try {
      row = this.#definition.codec.read(reader);
    } catch (cause) {
      throw misfit(this.#definition, rowBytes(this.#list, index), cause);
    }
    if (reader.offset !== this.#list.end(index)) throw misfit(this.#definition, rowBytes(this.#list, index), undefined);
    return row;
  }
}

/** All rows of a list. Throws a {@link SchemaError} that names table and column where the bytes are no row of this type. */
export function readRows<Row>(definition: ReadableTable<Row>, list: RowBytes): readonly Row[] {
  const reader = new RowReader(definition, list);
  return Array.from({ length: list.length }, (_, index) => reader.read(index));
}

/** The bytes of row `index`, as a view. */
export function rowBytes(list: RowBytes, index: number): Uint8Array {
  return list.data.subarray(list.start(index), list.end(index));
}

/** Whether row `leftIndex` of one list has the same bytes as row `rightIndex` of another. */
export function equalRowBytes(left: RowBytes, leftIndex: number, right: RowBytes, rightIndex: number): boolean {
  const start = left.start(leftIndex);
  const length = left.end(leftIndex) - start;
  return right.end(rightIndex) - right.start(rightIndex) === length && hasRowBytes(left.data, start, right, rightIndex);
}

/** Whether row `index` of a list has the same bytes as what begins at `start` in `data`. */
export function hasRowBytes(data: Uint8Array, start: number, list: RowBytes, index: number): boolean {
  const from = list.start(index);
  const end = list.end(index);
  const shift = start - from;
  for (let offset = from; offset < end; offset++) {
    if (list.data[offset] !== data[offset + shift]) return false;
  }
  return true;
}

/** The error for a row that cannot be read: reads it once more, column by column, to find the one that does not fit. */
export function misfit(definition: ReadableTable<unknown>, bytes: Uint8Array, cause: unknown): SchemaError {
  const reader = new BsatnReader(bytes, `a row of table ${definition.name}`);
  const columns: readonly { readonly name: string; readonly codec: Pick<Codec<unknown>, 'read'> }[] = Object.values(
    definition.columns,
  );
  for (const { name, codec } of columns) {
    try {
      codec.read(reader);
    } catch (columnCause) {
      return schemaError(definition.name, `its column ${name} cannot be read`, columnCause, name);
    }
  }
  const left = reader.remaining;
  return schemaError(definition.name, left > 0 ? `${left} bytes follow its last column` : 'it has another size', cause);
}

function schemaError(table: string, problem: string, cause: unknown, column?: string): SchemaError {
  const message = `a row of table ${table} does not fit the generated code: ${problem}; run \`generate\` and build again`;
  return new SchemaError(message, { table, cause, ...(column !== undefined && { column }) });
}
