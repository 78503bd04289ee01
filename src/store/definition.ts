import { type Codec } from '../bsatn/codec.ts';
import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { type TimeDuration } from '../bsatn/special/time-duration.ts';
import { type Timestamp } from '../bsatn/special/timestamp.ts';
import { type Uuid } from '../bsatn/special/uuid.ts';

/** What a key or index column can hold; of a sum only one without payloads. */
export type KeyValue =
  | number
  | bigint
  | string
  | boolean
  | Identity
  | ConnectionId
  | Timestamp
  | TimeDuration
  | Uuid
  | { readonly tag: string };

/** One column: its name on the wire, and how its values are encoded. */
export interface ColumnDefinition<Value> {
  /** The name on the wire. */
  readonly name: string;
  /** How a value is read and written. */
  readonly codec: Codec<Value>;
}

/** The columns of a row type by property, in the order of the wire: rows are passed over by them. So no property looks like an index, which objects put first. */
export type ColumnDefinitions<Row> = { readonly [Property in keyof Row & string]: ColumnDefinition<Row[Property]> };

/** What generated code says about a table or view without a primary key. */
export interface TableDefinition<Row> {
  /** The name on the wire, which is also the name in SQL. */
  readonly name: string;
  /**
   * A hash of what a row is: of the columns in their order with their types, of the primary key, and of whether it is an event table. Rows that were stored
   * under another hash cannot be read. Definitions that nobody generated have none.
   */
  readonly shape?: string;
  /** How a row is read and written. */
  readonly codec: Codec<Row>;
  /** The columns, by their names in TypeScript. */
  readonly columns: ColumnDefinitions<Row>;
  /** Whether it is a view: `SELECT * FROM *` leaves views out. */
  readonly isView?: boolean;
}

/** What generated code says about a table or view with a primary key. */
export interface KeyedTableDefinition<Row, Key extends KeyValue> extends TableDefinition<Row> {
  /** The property of the primary key. */
  readonly keyColumn: keyof Row & string;
  /** The primary key of a row. */
  readonly keyOf: (row: Row) => Key;
}

/** What generated code says about an index over the columns `Columns`, a tuple type. */
export interface IndexDefinition<Row, Columns extends readonly KeyValue[]> {
  /** The indexed columns of a row, in the order of the index. */
  readonly columnsOf: (row: Row) => Columns;
}

/** What generated code says about an index that is unique. */
export interface UniqueIndexDefinition<
  Row,
  Key,
  Columns extends readonly KeyValue[] = readonly KeyValue[],
> extends IndexDefinition<Row, Columns> {
  /** The same columns out of what a caller passes: one value, or an object for several columns. */
  readonly columnsOfKey: (key: Key) => readonly KeyValue[];
}
