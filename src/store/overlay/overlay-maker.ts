import { type BaseRows } from '../base-rows.ts';
import { type StoreTable } from '../store-table.ts';
import { type OptimisticChange } from './optimistic-change.ts';
import { type PatchedTable } from './patch.ts';
import { type PendingChanges } from './pending-changes.ts';
import { type TableOverlay } from './table-overlay.ts';

/** Makes what lays the changes that calls predict over the rows of one table. */
export type MakeOverlay = <Row>(table: PatchedTable<Row>, base: BaseRows<Row>) => TableOverlay<Row>;

/** Reads the changes of a call, and lays what is to show them over their tables, where there is nothing yet. Throws as `Store.prepare` does. */
export type PrepareChanges = (
  changes: readonly OptimisticChange[],
  tables: ReadonlyMap<string, StoreTable>,
) => PendingChanges;

let known: PrepareChanges | undefined;

/**
 * From here on tables can lay predicted changes over their rows. Called by what makes such changes, and by what keeps them between runs: the bundle of a
 * program that predicts nothing does without overlays, since nothing else refers to them.
 */
export function provideOverlays(prepare: PrepareChanges): void {
  known ??= prepare;
}

/** Prepares changes; undefined as long as nobody has made one. */
export function changePreparer(): PrepareChanges | undefined {
  return known;
}
