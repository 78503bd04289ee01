import { type AlgebraicType, type Typespace } from '../bsatn/algebraic-type.ts';

/**
 * A column's value in the form that comparisons use: booleans, numbers up to 32 bits and floats as they are, wider integers as bigint, strings as
 * they are, `Array<U8>` as a string of one character per byte, Identity, ConnectionId, Uuid, Timestamp and TimeDuration as bigint, a sum without
 * payloads as the index of its variant. `undefined`: a value that cannot be compared.
 */
export type ColumnValue = boolean | number | bigint | string | undefined;

/** A row of a table or view as it stands in the store. Rows are immutable. */
export interface StoredRow {
  /** The BSATN of the row. */
  readonly bytes: Uint8Array;
  /** The same bytes as a string of one character each: rows are equal when these are. */
  readonly key: string;
  /** The value of a column for comparisons; decoded when it is first asked for. */
  value(column: number): ColumnValue;
}

/** What SQL has to know of a table or view. */
export interface RelationSchema {
  /** The canonical name. */
  readonly name: string;
  /** The name in the module's source; SQL accepts it too. */
  readonly alias: string;
  readonly columns: readonly RelationColumn[];
  /** Each index as its columns. */
  readonly indexes: readonly (readonly number[])[];
  readonly isPublic: boolean;
  readonly isEvent: boolean;
  /** Whether it is a view, which SQL can read and not write; left out for tables. */
  readonly isView?: boolean;
  readonly typespace: Typespace;
}

export interface RelationColumn {
  readonly name: string;
  /** The name in the module's source where it differs; SQL accepts it too. */
  readonly alias?: string;
  readonly type: AlgebraicType;
}

/** The rows of a table, or of a view for one caller. */
export interface Relation {
  readonly schema: RelationSchema;
  /** How many rows there are. */
  readonly size: number;
  rows(): Iterable<StoredRow>;
  /** The rows whose `column` equals `value`: through an index where the column alone has one, otherwise by looking at every row. */
  rowsWhere(column: number, value: ColumnValue): Iterable<StoredRow>;
}

/** What one transaction changed in a relation, net: a row is in one of the lists at most. */
export interface RelationDelta {
  readonly inserted: readonly StoredRow[];
  readonly deleted: readonly StoredRow[];
}
