import { SchemaError } from '../errors.ts';
import { type BaseRows, type StagedRows } from './base-rows.ts';
import { type EventContext } from './event-context.ts';
import { type OverlayStep } from './overlay/pending-changes.ts';
import { type StagedOverlay, type TableOverlay } from './overlay/table-overlay.ts';
import { type RowKeys } from './row-keys.ts';
import { type RowUpdate } from './step.ts';
import { type TableStep } from './store-table.ts';
import { noDiff, type StepBatch, type TableDiff } from './table-diff.ts';
import { type TableEvents } from './table-events.ts';
import { type BasePersistence } from './table-persistence.ts';
import { type TablePart, tablePart } from './touched-rows.ts';

/** What a step does with a stored table. */
export interface SteppedTable<Row> {
  readonly name: string;
  readonly keys: RowKeys<Row>;
  readonly base: BaseRows<Row>;
  readonly overlay: TableOverlay<Row> | undefined;
  readonly events: TableEvents<Row>;
  readonly persistence: BasePersistence<Row> | undefined;
  applyToIndexes(diff: TableDiff<Row>): void;
  writeRowSignals(diff: TableDiff<Row>): void;
  writeIndexSignals(): void;
  writeVersion(): void;
  writePending(): void;
}

const noParts: never[] = [];

/** The part of a stored table in one step. */
export class StoredTableStep<Row> implements TableStep {
  readonly #table: SteppedTable<Row>;
  #parts: TablePart<Row>[] = noParts;
  #base: StagedRows<Row> | undefined;
  #overlay: StagedOverlay<Row> | undefined;
  /** What is to be seen: what the base changes, as long as nothing is laid over the base. */
  #visible: TableDiff<Row> = noDiff;
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
    this.#visible = (this.#overlay ?? this.#base).diff;
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
    const isUnseen = !this.isVisible && this.#base !== undefined && this.#base.diff.size > 0;
    this.#table.events.settleBatch(isAnyHeard || isUnseen);
  }

  applyRows(): void {
    if (this.#base !== undefined) {
      this.#base.commit();
      this.#table.persistence?.note(this.#base.diff);
    }
    this.#overlay?.commit();
    this.#table.applyToIndexes(this.#visible);
  }

  writeRowSignals(): void {
    this.#table.writeRowSignals(this.#visible);
  }

  writeIndexSignals(): void {
    this.#table.writeIndexSignals();
  }

  writeVersion(): void {
    this.#table.writeVersion();
  }

  writePending(): void {
    if (this.isPendingChanged) this.#table.writePending();
  }

  announce(context: EventContext): void {
    this.#batch = this.#table.events.announce(context, this.#visible);
  }

  writeBatch(): void {
    if (this.#batch !== undefined) this.#table.events.writeBatch(this.#batch);
  }
}
