import { errno, HostError } from '../errno.ts';
import { Row } from './row.ts';
import { type Table } from './table.ts';
import { decoding, type TableIndex } from './table-index.ts';

/** What a transaction changed in one table, net: a row is in one of the lists at most. */
export interface TableDelta {
  readonly inserted: readonly Row[];
  readonly deleted: readonly Row[];
}

/** What changes by table; tables without a change are left out. */
export type TableDeltas = ReadonlyMap<Table, TableDelta>;

const noDeltas: TableDeltas = new Map();
const noBytes = new Uint8Array();

/** What a transaction has changed in one table so far, net: a row is in one of the two at most. */
interface Change {
  readonly inserted: Map<string, Row>;
  readonly deleted: Map<string, Row>;
  /** Whether its sequences gave numbers, whatever became of the rows that got them. */
  hasNumbers: boolean;
}

/**
 * Changes of several tables that take effect together. They are made in place, and seen by every read at once; `rollback` takes them back. There is one
 * transaction at a time. What throws a {@link HostError} has changed nothing.
 */
export class Transaction {
  readonly #changes = new Map<Table, Change>();

  /**
   * Inserts the row that `bytes` hold and fills its auto-increment columns, in `bytes` too. A row that is there already is no error.
   * The result is the generated values, one after the other. Throws a {@link HostError}.
   */
  insert(table: Table, bytes: Uint8Array): Uint8Array {
    const { row, generated } = this.#newRow(table, bytes);
    if (table.same(row) !== undefined) return generated;
    refuseConflict(table, row, undefined);
    this.#add(table, row);
    return generated;
  }

  /** Replaces the row that has the same key in a unique index. The result is as for `insert`. Throws a {@link HostError}. */
  update(table: Table, index: TableIndex, bytes: Uint8Array): Uint8Array {
    if (!index.isUnique) throw new HostError(errno.indexNotUnique, `index ${index.model.name.canonical} is not unique`);
    const { row, generated } = this.#newRow(table, bytes);
    const old = index.only(index.keyOf(row));
    if (old === undefined) throw new HostError(errno.noSuchRow, `table ${table.name} has no row to update`);
    if (old.key === row.key) return generated;
    refuseConflict(table, row, old);
    this.delete(table, old);
    this.#add(table, row);
    return generated;
  }

  /** Deletes a stored row. */
  delete(table: Table, row: Row): void {
    table.remove(row);
    const change = this.#changeOf(table);
    if (!change.inserted.delete(row.key)) change.deleted.set(row.key, row);
  }

  /** Deletes all rows of a table; the result is how many there were. */
  clear(table: Table): number {
    const rows = [...table.rows()];
    for (const row of rows) this.delete(table, row);
    return rows.length;
  }

  /** What has changed so far, by table; tables without a change are left out. */
  deltas(): TableDeltas {
    if (this.#changes.size === 0) return noDeltas;
    const deltas = new Map<Table, TableDelta>();
    for (const [table, { inserted, deleted }] of this.#changes) {
      if (inserted.size === 0 && deleted.size === 0) continue;
      deltas.set(table, { inserted: [...inserted.values()], deleted: [...deleted.values()] });
    }
    return deltas;
  }

  /** The tables whose sequences gave numbers. */
  *numbered(): Generator<Table> {
    for (const [table, { hasNumbers }] of this.#changes) if (hasNumbers) yield table;
  }

  /** Makes the changes final. The rows of event tables, which live no longer than their transaction, go. */
  commit(): void {
    for (const [table, { inserted }] of this.#changes) {
      if (table.model.isEvent) for (const row of inserted.values()) table.remove(row);
    }
    this.#changes.clear();
  }

  /** Takes all changes back. Sequences keep what they gave. */
  rollback(): void {
    for (const [table, { inserted, deleted }] of this.#changes) {
      for (const row of inserted.values()) table.remove(row);
      for (const row of deleted.values()) table.add(row);
    }
    this.#changes.clear();
  }

  #newRow(table: Table, bytes: Uint8Array): { readonly row: Row; readonly generated: Uint8Array } {
    const own = decoding(() => table.layout.cut(bytes));
    const values: number[] = [];
    for (const sequence of table.sequences) {
      const value = sequence.fill(own, table.layout.offsetOf(own, sequence.column), table.name);
      if (value !== undefined) values.push(...value);
    }
    if (values.length > 0) this.#changeOf(table).hasNumbers = true;
    return { row: new Row(table.layout, own), generated: values.length === 0 ? noBytes : Uint8Array.from(values) };
  }

  #add(table: Table, row: Row): void {
    const change = this.#changeOf(table);
    const wasDeleted = change.deleted.get(row.key);
    change.deleted.delete(row.key);
    table.add(wasDeleted ?? row);
    if (wasDeleted === undefined) change.inserted.set(row.key, row);
  }

  #changeOf(table: Table): Change {
    let change = this.#changes.get(table);
    if (change === undefined) {
      change = { inserted: new Map(), deleted: new Map(), hasNumbers: false };
      this.#changes.set(table, change);
    }
    return change;
  }
}

/** Throws when a unique index has another row than `replaced` under the key of `row`. */
function refuseConflict(table: Table, row: Row, replaced: Row | undefined): void {
  for (const index of table.indexes) {
    if (!index.isUnique) continue;
    const other = index.only(index.keyOf(row));
    if (other === undefined || other === replaced) continue;
    throw new HostError(
      errno.uniqueAlreadyExists,
      `table ${table.name} has a row with the same value in the unique index ${index.model.name.canonical}`,
    );
  }
}
