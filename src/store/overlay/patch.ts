import { decode, encode } from '../../bsatn/codec.ts';
import { encodingProblem } from '../../bsatn/encoding-problem.ts';
import { type TableDefinition } from '../definition.ts';
import { type MapKey } from '../key.ts';
import { differingColumns } from '../row-comparison.ts';
import { type OptimisticChange } from './optimistic-change.ts';
import { type PendingChanges } from './pending-changes.ts';

/** What a pending call does to one row. */
export type Patch<Row> = WholeRowPatch<Row> | UpdatePatch<Row>;

interface KeyedPatch<Row> {
  readonly pending: PendingChanges;
  readonly key: MapKey;
  /** A row that has the key. */
  readonly row: Row;
}

interface WholeRowPatch<Row> extends KeyedPatch<Row> {
  readonly kind: 'insert' | 'delete';
}

interface UpdatePatch<Row> extends KeyedPatch<Row> {
  readonly kind: 'update';
  /** Only the columns that differ, so that what others change in the rest of the row shows. */
  readonly columns: Partial<Row>;
}

/** What patches are made for: the rows of one table. */
export interface PatchedTable<Row> {
  readonly definition: TableDefinition<Row>;
  readonly keyOf: (row: Row) => MapKey;
}

/**
 * The patches of a change. Throws a `TypeError` when a row does not fit the table.
 *
 * ```text
 * insert             the whole row, over whatever has its key
 * delete             nothing
 * update             the columns that differ; another key: delete and insert; no difference: no patch
 * ```
 */
export function patchesOf<Row>(
  { definition, keyOf }: PatchedTable<Row>,
  change: OptimisticChange,
  pending: PendingChanges,
): Patch<Row>[] {
  if (change.kind !== 'update') {
    const row = checkedRow(definition, change.row);
    return [{ kind: change.kind, pending, key: keyOf(row), row }];
  }
  const oldRow = checkedRow(definition, change.oldRow);
  const row = checkedRow(definition, change.newRow);
  const [oldKey, key] = [keyOf(oldRow), keyOf(row)];
  if (!Object.is(oldKey, key)) {
    return [
      { kind: 'delete', pending, key: oldKey, row: oldRow },
      { kind: 'insert', pending, key, row },
    ];
  }
  const columns = differingColumns(definition, oldRow, row);
  return columns === undefined ? [] : [{ kind: 'update', pending, key, row, columns }];
}

/** What is to be seen of a row with these patches on it, in the order of the calls. */
export function patched<Row>(base: Row | undefined, patches: readonly Patch<Row>[]): Row | undefined {
  let row = base;
  // Of all updates since the last whole row: there may be thousands, and one copy is enough for them.
  let columns: Partial<Row> | undefined;
  for (const patch of patches) {
    if (patch.kind !== 'update') {
      row = patch.kind === 'insert' ? patch.row : undefined;
      columns = undefined;
    } else if (columns === undefined) {
      columns = { ...patch.columns };
    } else {
      for (const name in patch.columns) columns[name] = patch.columns[name];
    }
  }
  return row === undefined || columns === undefined ? row : { ...row, ...columns };
}

/** A copy of a row from outside as the server would have sent it: nobody else can change it, and every column has its type. */
function checkedRow<Row>(definition: TableDefinition<Row>, row: unknown): Row {
  const { codec, name } = definition;
  return decode(codec, encodedRow(definition, row as Row), `an optimistic row of table ${name}`);
}

/** Encoding is the check. */
function encodedRow<Row>({ codec, name }: TableDefinition<Row>, row: Row): Uint8Array {
  try {
    return encode(codec, row);
  } catch (cause) {
    const problem = encodingProblem(codec, row, 'column', cause);
    throw new TypeError(`an optimistic change of table ${name}: ${problem}`, { cause });
  }
}
