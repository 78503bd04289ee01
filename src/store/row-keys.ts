import { i32Codec, u32Codec } from '../bsatn/basic-codecs.ts';
import { bytesToKey } from '../bsatn/bytes.ts';
import { encode, type ValueReader } from '../bsatn/codec.ts';
import { type BsatnReader } from '../bsatn/reader.ts';
import { type KeyedTableDefinition, type KeyValue, type TableDefinition } from './definition.ts';
import { IntegerSlots } from './integer-slots.ts';
import { checkedKeyOf, type MapKey, mapKeyOf, sampleOf } from './key.ts';
import { ListedRows } from './listed-rows.ts';
import { columnReader, type RowLayout } from './row-layout.ts';
import { rowBytes } from './row-reader.ts';
import { mapSlots, type NewSlots } from './slot-index.ts';
import { noRows, type RowBytes } from './step.ts';

/** What tells the rows of a table apart. */
export interface RowKeys<Row> {
  /** Whether all of a row is its key, so that two rows of one key are the same. */
  readonly areWholeRows: boolean;
  readonly keyOf: (row: Row) => MapKey;
  /** Throws a `TypeError` for a key that no row could have: for callers without a compiler, who ask for 7 where keys are `bigint`. */
  readonly check: (key: KeyValue) => void;
  /** Checks the rows of a list, and reads their keys. Throws a `SchemaError` for a row that cannot be read. */
  readonly list: (rows: RowBytes) => ListedRows<Row>;
  /** How it is kept which key has which row. */
  readonly newSlots: NewSlots;
}

/** Rows are told apart by primary key. */
export function primaryKeys<Row, Key extends KeyValue>(
  definition: KeyedTableDefinition<Row, Key>,
  layout: RowLayout<Row>,
): RowKeys<Row> {
  const { keyColumn, keyOf } = definition;
  const keyCodec = definition.columns[keyColumn].codec as ValueReader<Key>;
  const readKey = columnReader(definition.columns, keyColumn, keyCodec);
  return {
    areWholeRows: false,
    keyOf: (row) => mapKeyOf(keyOf(row)),
    check: keyCheck(definition),
    list: listing(definition, layout, (list, index, reader) => mapKeyOf(readKey(reader, list.start(index)))),
    newSlots: slotsBy(keyCodec),
  };
}

/** Rows are told apart by all their bytes. */
export function wholeRowKeys<Row>(definition: TableDefinition<Row>, layout: RowLayout<Row>): RowKeys<Row> {
  return {
    areWholeRows: true,
    keyOf: (row) => bytesToKey(encode(definition.codec, row)),
    check: () => undefined,
    list: listing(definition, layout, (list, index) => bytesToKey(rowBytes(list, index))),
    newSlots: mapSlots,
  };
}

/** A key that is not known yet has no row, and neither has a number outside its type. */
function keyCheck<Row, Key extends KeyValue>({
  name,
  columns,
  keyColumn,
}: KeyedTableDefinition<Row, Key>): (key: KeyValue) => void {
  let sample: KeyValue | undefined;
  return (key) => {
    if (typeof key !== 'undefined') checkedKeyOf(key, (sample ??= sampleOf(columns[keyColumn])), `table ${name}`);
  };
}

/** Keys of 16 bits are too few to gain much. */
function slotsBy(codec: unknown): NewSlots {
  if (codec === i32Codec) return (keys) => new IntegerSlots(Int32Array, keys);
  return codec === u32Codec ? (keys) => new IntegerSlots(Uint32Array, keys) : mapSlots;
}

function listing<Row>(
  definition: TableDefinition<Row>,
  layout: RowLayout<Row>,
  keyAt: (list: RowBytes, index: number, reader: BsatnReader) => MapKey,
): (list: RowBytes) => ListedRows<Row> {
  const empty = new ListedRows(definition.codec, noRows, [], layout.readerOf(noRows.data));
  return (list) => {
    const { length } = list;
    if (length === 0) return empty;
    const reader = list.reader ?? layout.readerOf(list.data);
    layout.check(list, reader);
    // An array of one that is not pushed to has no room for 16 more.
    const keys: MapKey[] = [keyAt(list, 0, reader)];
    for (let index = 1; index < length; index++) keys.push(keyAt(list, index, reader));
    return new ListedRows(definition.codec, list, keys, reader);
  };
}
