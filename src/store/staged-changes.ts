import { type KeptRows } from './kept-rows.ts';
import { type MapKey } from './key.ts';
import { type LateChanges, LateDiff, type RowChange, type TableDiff } from './table-diff.ts';
import { none, type TouchedRow } from './touched-rows.ts';

/** The changes of a step to the rows of a table. They stay bytes until somebody asks for them. */
export class StagedChanges<Row> implements LateChanges<Row> {
  readonly diff: TableDiff<Row>;
  readonly #rows: KeptRows<Row>;
  readonly #changed: readonly TouchedRow<Row>[];

  constructor(rows: KeptRows<Row>, changed: readonly TouchedRow<Row>[]) {
    this.#rows = rows;
    this.#changed = changed;
    this.diff = new LateDiff(changed.length, this);
  }

  commit(): void {
    const rows = this.#rows;
    for (const row of this.#changed) {
      const { key, slot, insertedBy, insertedAt, newRow } = row;
      if (slot !== none) {
        row.oldCell = rows.cellAt(slot);
        row.oldStart = rows.startAt(slot);
      }
      if (insertedBy === undefined) rows.delete(key);
      else if (newRow !== undefined) rows.set(key, newRow);
      else rows.put(key, slot === none ? undefined : slot, insertedBy.list, insertedAt);
      // A batch that is kept does not keep the message.
      row.deletedBy = row.insertedBy = undefined;
    }
    if (this.#changed.length > 0) rows.tidy();
  }

  keys(): Iterable<MapKey> {
    return this.#changed.map(({ key }) => key);
  }

  deleted(): Iterable<readonly [MapKey, Row]> {
    return this.#changed.flatMap((row) => {
      const oldRow = row.insertedAt === none ? this.#oldRow(row) : undefined;
      return oldRow === undefined ? [] : [[row.key, oldRow] as const];
    });
  }

  make(): readonly RowChange<Row>[] {
    return this.#changed.map((row): RowChange<Row> => {
      const { key } = row;
      const oldRow = this.#oldRow(row);
      const newRow = this.#newRow(row);
      if (oldRow !== undefined && newRow !== undefined) return { kind: 'update', key, oldRow, newRow };
      if (oldRow !== undefined) return { kind: 'delete', key, oldRow };
      if (newRow !== undefined) return { kind: 'insert', key, newRow };
      throw new Error('changes asked for after their step');
    });
  }

  /** The same object each time. */
  #oldRow(row: TouchedRow<Row>): Row | undefined {
    const { key, slot, oldCell, oldStart } = row;
    if (slot === none) return undefined;
    if (oldCell === undefined) return this.#rows.get(key);
    const oldRow = this.#rows.rowOf(oldCell, oldStart);
    row.oldCell = oldRow;
    return oldRow;
  }

  /** Before the commit it is made, and the table gets the same object then. */
  #newRow(row: TouchedRow<Row>): Row | undefined {
    const { key, insertedBy, insertedAt } = row;
    if (insertedAt === none) return undefined;
    return insertedBy === undefined ? this.#rows.get(key) : (row.newRow ??= insertedBy.row(insertedAt));
  }
}
