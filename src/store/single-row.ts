import { computed, type ReadonlySignal } from '@preact/signals-core';
import { type PlainTable } from './handles.ts';

/** The row of a view that returns at most one, `undefined` while there is none. */
export function createSingleRow<Row>(
  table: PlainTable<Row>,
  options: { readonly required: false },
): ReadonlySignal<Row | undefined>;
/** The row of a view that always returns one. Reading throws an `Error` while it is not here. */
export function createSingleRow<Row>(table: PlainTable<Row>, options: { readonly required: true }): ReadonlySignal<Row>;
export function createSingleRow<Row>(
  table: PlainTable<Row>,
  { required }: { readonly required: boolean },
): ReadonlySignal<Row | undefined> {
  return computed(() => {
    for (const row of table.iter()) return row;
    if (!required) return undefined;
    throw new Error(
      `the row of view ${table.name} is not here; await the \`subscribed\` promise of the view before reading it`,
    );
  });
}
