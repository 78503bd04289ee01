import { type BaseRows } from '../base-rows.ts';
import { keyText, type MapKey } from '../key.ts';
import { type RowComparison, rowComparison } from '../row-comparison.ts';
import { diffOf, type RowChange, type TableDiff } from '../table-diff.ts';
import { isSeen, type RowEvidence } from './evidence.ts';
import { type OptimisticChange } from './optimistic-change.ts';
import { type Overlaid, OverlaidRows, type VisibleRows } from './overlaid-rows.ts';
import { patched, type PatchedTable, type Patch, patchesOf } from './patch.ts';
import { type OverlayStep, type PendingChanges } from './pending-changes.ts';
import { PendingKeys } from './pending-keys.ts';

/** What a step does to what is seen of a table. Nothing has changed before `commit` runs, which is to run after that of the base. */
export interface StagedOverlay<Row> {
  readonly diff: TableDiff<Row>;
  /** Whether other keys have pending changes than before. */
  readonly isPendingChanged: boolean;
  readonly commit: () => void;
}

/** A key with pending changes. */
interface OverlaidRow<Row> extends Overlaid<Row> {
  /** In the order of the calls; never empty. */
  readonly patches: readonly Patch<Row>[];
}

/** A key in a step: how it was, and how it will be. */
interface StagedRow<Row> extends OverlaidRow<Row> {
  readonly key: MapKey;
  /** The row that the base will have. */
  readonly baseRow: Row | undefined;
}

const noRows: readonly never[] = [];

/**
 * What this client expects of the rows of one table, laid over what the server says of them.
 *
 * ```text
 *   log of pending calls:     call 1 ── patch of a      call 2 ── patch of a, patch of b
 *   visible row of a:         base row of a, patched by call 1, then by call 2
 *   visible row of c:         base row of c; the overlay knows nothing of it
 * ```
 *
 * The log is kept by key, since a row asks for nothing else. A key is in here exactly while it has patches.
 */
export class TableOverlay<Row> {
  readonly #table: PatchedTable<Row>;
  readonly #base: BaseRows<Row>;
  readonly #isSame: RowComparison<Row>;
  readonly #prepared = new WeakMap<PendingChanges, readonly Patch<Row>[]>();
  readonly #overlaid = new Map<MapKey, OverlaidRow<Row>>();
  readonly #rows: VisibleRows<Row>;

  constructor(table: PatchedTable<Row>, base: BaseRows<Row>) {
    this.#table = table;
    this.#base = base;
    this.#isSame = rowComparison(table.definition);
    this.#rows = new OverlaidRows(() => base.rows, this.#overlaid);
  }

  /** The rows that are shown. */
  get rows(): VisibleRows<Row> {
    return this.#overlaid.size === 0 ? this.#base.rows : this.#rows;
  }

  /** The keys with pending changes: `keyOf` of a row that has it, and what tells such keys apart. */
  pendingKeys<Key>(keyOf: (row: Row) => Key, mapKeyOf: (key: Key) => MapKey): ReadonlySet<Key> {
    const keys = new Map<MapKey, Key>();
    for (const [key, { patches }] of this.#overlaid) for (const { row } of patches) keys.set(key, keyOf(row));
    return new PendingKeys(keys, mapKeyOf);
  }

  /** Whether `key` has pending changes. */
  isPending(key: MapKey): boolean {
    return this.#overlaid.has(key);
  }

  /** Makes patches of the changes, which do nothing before a step begins them. Throws a `TypeError` when a row does not fit. */
  prepare(changes: readonly OptimisticChange[], pending: PendingChanges): void {
    this.#prepared.set(
      pending,
      changes.flatMap((change) => patchesOf(this.#table, change, pending)),
    );
  }

  /** What the rows of the server show of these changes. */
  evidenceOf(pending: PendingChanges): readonly RowEvidence[] {
    const { definition } = this.#table;
    return (this.#prepared.get(pending) ?? noRows).map((patch) => ({
      place: `${definition.name} ${keyText(patch.key)}`,
      isSeen: isSeen(definition, this.#base.rows, patch),
      absentFrom: patch.kind === 'delete' ? definition.name : undefined,
    }));
  }

  /** Whether anything is laid over this table, or will be by this step. */
  isConcerned({ begin, end }: OverlayStep): boolean {
    return this.#overlaid.size > 0 || begin !== undefined || end !== undefined;
  }

  /** Works out what a step that does `base` to the base changes for the eye. */
  stage(base: TableDiff<Row>, step: OverlayStep): StagedOverlay<Row> {
    const patches = this.#stagePatches(step);
    const changes: RowChange<Row>[] = [];
    const baseRows = new Map<MapKey, Row | undefined>();
    for (const change of base.changes) {
      const { key } = change;
      const known = patches.get(key) ?? this.#overlaid.get(key)?.patches;
      if (known === undefined) {
        changes.push(change);
        continue;
      }
      patches.set(key, known);
      baseRows.set(key, change.kind === 'delete' ? undefined : change.newRow);
    }
    const rows: StagedRow<Row>[] = [];
    for (const [key, ofKey] of patches) {
      const baseRow = baseRows.has(key) ? baseRows.get(key) : this.#base.rows.get(key);
      const { row, change } = this.#stageRow(key, baseRow, ofKey);
      rows.push(row);
      if (change !== undefined) changes.push(change);
    }
    const isPendingChanged = rows.some((row) => this.#overlaid.has(row.key) !== row.patches.length > 0);
    return { diff: diffOf(changes), isPendingChanged, commit: () => this.#commit(rows) };
  }

  /** The patches of every key for which the step begins or ends one. */
  #stagePatches({ begin, end = noRows }: OverlayStep): Map<MapKey, readonly Patch<Row>[]> {
    const staged = new Map<MapKey, readonly Patch<Row>[]>();
    const known = (key: MapKey): readonly Patch<Row>[] => staged.get(key) ?? this.#overlaid.get(key)?.patches ?? noRows;
    for (const pending of end) {
      for (const { key } of this.#prepared.get(pending) ?? noRows) staged.set(key, without(known(key), pending));
    }
    if (begin !== undefined) {
      for (const patch of this.#prepared.get(begin) ?? noRows) staged.set(patch.key, [...known(patch.key), patch]);
    }
    return staged;
  }

  /** A visible row that equals the former one keeps its object. */
  #stageRow(
    key: MapKey,
    baseRow: Row | undefined,
    patches: readonly Patch<Row>[],
  ): { readonly row: StagedRow<Row>; readonly change: RowChange<Row> | undefined } {
    const oldRow = this.rows.get(key);
    const newRow = this.#rowOf(key, baseRow, patches);
    const row = { key, baseRow, patches, shown: newRow };
    if (newRow === undefined) {
      return { row, change: oldRow === undefined ? undefined : { kind: 'delete', key, oldRow } };
    }
    if (oldRow === undefined) return { row, change: { kind: 'insert', key, newRow } };
    if (this.#isSame(oldRow, newRow)) return { row: { ...row, shown: oldRow }, change: undefined };
    return { row, change: { kind: 'update', key, oldRow, newRow } };
  }

  /** What is seen stays where the base now has what the patches made of it that are gone: a row may have thousands, of which the first goes and one more comes. */
  #rowOf(key: MapKey, baseRow: Row | undefined, patches: readonly Patch<Row>[]): Row | undefined {
    const known = this.#overlaid.get(key);
    const [first] = patches;
    if (known !== undefined && first !== undefined) {
      const gone = known.patches.indexOf(first);
      const kept = known.patches.length - gone;
      const isOnlyGoneBefore = gone >= 0 && patches[kept - 1] === known.patches.at(-1);
      const expected = isOnlyGoneBefore ? patched(this.#base.rows.get(key), known.patches.slice(0, gone)) : undefined;
      if (isOnlyGoneBefore && this.#isEqual(expected, baseRow)) return patched(known.shown, patches.slice(kept));
    }
    return patched(baseRow, patches);
  }

  #isEqual(left: Row | undefined, right: Row | undefined): boolean {
    return left === right || (left !== undefined && right !== undefined && this.#isSame(left, right));
  }

  #commit(rows: readonly StagedRow<Row>[]): void {
    for (const { key, patches, shown, baseRow } of rows) {
      if (patches.length > 0) {
        this.#overlaid.set(key, { patches, shown });
        continue;
      }
      this.#overlaid.delete(key);
      // The server's row is the one that was predicted: the object that everybody has seen goes on.
      const { rows: kept } = this.#base;
      if (shown !== undefined && shown !== baseRow && kept.has(key)) kept.set(key, shown);
    }
  }
}

/** Those of one call stand together. */
function without<Row>(patches: readonly Patch<Row>[], pending: PendingChanges): readonly Patch<Row>[] {
  const from = patches.findIndex((patch) => patch.pending === pending);
  if (from < 0) return patches;
  let to = from;
  while (patches[to]?.pending === pending) to++;
  return [...patches.slice(0, from), ...patches.slice(to)];
}

/** Makes the overlay of a table. */
export function createOverlay<Row>(table: PatchedTable<Row>, base: BaseRows<Row>): TableOverlay<Row> {
  return new TableOverlay(table, base);
}
