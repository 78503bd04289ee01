import { type ReadonlySignal, signal } from '@preact/signals-core';

/** Whose rows can be shown: a table or a view of a client. */
export interface RowsSource<Row> {
  /** The rows, as a signal. */
  readonly rows: ReadonlySignal<readonly Row[]>;
}

/** What answers a key with one row: a table with a primary key, a unique index. */
export interface RowByKey<Row, Key> {
  /** The row of the key, as a signal. */
  row(key: Key): ReadonlySignal<Row | undefined>;
}

/** What answers a key with rows: an index. Of an ordered one a key may be a range, or the first of several columns. */
export interface RowsByKey<Row, Key> {
  /** The rows of the key, as a signal. */
  rows(key: Key): ReadonlySignal<readonly Row[]>;
}

const noRow: ReadonlySignal<undefined> = /*@__PURE__*/ signal(undefined);
const noRows: ReadonlySignal<readonly never[]> = /*@__PURE__*/ signal([]);

/** The row of a key as a signal; of a key that is not known yet, none. */
export function rowSignal<Row, Key>(source: RowByKey<Row, Key>, key: Key | undefined): ReadonlySignal<Row | undefined> {
  return key === undefined ? noRow : source.row(key);
}

/** The rows of a table, or of a key of an index, as a signal; of a key that is not known yet, none. */
export function rowsSignal<Row, Key>(
  source: RowsSource<Row> | RowsByKey<Row, Key>,
  key: Key | undefined,
): ReadonlySignal<readonly Row[]> {
  if (typeof source.rows !== 'function') return source.rows;
  return key === undefined ? noRows : source.rows(key);
}
