import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { BaseRows } from './base-rows.ts';
import { type KeyValue, type TableDefinition } from './definition.ts';
import { type MapKey, mapKeyOf } from './key.ts';
import { type RowEvidence } from './overlay/evidence.ts';
import { type VisibleRows } from './overlay/overlaid-rows.ts';
import { type PendingChanges } from './overlay/pending-changes.ts';
import { type MakeOverlay } from './overlay/overlay-maker.ts';
import { type TableOverlay } from './overlay/table-overlay.ts';
import { KeptRows } from './kept-rows.ts';
import { QuerySignal, type SignalSource } from './query-signal.ts';
import { type RowKeys } from './row-keys.ts';
import { RowLayout } from './row-layout.ts';
import { type StoreTable, type TableStep } from './store-table.ts';
import { type SteppedTable, StoredTableStep } from './stored-table-step.ts';
import { type StepClock, TableEvents } from './table-events.ts';
import { type IndexedTable, type TableIndex } from './index/table-index.ts';
import { type BasePersistence, type MakePersistence } from './table-persistence.ts';
import { TableSubscription } from './table-subscription.ts';
import { WatchedSignals } from './watched-signals.ts';

/**
 * A table whose rows are kept.
 *
 * ```text
 *   steps ──► base: rows and counts as the server says them
 *               │
 *   calls ──► overlay: what they expect, until their answers
 *               │
 *               ▼  visible rows
 *             indexes, row signals, index signals, version ──► rows, count, events, last batch
 * ```
 */
export class StoredTable<Row>
  implements StoreTable, SteppedTable<Row>, IndexedTable<Row>, SignalSource<MapKey, Row | undefined>
{
  readonly name: string;
  readonly subscription: TableSubscription = new TableSubscription();
  readonly events: TableEvents<Row>;
  readonly base: BaseRows<Row>;
  readonly keys: RowKeys<Row>;
  readonly rows: ReadonlySignal<readonly Row[]>;
  readonly count: ReadonlySignal<number>;
  readonly definition: TableDefinition<Row>;
  #overlay: TableOverlay<Row> | undefined;
  #persistence: BasePersistence<Row> | undefined;
  readonly indexes: TableIndex<Row>[] = [];
  readonly watchedRows: WatchedSignals<MapKey, Row | undefined> = new WatchedSignals();
  /** Has a new value whenever other keys have pending changes. */
  readonly pendingVersion: Signal<number> = signal(0);
  #isWatchedAsWhole = false;
  /** Has a new value after every step that changed a visible row. */
  readonly version: Signal<number> = signal(0, {
    watched: () => (this.#isWatchedAsWhole = true),
    unwatched: () => (this.#isWatchedAsWhole = false),
  });
  /** As `version`, without tracking. */
  versionNumber = 0;

  constructor(definition: TableDefinition<Row>, keysOf: (layout: RowLayout<Row>) => RowKeys<Row>, clock: StepClock) {
    this.definition = definition;
    this.name = definition.name;
    const layout = new RowLayout(definition);
    const keys = keysOf(layout);
    this.keys = keys;
    this.events = new TableEvents(clock);
    const kept = new KeptRows(definition, layout, keys.newSlots);
    this.base = new BaseRows(definition.name, kept, keys.areWholeRows);
    this.rows = computed(() => {
      void this.version.value;
      return this.visibleRows.toArray();
    });
    this.count = computed(() => {
      void this.version.value;
      return this.visibleRows.size;
    });
  }

  get shape(): string | undefined {
    return this.definition.shape;
  }

  get isInAllTables(): boolean {
    return this.definition.isView !== true;
  }

  get size(): number {
    return this.visibleRows.size;
  }

  /** The rows that are shown. */
  get visibleRows(): VisibleRows<Row> {
    return this.#overlay?.rows ?? this.base.rows;
  }

  /** What calls expect, laid over the base; there from the first change that a call predicts. */
  get overlay(): TableOverlay<Row> | undefined {
    return this.#overlay;
  }

  /** The watched signal of this row, or else a new one. Throws a `TypeError` for a key that no row could have. */
  rowSignal(key: KeyValue): QuerySignal<MapKey, Row | undefined> {
    const mapKey = mapKeyOf(key);
    const watched = this.watchedRows.find(mapKey);
    if (watched !== undefined) return watched;
    this.keys.check(key);
    return new QuerySignal(this, mapKey);
  }

  addIndex(index: TableIndex<Row>): void {
    this.indexes.push(index);
  }

  querySetIds(): Iterable<number> {
    return this.base.counts.querySetIds();
  }

  holds(querySetId: number): boolean {
    return this.base.counts.holds(querySetId);
  }

  get persistence(): BasePersistence<Row> | undefined {
    return this.#persistence;
  }

  persist(make: MakePersistence): void {
    this.#persistence ??= make({ definition: this.definition, keys: this.keys, base: this.base });
  }

  overlaid(make: MakeOverlay): TableOverlay<Row> {
    return (this.#overlay ??= make({ definition: this.definition, keyOf: this.keys.keyOf }, this.base));
  }

  evidenceOf(pending: PendingChanges): readonly RowEvidence[] {
    return this.#overlay?.evidenceOf(pending) ?? [];
  }

  beginStep(): TableStep {
    return new StoredTableStep(this);
  }

  read(key: MapKey): Row | undefined {
    // Asked of the rows themselves where nothing is laid over them: a call that can only end in one place is a sixth quicker.
    return this.#overlay === undefined ? this.base.rows.get(key) : this.#overlay.rows.get(key);
  }

  enlist(row: QuerySignal<MapKey, Row | undefined>): void {
    this.watchedRows.add(row.query, row);
  }

  delist(row: QuerySignal<MapKey, Row | undefined>): void {
    this.watchedRows.remove(row.query, row);
  }

  get watched(): number {
    const ofIndexes = this.indexes.map((index) => index.watched);
    return ofIndexes.reduce((sum, one) => sum + one, this.watchedRows.size + (this.#isWatchedAsWhole ? 1 : 0));
  }
}
