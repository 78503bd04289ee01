import { type Signal } from '@preact/signals-core';
import { SchemaError } from '../errors.ts';
import { type BaseRows, type StagedRows } from './base-rows.ts';
import { type EventContext } from './event-context.ts';
import { type TableIndex } from './index/table-index.ts';
import { type MapKey } from './key.ts';
import { type OverlayStep } from './overlay/pending-changes.ts';
import { type StagedOverlay, type TableOverlay } from './overlay/table-overlay.ts';
import { type RowKeys } from './row-keys.ts';
import { type RowUpdate } from './step.ts';
import { type TableStep } from './store-table.ts';
import { noDiff, type StepBatch, type TableDiff } from './table-diff.ts';
import { type TableEvents } from './table-events.ts';
import { type BasePersistence } from './table-persistence.ts';
import { type TablePart, tablePart } from './touched-rows.ts';
import { type WatchedSignals } from './watched-signals.ts';

/** What a step does with a stored table. */
export interface SteppedTable<Row> {
  readonly name: string;
  readonly keys: RowKeys<Row>;
  readonly base: BaseRows<Row>;
  readonly overlay: TableOverlay<Row> | undefined;
  readonly events: TableEvents<Row>;
  readonly persistence: BasePersistence<Row> | undefined;
  readonly indexes: readonly TableIndex<Row>[];
  readonly watchedRows: WatchedSignals<MapKey, Row | undefined>;
  readonly version: Signal<number>;
  versionNumber: number;
  readonly pendingVersion: Signal<number>;
}

const noParts: never[] = [];
const nothingStaged: StagedRows<never> = { diff: noDiff, commit: () => undefined };

/** The part of a stored table in one step. */
export class StoredTableStep<Row> implements TableStep {
  readonly #table: SteppedTable<Row>;
  #parts: TablePart<Row>[] = noParts;
  #base: StagedRows<Row> = nothingStaged;
  #overlay: StagedOverlay<Row> | undefined;
  #batch: StepBatch<Row> | undefined;

  constructor(table: SteppedTable<Row>) {
    this.#table = table;
  }

  read(querySetId: number, rows: RowUpdate): void {
    const { name, keys } = this.#table;
    if (rows.tag === 'EventTable') {
      const message = `the server announces rows of table ${name}, which the generated code takes for a stored table; run \`generate\` and build again`;
      throw new SchemaError(message, { table: name });
    }
    const deletes = keys.list(rows.deletes);
    const part = tablePart(querySetId, deletes, keys.list(rows.inserts));
    if (this.#parts.length === 0) this.#parts = [part];
    else this.#parts.push(part);
  }

  leaveOut(querySetId: number): void {
    this.#parts = this.#parts.filter((part) => part.querySetId !== querySetId);
  }

  stage(forget: ReadonlySet<number>, overlay: OverlayStep): void {
    const { base, overlay: ownOverlay } = this.#table;
    const concerned = ownOverlay?.isConcerned(overlay) === true ? ownOverlay : undefined;
    this.#base = base.stage(forget, this.#parts, concerned === undefined);
    this.#overlay = concerned?.stage(this.#base.diff, overlay);
  }

  /** What is to be seen: what the base changes, as long as nothing is laid over the base. */
  get #visible(): TableDiff<Row> {
    return (this.#overlay ?? this.#base).diff;
  }

  get isVisible(): boolean {
    return this.#visible.size > 0;
  }

  get isPendingChanged(): boolean {
    return this.#overlay?.isPendingChanged === true;
  }

  get isHeard(): boolean {
    return this.#table.events.isHeard;
  }

  settleBatch(isAnyHeard: boolean): void {
    // A change that nobody sees makes no batch: the last one stays, and may be asked for what was there before.
    const isUnseen = !this.isVisible && this.#base.diff.size > 0;
    this.#table.events.settleBatch(isAnyHeard || isUnseen);
  }

  applyRows(): void {
    this.#base.commit();
    this.#table.persistence?.note(this.#base.diff);
    this.#overlay?.commit();
    for (const index of this.#table.indexes) index.applyRows(this.#visible);
  }

  writeRowSignals(): void {
    const diff = this.#visible;
    const { watchedRows } = this.#table;
    // Where fewer rows are watched than have changed, as in the first batch of a table, the watched ones are asked instead.
    const keys = watchedRows.size <= diff.size ? watchedRows.keys() : diff.keys;
    for (const key of keys) watchedRows.refresh(key);
  }

  writeIndexSignals(): void {
    for (const index of this.#table.indexes) index.writeSignals();
  }

  writeVersion(): void {
    const table = this.#table;
    table.version.value = ++table.versionNumber;
  }

  writePending(): void {
    if (this.isPendingChanged) this.#table.pendingVersion.value++;
  }

  announce(context: EventContext): void {
    this.#batch = this.#table.events.announce(context, this.#visible);
  }

  writeBatch(): void {
    if (this.#batch !== undefined) this.#table.events.writeBatch(this.#batch);
  }
}
