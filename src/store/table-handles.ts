import { computed, type ReadonlySignal } from '@preact/signals-core';
import { type Codec } from '../bsatn/codec.ts';
import { type ListenerOptions, type Unsubscribe } from '../listeners.ts';
import { type KeyedTableDefinition, type KeyValue, type TableDefinition } from './definition.ts';
import { type Batch, type DeleteEvent, type InsertEvent, type UpdateEvent } from './event-context.ts';
import { EventOnlyTable } from './event-only-table.ts';
import { type EventTable, type KeyedTable, type PlainTable, type TableChanges } from './handles.ts';
import { type MapKey, mapKeyOf } from './key.ts';
import { primaryKeys, wholeRowKeys } from './row-keys.ts';
import { type Store } from './store.ts';
import { StoredTable } from './stored-table.ts';
import { changesOf } from './table-diff.ts';
import { isTracking } from './tracking.ts';
import { type TableEvents } from './table-events.ts';
import { type TableSubscription } from './table-subscription.ts';

// Symbols keep the names of a handle free for what generated code adds to it. Engines name this one when a method was taken off its table and has no `this`.
const behind = Symbol('the table: call the method on it');
const keyCodec = Symbol('codec of the key');

/** Adds an event table to the store and returns its handle. */
export function createEventTable<Row>(store: Store, definition: TableDefinition<Row>): EventTable<Row> {
  const table = new EventOnlyTable(definition, store);
  store.add(table);
  return new TableHandle(table);
}

/** Adds a table without primary key to the store and returns its handle. */
export function createPlainTable<Row>(store: Store, definition: TableDefinition<Row>): PlainTable<Row> {
  const table = new StoredTable(definition, (layout) => wholeRowKeys(definition, layout), store);
  store.add(table);
  return new PlainTableHandle(table);
}

/** Adds a table with a primary key to the store and returns its handle. */
export function createKeyedTable<Row, Key extends KeyValue>(
  store: Store,
  definition: KeyedTableDefinition<Row, Key>,
): KeyedTable<Row, Key> {
  const table = new StoredTable(definition, (layout) => primaryKeys(definition, layout), store);
  store.add(table);
  return new KeyedTableHandle(table, definition);
}

/** What is behind the handle of a stored table. Throws a `TypeError` for an object that was not made here. */
export function storedTableOf<Row>(handle: PlainTable<Row>): StoredTable<Row> {
  if (!(handle instanceof StoredTableHandle)) throw new TypeError('not a table of this package');
  return handle[behind];
}

/** What optimistic ids of a table have to do with. */
export interface OptimisticKeys {
  /** The codec of the primary key. */
  readonly codec: Pick<Codec<unknown>, 'minSize'>;
  /** The same object for all handles of the table. */
  readonly identity: object;
  /** Whether a row has this key, to be seen or not, or a pending change is for it. */
  readonly isTaken: (key: MapKey) => boolean;
}

/** What optimistic ids of a table have to do with. Throws a `TypeError` for an object that was not made here. */
export function optimisticKeysOf<Row, Key extends KeyValue>(handle: KeyedTable<Row, Key>): OptimisticKeys {
  if (!(handle instanceof KeyedTableHandle)) throw new TypeError('not a table of this package');
  const { [behind]: table, [keyCodec]: codec } = handle;
  return {
    codec,
    identity: table,
    isTaken: (key) => table.base.rows.has(key) || table.overlay?.isPending(key) === true,
  };
}

/**
 * Whether `table.subscribed` is fulfilled: whether the first batch of the table is here, even if it is empty. Once true it stays true. Throws a `TypeError`
 * for an object that is no table of this package.
 */
export function isSubscribed(table: EventTable<unknown>): ReadonlySignal<boolean> {
  if (table instanceof TableHandle) return table[behind].subscription.isFulfilled;
  throw new TypeError(
    'isSubscribed takes a table of a client of this copy of the package, such as `client.note`; of a single row it is under `client.tables`',
  );
}

interface TableWithEvents<Row> {
  readonly name: string;
  readonly subscription: TableSubscription;
  readonly events: TableEvents<Row>;
}

/** All that an event table has, and every other one too. */
class TableHandle<Row, Table extends TableWithEvents<Row> = TableWithEvents<Row>> implements EventTable<Row> {
  readonly [behind]: Table;

  constructor(table: Table) {
    this[behind] = table;
  }

  get name(): string {
    return this[behind].name;
  }

  get subscribed(): Promise<void> {
    return this[behind].subscription.promise;
  }

  get lastBatch(): ReadonlySignal<Batch<Row> | undefined> {
    return this[behind].events.lastBatch;
  }

  onInsert(listener: (event: InsertEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this[behind].events.onInsert(listener, options);
  }
}

abstract class StoredTableHandle<Row> extends TableHandle<Row, StoredTable<Row>> implements PlainTable<Row> {
  abstract readonly pending: ReadonlySignal<ReadonlySet<unknown>>;
  readonly changes: ReadonlySignal<TableChanges<Row> | undefined>;

  constructor(table: StoredTable<Row>) {
    super(table);
    this.changes = computed(() => {
      const batch = this.lastBatch.value;
      return batch === undefined ? undefined : changesOf(batch);
    });
  }

  get rows(): ReadonlySignal<readonly Row[]> {
    return this[behind].rows;
  }

  count(): number {
    return this[behind].count.value;
  }

  iter(): IterableIterator<Row> {
    void this[behind].version.value;
    return this[behind].visibleRows.values();
  }

  onDelete(listener: (event: DeleteEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this[behind].events.onDelete(listener, options);
  }
}

/** The keys with pending changes: `keyOf` of their rows. */
function pendingOf<Row, Key>(
  table: StoredTable<Row>,
  keyOf: (row: Row) => Key,
  mapKeyOfKey: (key: Key) => MapKey,
): ReadonlySignal<ReadonlySet<Key>> {
  return computed(() => {
    void table.pendingVersion.value;
    return table.overlay?.pendingKeys(keyOf, mapKeyOfKey) ?? new Set<Key>();
  });
}

class PlainTableHandle<Row> extends StoredTableHandle<Row> {
  readonly pending: ReadonlySignal<ReadonlySet<Row>>;

  constructor(table: StoredTable<Row>) {
    super(table);
    this.pending = pendingOf(table, (row) => row, table.keys.keyOf);
  }
}

class KeyedTableHandle<Row, Key extends KeyValue> extends StoredTableHandle<Row> implements KeyedTable<Row, Key> {
  readonly pending: ReadonlySignal<ReadonlySet<Key>>;
  readonly [keyCodec]: OptimisticKeys['codec'];

  constructor(table: StoredTable<Row>, { columns, keyColumn, keyOf }: KeyedTableDefinition<Row, Key>) {
    super(table);
    this.pending = pendingOf(table, keyOf, mapKeyOf);
    this[keyCodec] = columns[keyColumn].codec;
  }

  /** Asks the signal of the row, so that whoever tracks it is only told of changes of this row. */
  find(key: Key): Row | undefined {
    if (isTracking()) return this.row(key).value;
    const row = this[behind].read(mapKeyOf(key));
    // Only where nothing was found, so that it costs nothing where something was.
    if (row === undefined) this[behind].keys.check(key);
    return row;
  }

  row(key: Key): ReadonlySignal<Row | undefined> {
    return this[behind].rowSignal(key);
  }

  onUpdate(listener: (event: UpdateEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this[behind].events.onUpdate(listener, options);
  }
}
