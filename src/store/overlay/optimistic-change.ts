import { type PlainTable } from '../handles.ts';
import { provideOverlays } from './overlay-maker.ts';
import { prepareChanges } from './prepare-changes.ts';

/**
 * A change that a call predicts: shown at once, and until the answer of the server takes its place. Make it with the functions of the same name: what shows
 * changes comes with them, so that programs without any need not carry it. A call with an object that was written by hand rejects with a `TypeError` in a
 * program that has made none with them before, unless it works offline.
 */
export type OptimisticChange =
  | { readonly kind: 'insert'; readonly table: string; readonly row: unknown }
  | { readonly kind: 'update'; readonly table: string; readonly oldRow: unknown; readonly newRow: unknown }
  | { readonly kind: 'delete'; readonly table: string; readonly row: unknown };

/** Makes optimistic changes: `…Row` for a table of the client, the others for a table by its name on the wire, with rows that nobody has checked. */
export interface OptimisticChanges {
  /** The row is shown, in the place of whatever has its key. */
  insertRow<Row>(table: PlainTable<Row>, row: NoInfer<Row>): OptimisticChange;
  /**
   * The columns in which `newRow` differs from `oldRow` are shown over whatever the server says of the row, and nothing while it has none. Another
   * primary key is a delete and an insert, and so is every change of a table without one.
   */
  updateRow<Row>(table: PlainTable<Row>, oldRow: NoInfer<Row>, newRow: NoInfer<Row>): OptimisticChange;
  /** The row with the key of this one is no longer shown; without a primary key, this very row. */
  deleteRow<Row>(table: PlainTable<Row>, row: NoInfer<Row>): OptimisticChange;
  /** A row is expected to come; `table` is its name on the wire. */
  insert(table: string, row: unknown): OptimisticChange;
  /** A row is expected to change in the columns in which the two differ; `table` is its name on the wire. */
  update(table: string, oldRow: unknown, newRow: unknown): OptimisticChange;
  /** A row is expected to leave; `table` is its name on the wire. */
  delete(table: string, row: unknown): OptimisticChange;
}

/** Makes the changes that a call predicts, such as `OptimisticChange.insertRow(client.note, note)`. */
export const OptimisticChange: OptimisticChanges = {
  insertRow: (table, row) => made({ kind: 'insert', table: table.name, row }),
  updateRow: (table, oldRow, newRow) => made({ kind: 'update', table: table.name, oldRow, newRow }),
  deleteRow: (table, row) => made({ kind: 'delete', table: table.name, row }),
  insert: (table, row) => made({ kind: 'insert', table, row }),
  update: (table, oldRow, newRow) => made({ kind: 'update', table, oldRow, newRow }),
  delete: (table, row) => made({ kind: 'delete', table, row }),
};

/** Whoever makes a change wants to see it. */
function made(change: OptimisticChange): OptimisticChange {
  provideOverlays(prepareChanges);
  return change;
}
