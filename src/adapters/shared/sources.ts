import { type ReadonlySignal, signal } from '@preact/signals-core';
import { type RowByKey, type RowsByKey, type RowsSource } from './vocabulary.ts';

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
