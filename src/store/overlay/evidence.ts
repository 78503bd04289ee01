import { type TableDefinition } from '../definition.ts';
import { type MapKey } from '../key.ts';
import { differingColumns } from '../row-comparison.ts';
import { type Patch } from './patch.ts';

/** Whether the rows of the server show what a call expected of one row. */
export interface RowEvidence {
  /** Which row of which table; equal for patches of the same row. */
  readonly place: string;
  readonly isSeen: boolean;
  /** The table whose lack of the row is what shows it; undefined where a row does. A row that nobody is subscribed to lacks as well. */
  readonly absentFrom: string | undefined;
}

/**
 * Whether a patch can be seen in the rows of the server: the row that it inserts is there, the one that it deletes is not, the columns that it changes
 * are so. Timestamps do not count, since servers set them by their own clock.
 */
export function isSeen<Row>(
  definition: TableDefinition<Row>,
  base: { get(key: MapKey): Row | undefined },
  patch: Patch<Row>,
): boolean {
  const row = base.get(patch.key);
  if (patch.kind === 'delete') return row === undefined;
  if (row === undefined) return false;
  const expected = patch.kind === 'update' ? { ...row, ...patch.columns } : patch.row;
  const differing = differingColumns(definition, row, expected);
  return differing === undefined || Object.values(differing).every(isTimestamp);
}

/** Not by its class: in what is loaded on demand that is another one than in the rows. A duration is no `Date`. */
function isTimestamp(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'micros' in value && 'toDate' in value;
}
