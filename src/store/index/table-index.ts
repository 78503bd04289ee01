import { type ReadonlySignal } from '@preact/signals-core';
import { Bucket, type Buckets } from './bucket.ts';
import { type KeyValue, type TableDefinition } from '../definition.ts';
import { type ColumnQuery, type KeyAt } from './column-query.ts';
import { IndexSignals } from './index-signals.ts';
import { checkedKeyOf, type MapKey, mapKeyOf, sampleOf } from '../key.ts';
import { type VisibleRows } from '../overlay/overlaid-rows.ts';
import { isTracking } from '../tracking.ts';
import { type TableDiff } from '../table-diff.ts';

/** What an index needs of its table. */
export interface IndexedTable<Row> {
  readonly version: ReadonlySignal<number>;
  readonly versionNumber: number;
  readonly visibleRows: VisibleRows<Row>;
  readonly definition: TableDefinition<Row>;
  /** From now on the table tells the index what changes. */
  addIndex(index: TableIndex<Row>): void;
}

/** The rows of one table by some of their columns. Built when it is first asked, and from then on kept up by the changes of each step. */
export class TableIndex<Row> {
  /** Signals with the only row of a query. */
  readonly rowSignals: IndexSignals<Row | undefined>;
  /** Signals with all rows of a query. */
  readonly rowsSignals: IndexSignals<readonly Row[]>;
  /** What stands for the value of a column. Throws a `TypeError` for one that the column cannot have. */
  readonly keyAt: KeyAt;
  readonly #table: IndexedTable<Row>;
  readonly #columnsOf: (row: Row) => readonly KeyValue[];
  #newBuckets: () => Buckets<Row>;
  #buckets: Buckets<Row> | undefined;
  #touched: (readonly MapKey[])[] = [];

  constructor(table: IndexedTable<Row>, columnsOf: (row: Row) => readonly KeyValue[], newBuckets: () => Buckets<Row>) {
    this.#table = table;
    this.#columnsOf = columnsOf;
    this.#newBuckets = newBuckets;
    this.rowSignals = new IndexSignals(table, (query) => this.#row(query));
    this.rowsSignals = new IndexSignals(table, (query, previous) => this.#rows(query, previous));
    let samples: Samples | undefined;
    this.keyAt = (value, column) => {
      samples ??= samplesOf(columnsOf, table.definition);
      return checkedKeyOf(value, samples.keys[column], samples.whose);
    };
    table.addIndex(this);
  }

  /** How many queries are watched. */
  get watched(): number {
    return this.rowSignals.watched + this.rowsSignals.watched;
  }

  /** The row of a unique index, tracked where somebody tracks. */
  find(query: ColumnQuery): Row | undefined {
    return isTracking() ? this.rowSignals.signal(query).value : this.#row(query);
  }

  /** The rows of a query, tracked where somebody tracks. */
  filter(query: ColumnQuery): readonly Row[] {
    return isTracking() ? this.rowsSignals.signal(query).value : this.#rows(query, undefined);
  }

  /** Takes over what changes in the visible rows. */
  applyRows(diff: TableDiff<Row>): void {
    const buckets = this.#buckets;
    if (buckets === undefined) return;
    for (const change of diff.changes) {
      const from = change.kind === 'insert' ? undefined : this.#columns(change.oldRow);
      const to = change.kind === 'delete' ? undefined : this.#columns(change.newRow);
      // A row that stays in its bucket keeps its place there.
      if (from !== undefined && !(to !== undefined && areSame(from, to))) this.#take(buckets, change.key, from);
      if (change.kind !== 'delete' && to !== undefined) {
        put(buckets, change.key, to, change.newRow);
        this.#touch(to);
      }
    }
  }

  /** Refreshes the signals that the last changes touched. */
  writeSignals(): void {
    const touched = this.#touched;
    if (touched.length === 0) return;
    this.#touched = [];
    this.rowSignals.refresh(touched);
    this.rowsSignals.refresh(touched);
  }

  /** The row of a unique index. While a query set is out of date there may be two: the newer one is right. */
  #row(query: ColumnQuery): Row | undefined {
    for (const bucket of this.#select(query)) return bucket.latest;
    return undefined;
  }

  /** The rows in a new array, or `previous` when it holds the same. */
  #rows(query: ColumnQuery, previous: readonly Row[] | undefined): readonly Row[] {
    const buckets = this.#select(query);
    const [only, second] = buckets;
    if (only !== undefined && second === undefined) {
      const rows = only.toArray();
      return previous !== undefined && areEqual(previous, rows) ? previous : rows;
    }
    const rows: Row[] = [];
    for (const bucket of buckets) for (const row of bucket.rows()) rows.push(row);
    return previous !== undefined && areEqual(previous, rows) ? previous : rows;
  }

  #select(query: ColumnQuery): readonly Bucket<Row>[] {
    const newBuckets = query.range?.order.newBuckets;
    if (newBuckets !== undefined && newBuckets !== this.#newBuckets) {
      // Asked for a range for the first time: from here on the buckets lie in the order of the columns.
      this.#newBuckets = newBuckets;
      this.#buckets = undefined;
    }
    this.#buckets ??= this.#build();
    return this.#buckets.select(query);
  }

  #build(): Buckets<Row> {
    const buckets = this.#newBuckets();
    for (const [key, row] of this.#table.visibleRows) put(buckets, key, this.#columns(row), row);
    return buckets;
  }

  #columns(row: Row): readonly MapKey[] {
    return this.#columnsOf(row).map(mapKeyOf);
  }

  #take(buckets: Buckets<Row>, key: MapKey, columns: readonly MapKey[]): void {
    const bucket = buckets.get(columns);
    if (bucket?.delete(key) === true) buckets.remove(bucket);
    this.#touch(columns);
  }

  #touch(columns: readonly MapKey[]): void {
    if (this.rowSignals.isWatched || this.rowsSignals.isWatched) this.#touched.push(columns);
  }
}

function put<Row>(buckets: Buckets<Row>, key: MapKey, columns: readonly MapKey[], row: Row): void {
  const bucket = buckets.get(columns);
  if (bucket === undefined) buckets.add(new Bucket(columns, key, row));
  else bucket.set(key, row);
}

function areSame(left: readonly MapKey[], right: readonly MapKey[]): boolean {
  return left.every((value, index) => Object.is(value, right[index]));
}

function areEqual(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left === right || (left.length === right.length && left.every((item, index) => item === right[index]));
}

/** A key that the columns of an index could have, and what an error calls the index: `table player by level`. */
interface Samples {
  readonly keys: readonly KeyValue[];
  readonly whose: string;
}

function samplesOf<Row>(
  columnsOf: (row: Row) => readonly KeyValue[],
  { name, columns }: TableDefinition<Row>,
): Samples {
  const names: unknown[] = [];
  // Which columns there are nobody says but the function that takes them out of a row.
  const row = new Proxy({} as Row & object, {
    get: (_, column) => {
      names.push(column);
      return sampleOf(Reflect.get(columns, column));
    },
  });
  return { keys: columnsOf(row), whose: `table ${name} by ${names.join(', ')}` };
}
