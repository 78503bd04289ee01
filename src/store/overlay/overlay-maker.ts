import { type BaseRows } from '../base-rows.ts';
import { type PatchedTable } from './patch.ts';
import { type TableOverlay } from './table-overlay.ts';

/** Makes what lays the changes that calls predict over the rows of one table. */
export type MakeOverlay = <Row>(table: PatchedTable<Row>, base: BaseRows<Row>) => TableOverlay<Row>;

let known: MakeOverlay | undefined;

/**
 * From here on tables can lay predicted changes over their rows. Called by what makes such changes, and by what keeps them between runs: the bundle of a
 * program that predicts nothing does without overlays, since nothing else refers to them.
 */
export function provideOverlays(make: MakeOverlay): void {
  known ??= make;
}

/** Makes overlays; undefined as long as nobody has made a change. */
export function overlayMaker(): MakeOverlay | undefined {
  return known;
}
