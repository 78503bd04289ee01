import { bytesToKey } from '../bsatn/bytes.ts';
import { encode } from '../bsatn/codec.ts';
import { type KeyedTableDefinition, type KeyValue, type TableDefinition } from './definition.ts';
import { type MapKey, mapKeyOf } from './key.ts';
import { rowBytes, RowReader } from './row-reader.ts';
import { noRows, type RowBytes } from './step.ts';

/** The rows of a list, read, with what tells each from the others. */
export interface ReadRows<Row> {
  readonly list: RowBytes;
  readonly keys: readonly MapKey[];
  readonly rows: readonly Row[];
}

/** The keys of a list of deleted rows. */
export type ReadKeys = Omit<ReadRows<unknown>, 'rows'>;

/** What tells the rows of a table apart. `present` are the rows that the table has; both throw a `SchemaError` for a row that cannot be read. */
export interface RowKeys<Row> {
  readonly keyOf: (row: Row) => MapKey;
  readRows(list: RowBytes, present: ReadonlyMap<MapKey, Row>): ReadRows<Row>;
  readKeys(list: RowBytes, present: ReadonlyMap<MapKey, Row>): ReadKeys;
}

const nothing = { list: noRows, keys: [], rows: [] };

/** Rows are told apart by primary key. */
export function primaryKeys<Row, Key extends KeyValue>(definition: KeyedTableDefinition<Row, Key>): RowKeys<Row> {
  const keyOf = (row: Row): MapKey => mapKeyOf(definition.keyOf(row));
  const readRows = (list: RowBytes): ReadRows<Row> => {
    if (list.length === 0) return nothing;
    const keys: MapKey[] = [];
    const rows: Row[] = [];
    const reader = new RowReader(definition, list);
    for (let index = 0; index < list.length; index++) {
      const row = reader.read(index);
      rows.push(row);
      keys.push(keyOf(row));
    }
    return { list, keys, rows };
  };
  return { keyOf, readRows, readKeys: readRows };
}

/** Rows are told apart by all their bytes. What is present need not be read again, and keeps its object. */
export function wholeRowKeys<Row>(definition: TableDefinition<Row>): RowKeys<Row> {
  const readRows = (list: RowBytes, present: ReadonlyMap<MapKey, Row>): ReadRows<Row> => {
    if (list.length === 0) return nothing;
    const keys: MapKey[] = [];
    const rows: Row[] = [];
    const reader = new RowReader(definition, list);
    for (let index = 0; index < list.length; index++) {
      const key = bytesToKey(rowBytes(list, index));
      keys.push(key);
      rows.push(present.get(key) ?? reader.read(index));
    }
    return { list, keys, rows };
  };
  return { keyOf: (row) => bytesToKey(encode(definition.codec, row)), readRows, readKeys: readRows };
}
