import { type OptimisticChange } from './optimistic-change.ts';
import { type PrepareChanges } from './overlay-maker.ts';
import { PendingChanges } from './pending-changes.ts';
import { createOverlay } from './table-overlay.ts';

/** See {@link PrepareChanges}. */
export const prepareChanges: PrepareChanges = (changes, tables) => {
  const byTable = new Map<string, OptimisticChange[]>();
  for (const change of changes) {
    const known = byTable.get(change.table);
    if (known === undefined) byTable.set(change.table, [change]);
    else known.push(change);
  }
  const pending = new PendingChanges(new Set(byTable.keys()));
  for (const [name, ofTable] of byTable) {
    const table = tables.get(name);
    if (table === undefined) throw misplaced(name, 'the generated code has no such table');
    const overlay = table.overlaid(createOverlay);
    if (overlay === undefined) throw misplaced(name, 'its rows are announced and never stored');
    overlay.prepare(ofTable, pending);
  }
  return pending;
};

function misplaced(table: string, problem: string): TypeError {
  return new TypeError(`an optimistic change of table ${table}: ${problem}`);
}
