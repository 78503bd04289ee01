import { computed, type ReadonlySignal } from '@preact/signals-core';
import { type Codec } from '../bsatn/codec.ts';
import { type ListenerOptions, type Unsubscribe } from '../listeners.ts';
import { type KeyedTableDefinition, type KeyValue, type TableDefinition } from './definition.ts';
import { type Batch, type DeleteEvent, type InsertEvent, type UpdateEvent } from './event-context.ts';
import { EventOnlyTable } from './event-only-table.ts';
import { type EventTable, type KeyedTable, type PlainTable, type TableChanges } from './handles.ts';
import { type MapKey, mapKeyOf } from './key.ts';
import { PendingKeys } from './overlay/pending-keys.ts';
import { primaryKeys, wholeRowKeys } from './row-keys.ts';
import { type Store } from './store.ts';
import { StoredTable } from './stored-table.ts';
import { changesOf } from './table-diff.ts';
import { isTracking } from './tracking.ts';
import { type TableSubscription } from './table-subscription.ts';

// Symbols keep the names of a handle free for what generated code adds to it.
const stored = Symbol('stored table');
const optimisticKeys = Symbol('optimistic keys');
const subscription = Symbol('subscription');

/** Adds an event table to the store and returns its handle. */
export function createEventTable<Row>(store: Store, definition: TableDefinition<Row>): EventTable<Row> {
  const table = new EventOnlyTable(definition, store);
  store.add(table);
  return new EventTableHandle(table);
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
  return handle[stored];
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
  return handle[optimisticKeys];
}

/**
 * Whether `table.subscribed` is fulfilled: whether the first batch of the table is here, even if it is empty. Once true it stays true. Throws a `TypeError`
 * for an object that is no table of this package.
 */
export function isSubscribed(table: EventTable<unknown>): ReadonlySignal<boolean> {
  if (table instanceof EventTableHandle || table instanceof StoredTableHandle) return table[subscription].isFulfilled;
  throw new TypeError(
    'isSubscribed takes a table of a client of this copy of the package, such as `client.note`; of a single row it is under `client.tables`',
  );
}

class EventTableHandle<Row> implements EventTable<Row> {
  readonly #table: EventOnlyTable<Row>;
  readonly [subscription]: TableSubscription;

  constructor(table: EventOnlyTable<Row>) {
    this.#table = table;
    this[subscription] = table.subscription;
  }

  get name(): string {
    return this.#table.name;
  }

  get subscribed(): Promise<void> {
    return this.#table.subscription.promise;
  }

  get lastBatch(): ReadonlySignal<Batch<Row> | undefined> {
    return this.#table.events.lastBatch;
  }

  onInsert(listener: (event: InsertEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this.#table.events.onInsert(listener, options);
  }
}

abstract class StoredTableHandle<Row> implements PlainTable<Row> {
  abstract readonly pending: ReadonlySignal<ReadonlySet<unknown>>;
  readonly changes: ReadonlySignal<TableChanges<Row> | undefined>;
  readonly [stored]: StoredTable<Row>;
  readonly [subscription]: TableSubscription;

  constructor(table: StoredTable<Row>) {
    this[stored] = table;
    this[subscription] = table.subscription;
    this.changes = computed(() => {
      const batch = this.lastBatch.value;
      return batch === undefined ? undefined : changesOf(batch);
    });
  }

  get name(): string {
    return this[stored].name;
  }

  get subscribed(): Promise<void> {
    return this[stored].subscription.promise;
  }

  get rows(): ReadonlySignal<readonly Row[]> {
    return this[stored].rows;
  }

  get lastBatch(): ReadonlySignal<Batch<Row> | undefined> {
    return this[stored].events.lastBatch;
  }

  count(): number {
    return this[stored].count.value;
  }

  iter(): IterableIterator<Row> {
    void this[stored].version.value;
    return this[stored].visibleRows.values();
  }

  onInsert(listener: (event: InsertEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this[stored].events.onInsert(listener, options);
  }

  onDelete(listener: (event: DeleteEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this[stored].events.onDelete(listener, options);
  }
}

/** The keys with pending changes, each with a row that has it; tracked. */
function pendingRowsOf<Row>(table: StoredTable<Row>): ReadonlyMap<MapKey, Row> {
  void table.pendingVersion.value;
  return table.overlay?.pendingRows() ?? new Map<MapKey, Row>();
}

class PlainTableHandle<Row> extends StoredTableHandle<Row> {
  readonly pending: ReadonlySignal<ReadonlySet<Row>>;

  constructor(table: StoredTable<Row>) {
    super(table);
    this.pending = computed(() => new PendingKeys(pendingRowsOf(table), table.keys.keyOf));
  }
}

class KeyedTableHandle<Row, Key extends KeyValue> extends StoredTableHandle<Row> implements KeyedTable<Row, Key> {
  readonly pending: ReadonlySignal<ReadonlySet<Key>>;
  readonly [optimisticKeys]: OptimisticKeys;

  constructor(table: StoredTable<Row>, { columns, keyColumn, keyOf }: KeyedTableDefinition<Row, Key>) {
    super(table);
    this.pending = computed(
      () => new PendingKeys(new Map(Array.from(pendingRowsOf(table), ([key, row]) => [key, keyOf(row)])), mapKeyOf),
    );
    this[optimisticKeys] = {
      codec: columns[keyColumn].codec,
      identity: table,
      isTaken: (key) => table.base.rows.has(key) || table.overlay?.isPending(key) === true,
    };
  }

  /** Asks the signal of the row, so that whoever tracks it is only told of changes of this row. */
  find(key: Key): Row | undefined {
    if (isTracking()) return this.row(key).value;
    const row = this[stored].read(mapKeyOf(key));
    // Only where nothing was found, so that it costs nothing where something was.
    if (row === undefined) this[stored].keys.check(key);
    return row;
  }

  row(key: Key): ReadonlySignal<Row | undefined> {
    return this[stored].rowSignal(key);
  }

  onUpdate(listener: (event: UpdateEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this[stored].events.onUpdate(listener, options);
  }
}
