import { type Batch, type EventContext, type RowEvent } from './event-context.ts';
import { type TableChanges } from './handles.ts';
import { type MapKey } from './key.ts';

/** What a step does to one row of a table. */
export type RowChange<Row> =
  | { readonly kind: 'insert'; readonly key: MapKey; readonly newRow: Row }
  | { readonly kind: 'update'; readonly key: MapKey; readonly oldRow: Row; readonly newRow: Row }
  | { readonly kind: 'delete'; readonly key: MapKey; readonly oldRow: Row };

/** Makes the events of a batch. */
export type EventsOf<Row> = (context: EventContext) => readonly RowEvent<Row>[];

/** What a step does to the rows of a table, at most one change per row. */
export interface TableDiff<Row> {
  readonly size: number;
  readonly changes: readonly RowChange<Row>[];
  readonly eventsOf: EventsOf<Row>;
}

/** A difference of these changes. */
export function diffOf<Row>(changes: readonly RowChange<Row>[]): TableDiff<Row> {
  return { size: changes.length, changes, eventsOf: (context) => changes.map((change) => eventOf(change, context)) };
}

/** A difference of nothing but new rows; its changes are only made when the commit needs them. */
export class InsertDiff<Row> implements TableDiff<Row> {
  readonly size: number;
  readonly eventsOf: EventsOf<Row>;
  readonly #byKey: ReadonlyMap<MapKey, Row>;
  #changes: readonly RowChange<Row>[] | undefined;

  /** `rows` are the values of `byKey`, which may change when the commit is over. */
  constructor(byKey: ReadonlyMap<MapKey, Row>, rows: readonly Row[]) {
    this.size = rows.length;
    this.eventsOf = insertEvents(rows);
    this.#byKey = byKey;
  }

  get changes(): readonly RowChange<Row>[] {
    this.#changes ??= Array.from(this.#byKey, ([key, newRow]) => ({ kind: 'insert', key, newRow }));
    return this.#changes;
  }
}

/** The events of new rows. A function of its own, so that a batch that is kept does not keep more than the rows. */
export function insertEvents<Row>(rows: readonly Row[]): EventsOf<Row> {
  return (context) => rows.map((row) => ({ kind: 'insert', row, context }));
}

function eventOf<Row>(change: RowChange<Row>, context: EventContext): RowEvent<Row> {
  switch (change.kind) {
    case 'insert':
      return { kind: 'insert', row: change.newRow, context };
    case 'update':
      return { kind: 'update', oldRow: change.oldRow, newRow: change.newRow, context };
    case 'delete':
      return { kind: 'delete', row: change.oldRow, context };
  }
}

/** A batch that makes its events when they are first read. */
export class StepBatch<Row> implements Batch<Row> {
  readonly #context: () => EventContext;
  #eventsOf: EventsOf<Row> | undefined;
  #events: readonly RowEvent<Row>[] = [];

  constructor(context: () => EventContext, eventsOf: EventsOf<Row>) {
    this.#context = context;
    this.#eventsOf = eventsOf;
  }

  get context(): EventContext {
    return this.#context();
  }

  get events(): readonly RowEvent<Row>[] {
    if (this.#eventsOf !== undefined) {
      this.#events = this.#eventsOf(this.#context());
      this.#eventsOf = undefined;
    }
    return this.#events;
  }
}

/** The events of a batch sorted by kind. */
export function changesOf<Row>(batch: Batch<Row>): TableChanges<Row> {
  const inserted: Row[] = [];
  const updated: { readonly oldRow: Row; readonly newRow: Row }[] = [];
  const deleted: Row[] = [];
  for (const event of batch.events) {
    if (event.kind === 'insert') inserted.push(event.row);
    else if (event.kind === 'update') updated.push({ oldRow: event.oldRow, newRow: event.newRow });
    else deleted.push(event.row);
  }
  return { inserted, updated, deleted };
}
