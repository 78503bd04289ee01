import { type ReadonlySignal } from '@preact/signals-core';
import { type IndexDefinition, type KeyValue, type UniqueIndexDefinition } from './definition.ts';
import {
  type HashIndex,
  type IndexQuery,
  type OrderedIndex,
  type PlainTable,
  type UniqueIndex,
  type UniqueOrderedIndex,
} from './handles.ts';
import { HashBuckets } from './index/hash-buckets.ts';
import { type ColumnQuery, exactQuery, type KeyAt, queryOf } from './index/column-query.ts';
import { columnOrder } from './index/sorted-buckets.ts';
import { storedTableOf } from './table-handles.ts';
import { TableIndex } from './index/table-index.ts';

/** What a hash index over `Columns` is asked with: the value of the only column, or a tuple with the values of all. */
export type HashKey<Columns extends readonly KeyValue[]> = Columns extends readonly [infer Only] ? Only : Columns;

/** An index with at most one row per key, that answers exact keys. */
export function createUniqueIndex<Row, Key>(
  table: PlainTable<Row>,
  definition: UniqueIndexDefinition<Row, Key>,
): UniqueIndex<Row, Key> {
  const index = hashIndex(table, definition);
  return uniqueAccess(index, definition);
}

/** An index that answers exact keys. */
export function createHashIndex<Row, Columns extends readonly KeyValue[]>(
  table: PlainTable<Row>,
  definition: IndexDefinition<Row, Columns>,
): HashIndex<Row, HashKey<Columns>> {
  return rowsAccess(hashIndex(table, definition));
}

/**
 * An index over several columns that answers exact keys, prefixes and ranges, in the order of its columns: numbers by value, strings by code point, `false`
 * before `true`, special types by the number inside, sums without payload by the name of their tag.
 */
export function createOrderedIndex<Row, Columns extends readonly KeyValue[]>(
  table: PlainTable<Row>,
  definition: IndexDefinition<Row, Columns>,
): OrderedIndex<Row, Columns> {
  return rowsAccess<Row, IndexQuery<Columns>>(sortedIndex(table, definition));
}

/** A unique index that is ordered too; see {@link createOrderedIndex}. */
export function createUniqueOrderedIndex<Row, Key, Columns extends readonly KeyValue[]>(
  table: PlainTable<Row>,
  definition: UniqueIndexDefinition<Row, Key, Columns>,
): UniqueOrderedIndex<Row, Key, Columns> {
  const index = sortedIndex(table, definition);
  return { ...uniqueAccess(index, definition), ...rowsAccess<Row, IndexQuery<Columns>>(index) };
}

/** An ordered index over one column, see {@link createOrderedIndex}. It is put in order when it is first asked for a range, which brings along what does that. */
export function createOrderedColumn<Row, Columns extends readonly [KeyValue]>(
  table: PlainTable<Row>,
  definition: IndexDefinition<Row, Columns>,
): OrderedIndex<Row, Columns> {
  return rowsAccess<Row, IndexQuery<Columns>>(hashIndex(table, definition));
}

/** A unique index over one column that is ordered too; see {@link createOrderedColumn}. */
export function createUniqueOrderedColumn<Row, Key, Columns extends readonly [KeyValue]>(
  table: PlainTable<Row>,
  definition: UniqueIndexDefinition<Row, Key, Columns>,
): UniqueOrderedIndex<Row, Key, Columns> {
  const index = hashIndex(table, definition);
  return { ...uniqueAccess(index, definition), ...rowsAccess<Row, IndexQuery<Columns>>(index) };
}

/** What all definitions of indexes have in common. */
type IndexedColumns<Row> = IndexDefinition<Row, readonly KeyValue[]>;

function hashIndex<Row>(table: PlainTable<Row>, { columnsOf }: IndexedColumns<Row>): TableIndex<Row> {
  return new TableIndex(storedTableOf(table), columnsOf, () => new HashBuckets());
}

function sortedIndex<Row>(table: PlainTable<Row>, { columnsOf }: IndexedColumns<Row>): TableIndex<Row> {
  return new TableIndex(storedTableOf(table), columnsOf, columnOrder.newBuckets);
}

function uniqueAccess<Row, Key>(
  index: TableIndex<Row>,
  { columnsOfKey }: UniqueIndexDefinition<Row, Key>,
): UniqueIndex<Row, Key> {
  // A key that is not known yet has no row.
  const keyAt: KeyAt = (value, column) => (value === undefined ? (value as never) : index.keyAt(value, column));
  const checked = (key: Key): ColumnQuery => queryOf(columnsOfKey(key), keyAt);
  return {
    row: (key) => index.rowSignals.signal(checked(key)),
    // Checked only where nothing is found, so that it costs nothing where something is.
    find: (key) => index.find(exactQuery(columnsOfKey(key))) ?? index.find(checked(key)),
  };
}

function rowsAccess<Row, Query>(index: TableIndex<Row>): HashIndex<Row, Query> {
  const rows = (query: Query): ReadonlySignal<readonly Row[]> => index.rowsSignals.signal(queryOf(query, index.keyAt));
  return { rows, filter: (query) => index.filter(queryOf(query, index.keyAt)) };
}
