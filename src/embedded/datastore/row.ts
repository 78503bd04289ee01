import { type NamedType, type Typespace } from '../../bsatn/algebraic-type.ts';
import { bytesToKey } from '../../bsatn/bytes.ts';
import { BsatnReader } from '../../bsatn/reader.ts';
import { type ColumnValue, type StoredRow } from '../relation.ts';
import { type Comparable, comparableOf } from './comparable.ts';
import { Cursor } from './cursor.ts';
import { LayoutFactory, type ValueLayout } from './value-layout.ts';

interface ColumnLayout {
  readonly layout: ValueLayout;
  readonly comparable: Comparable | undefined;
  /** Where the column begins when all columns before it have fixed sizes. */
  readonly fixedOffset: number | undefined;
}

/** How the rows of a table or view lie in BSATN. */
export class RowLayout {
  readonly #columns: readonly ColumnLayout[];

  /** Throws a `RangeError` for a type reference outside the typespace. */
  constructor(columns: readonly NamedType[], typespace: Typespace) {
    const factory = new LayoutFactory(typespace);
    let offset: number | undefined = 0;
    this.#columns = columns.map(({ type }) => {
      const layout = factory.layoutOf(type);
      const fixedOffset = offset;
      offset = offset === undefined || layout.fixedSize === undefined ? undefined : offset + layout.fixedSize;
      return { layout, comparable: comparableOf(type, typespace), fixedOffset };
    });
  }

  /** Moves past one row and checks it. Throws a `DecodeError`. */
  check(cursor: Cursor): void {
    for (const column of this.#columns) column.layout.check(cursor);
  }

  /** The row that `bytes` begin with, checked; bytes after it are left out. Throws a `DecodeError`. */
  read(bytes: Uint8Array): Row {
    return new Row(this, this.cut(bytes));
  }

  /** The bytes of the row that `bytes` begin with, as `read` has it. */
  cut(bytes: Uint8Array): Uint8Array {
    const cursor = new Cursor(bytes);
    this.check(cursor);
    return cursor.offset === bytes.length ? bytes : bytes.subarray(0, cursor.offset);
  }

  /** Rows one after the other, `u32` count first. Throws a `DecodeError`. */
  readList(bytes: Uint8Array): readonly Row[] {
    const cursor = new Cursor(bytes);
    const rows: Row[] = [];
    for (let left = cursor.u32(); left > 0; left--) {
      const start = cursor.offset;
      this.check(cursor);
      rows.push(new Row(this, bytes.slice(start, cursor.offset)));
    }
    return rows;
  }

  column(column: number): ValueLayout {
    return this.#at(column).layout;
  }

  comparable(column: number): Comparable | undefined {
    return this.#at(column).comparable;
  }

  /** Where a column of a good row begins. */
  offsetOf(bytes: Uint8Array, column: number): number {
    const { fixedOffset } = this.#at(column);
    if (fixedOffset !== undefined) return fixedOffset;
    const cursor = new Cursor(bytes);
    for (let index = 0; index < column; index++) this.#at(index).layout.skip(cursor);
    return cursor.offset;
  }

  #at(column: number): ColumnLayout {
    const layout = this.#columns[column];
    if (layout === undefined) throw new RangeError(`no column ${column}; there are ${this.#columns.length}`);
    return layout;
  }
}

/** A row in the store. */
export class Row implements StoredRow {
  readonly bytes: Uint8Array;
  readonly key: string;
  readonly #layout: RowLayout;
  #values: Map<number, ColumnValue> | undefined;

  /** `bytes` are one good row of `layout` and belong to the row from here on. */
  constructor(layout: RowLayout, bytes: Uint8Array) {
    this.#layout = layout;
    this.bytes = bytes;
    this.key = bytesToKey(bytes);
  }

  value(column: number): ColumnValue {
    const comparable = this.#layout.comparable(column);
    if (comparable === undefined) return undefined;
    this.#values ??= new Map();
    let value = this.#values.get(column);
    if (value === undefined) {
      const reader = new BsatnReader(this.bytes, 'row');
      reader.offset = this.#layout.offsetOf(this.bytes, column);
      value = comparable.read(reader);
      this.#values.set(column, value);
    }
    return value;
  }

  /** The values of `columns` as a string that compares as they do. */
  orderKey(columns: readonly number[]): string {
    let key = '';
    for (const column of columns) {
      const cursor = new Cursor(this.bytes, this.#layout.offsetOf(this.bytes, column));
      key += this.#layout.column(column).orderKey(cursor);
    }
    return key;
  }
}
