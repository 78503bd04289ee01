import { type ReadonlySignal } from '@preact/signals-core';
import { type ListenerOptions, type Unsubscribe } from '../listeners.ts';
import { type Batch, type DeleteEvent, type InsertEvent, type UpdateEvent } from './event-context.ts';
import { type KeyValue } from './definition.ts';
import { type Range } from './range.ts';

/** What one step changed in a table, sorted by kind; for loops that follow a whole table. */
export interface TableChanges<Row> {
  /** The rows that came. */
  readonly inserted: readonly Row[];
  /** The rows that changed, as they were and as they are. */
  readonly updated: readonly { readonly oldRow: Row; readonly newRow: Row }[];
  /** The rows that left, as they were. */
  readonly deleted: readonly Row[];
}

/**
 * A table whose rows are announced and never stored. The methods of a table are called on it: `keys.map((key) => client.note.find(key))`, not
 * `keys.map(client.note.find)`, which throws a `TypeError`. Those of an index may be taken off, and so may reducers and procedures.
 */
export interface EventTable<Row> {
  /** The name on the wire. */
  readonly name: string;
  /** Fulfilled when the first query set that names this table is applied; rejects with its error. Waits for as long as there is no connection, or no such set. */
  readonly subscribed: Promise<void>;
  /** The rows that the last step announced. */
  readonly lastBatch: ReadonlySignal<Batch<Row> | undefined>;
  /** Calls `listener` once per announced row, while every table already shows its new rows. */
  onInsert(listener: (event: InsertEvent<Row>) => void, options?: ListenerOptions): Unsubscribe;
}

/** A table or view without a primary key: a set of whole rows. */
export interface PlainTable<Row> extends EventTable<Row> {
  /** How many rows are visible. Tracked when read in a computed or an effect. */
  count(): number;
  /** The visible rows. Tracked when read in a computed or an effect. */
  iter(): IterableIterator<Row>;
  /** The visible rows as an array that keeps its identity while nothing changes; built when it is read. */
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** What the last step changed, undefined before the first. */
  readonly changes: ReadonlySignal<TableChanges<Row> | undefined>;
  /**
   * What optimistic changes are pending for: primary keys, or whole rows in a table without one. Equal keys are the same here. The set is another one
   * whenever keys come or go, and nothing is ever added to it.
   */
  readonly pending: ReadonlySignal<ReadonlySet<unknown>>;
  /** Calls `listener` once per row that is no longer visible, while every table already shows its new rows. */
  onDelete(listener: (event: DeleteEvent<Row>) => void, options?: ListenerOptions): Unsubscribe;
}

/** A table or view with a primary key. */
export interface KeyedTable<Row, Key extends KeyValue> extends PlainTable<Row> {
  readonly pending: ReadonlySignal<ReadonlySet<Key>>;
  /**
   * The visible row of this key. Tracked when read in a computed or an effect. Where there is none, throws a `TypeError` for a key that no row could have, such as a
   * number where keys are `bigint`.
   */
  find(key: Key): Row | undefined;
  /**
   * The visible row of this key as a signal; a transaction costs nothing for the rows it does not touch. Throws a `TypeError` for a key that no row could have.
   */
  row(key: Key): ReadonlySignal<Row | undefined>;
  /** Calls `listener` once per row whose columns changed while its key stayed. */
  onUpdate(listener: (event: UpdateEvent<Row>) => void, options?: ListenerOptions): Unsubscribe;
}

/** An index with at most one row per key. */
export interface UniqueIndex<Row, Key> {
  /** The visible row of this key. Tracked when read in a computed or an effect. Where there is none, throws a `TypeError` for a key that no row could have. */
  find(key: Key): Row | undefined;
  /** The visible row of this key as a signal. Throws a `TypeError` for a key that no row could have. */
  row(key: Key): ReadonlySignal<Row | undefined>;
}

/** An index that answers exact keys. */
export interface HashIndex<Row, Key> {
  /** The visible rows of this key. Tracked when read in a computed or an effect. Throws a `TypeError` for a key that no row could have. */
  filter(key: Key): readonly Row[];
  /**
   * The visible rows of this key as a signal whose array keeps its identity while none of them changes. Throws a `TypeError` for a key that no row could have.
   */
  rows(key: Key): ReadonlySignal<readonly Row[]>;
}

/**
 * What an ordered index can be asked: for one column a value or a {@link Range}; for several a tuple of values for the first columns, whose last
 * element may be a range.
 */
export type IndexQuery<Columns extends readonly KeyValue[]> = Columns extends readonly [infer Only]
  ? Only | Range<Only>
  : IndexPrefix<Columns>;

type IndexPrefix<
  Columns extends readonly unknown[],
  Before extends readonly unknown[] = readonly [],
> = Columns extends readonly [infer First, ...infer Rest]
  ? readonly [...Before, First | Range<First>] | IndexPrefix<Rest, readonly [...Before, First]>
  : never;

/** An index that answers exact keys, prefixes of its columns and ranges, in the order of its columns. */
export interface OrderedIndex<Row, Columns extends readonly KeyValue[]> extends HashIndex<Row, IndexQuery<Columns>> {}

/** A unique index that is ordered too. */
export interface UniqueOrderedIndex<Row, Key, Columns extends readonly KeyValue[]>
  extends UniqueIndex<Row, Key>, OrderedIndex<Row, Columns> {}
