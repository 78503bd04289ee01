import { type Table } from './datastore/table.ts';
import { type TableIndex } from './datastore/table-index.ts';
import { type TableDelta, type TableDeltas } from './datastore/transaction.ts';

/** What a view has read: whole tables, and single keys of indexes. A change of anything else cannot change its result. */
export class ReadSet {
  readonly tables: Set<Table> = new Set();
  readonly points: Map<TableIndex, Set<string>> = new Map();

  addTable(table: Table): void {
    this.tables.add(table);
  }

  addPoint(index: TableIndex, key: string): void {
    const keys = this.points.get(index);
    if (keys === undefined) this.points.set(index, new Set([key]));
    else keys.add(key);
  }
}

/** Finds out who has read what a transaction changed, at a cost of the changed rows and not of the readers. */
export class ReadIndex<Reader> {
  readonly #byTable = new Map<Table, Set<Reader>>();
  readonly #byPoint = new Map<TableIndex, Map<string, Set<Reader>>>();

  add(reader: Reader, reads: ReadSet): void {
    for (const table of reads.tables) addTo(this.#byTable, table, reader);
    for (const [index, keys] of reads.points) {
      const byKey = this.#byPoint.get(index) ?? new Map<string, Set<Reader>>();
      this.#byPoint.set(index, byKey);
      for (const key of keys) addTo(byKey, key, reader);
    }
  }

  /** `reads` are those that the reader was added with. */
  remove(reader: Reader, reads: ReadSet): void {
    for (const table of reads.tables) removeFrom(this.#byTable, table, reader);
    for (const [index, keys] of reads.points) {
      const byKey = this.#byPoint.get(index);
      if (byKey === undefined) continue;
      for (const key of keys) removeFrom(byKey, key, reader);
      if (byKey.size === 0) this.#byPoint.delete(index);
    }
  }

  /** Those who have read something that changed, each once. */
  affected(deltas: TableDeltas): ReadonlySet<Reader> {
    const readers = new Set<Reader>();
    for (const [table, delta] of deltas) {
      for (const reader of this.#byTable.get(table) ?? []) readers.add(reader);
      for (const index of table.indexes) this.#collectPoints(index, delta, readers);
    }
    return readers;
  }

  #collectPoints(index: TableIndex, delta: TableDelta, readers: Set<Reader>): void {
    const byKey = this.#byPoint.get(index);
    if (byKey === undefined) return;
    for (const row of [...delta.inserted, ...delta.deleted]) {
      for (const reader of byKey.get(index.keyOf(row)) ?? []) readers.add(reader);
    }
  }
}

function addTo<Key, Item>(sets: Map<Key, Set<Item>>, key: Key, item: Item): void {
  const items = sets.get(key);
  if (items === undefined) sets.set(key, new Set([item]));
  else items.add(item);
}

function removeFrom<Key, Item>(sets: Map<Key, Set<Item>>, key: Key, item: Item): void {
  const items = sets.get(key);
  items?.delete(item);
  if (items?.size === 0) sets.delete(key);
}
