import { type Batch, type EventContext, type RowEvent } from './event-context.ts';
import { type TableChanges } from './handles.ts';
import { type MapKey } from './key.ts';

/** What a step does to one row of a table. */
export type RowChange<Row> =
  | { readonly kind: 'insert'; readonly key: MapKey; readonly newRow: Row }
  | { readonly kind: 'update'; readonly key: MapKey; readonly oldRow: Row; readonly newRow: Row }
  | { readonly kind: 'delete'; readonly key: MapKey; readonly oldRow: Row };

/** Where the events of a batch come from. */
export interface EventSource<Row> {
  eventsOf(context: EventContext): readonly RowEvent<Row>[];
}

/** What a step does to the rows of a table, at most one change per row. */
export interface TableDiff<Row> extends EventSource<Row> {
  readonly size: number;
  /** The keys of what changes. */
  readonly keys: Iterable<MapKey>;
  /** The rows that are gone, with their keys. */
  deleted(): Iterable<readonly [MapKey, Row]>;
  /** The changes with their rows. */
  readonly changes: readonly RowChange<Row>[];
}

/** A difference of these changes. */
export function diffOf<Row>(changes: readonly RowChange<Row>[]): TableDiff<Row> {
  return new MadeDiff(changes);
}

class MadeDiff<Row> implements TableDiff<Row> {
  readonly changes: readonly RowChange<Row>[];

  constructor(changes: readonly RowChange<Row>[]) {
    this.changes = changes;
  }

  get size(): number {
    return this.changes.length;
  }

  get keys(): Iterable<MapKey> {
    return this.changes.map(({ key }) => key);
  }

  deleted(): Iterable<readonly [MapKey, Row]> {
    return this.changes.flatMap((change) => (change.kind === 'delete' ? [[change.key, change.oldRow] as const] : []));
  }

  eventsOf(context: EventContext): readonly RowEvent<Row>[] {
    return this.changes.map((change) => eventOf(change, context));
  }
}

/** Where the changes come from that are made late. */
export interface LateChanges<Row> {
  keys(): Iterable<MapKey>;
  deleted(): Iterable<readonly [MapKey, Row]>;
  make(): readonly RowChange<Row>[];
}

/**
 * A difference whose rows are still bytes. Its changes are made when they are first asked for, which must be before the next step.
 */
export class LateDiff<Row> implements TableDiff<Row> {
  readonly size: number;
  readonly #source: LateChanges<Row>;
  #changes: readonly RowChange<Row>[] | undefined;

  constructor(size: number, source: LateChanges<Row>) {
    this.size = size;
    this.#source = source;
  }

  get keys(): Iterable<MapKey> {
    return this.#source.keys();
  }

  deleted(): Iterable<readonly [MapKey, Row]> {
    return this.#source.deleted();
  }

  get changes(): readonly RowChange<Row>[] {
    return (this.#changes ??= this.#source.make());
  }

  eventsOf(context: EventContext): readonly RowEvent<Row>[] {
    return this.changes.map((change) => eventOf(change, context));
  }
}

/** No difference. */
export const noDiff: TableDiff<never> = new LateDiff(0, { keys: () => [], deleted: () => [], make: () => [] });

/** The events of new rows. */
export function insertEvents<Row>(rows: readonly Row[]): EventSource<Row> {
  return { eventsOf: (context) => rows.map((row) => ({ kind: 'insert', row, context })) };
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

const noEvents: readonly never[] = [];

/** A batch that makes its events when they are first read. */
export class StepBatch<Row> implements Batch<Row> {
  readonly context: EventContext;
  #source: EventSource<Row> | undefined;
  #events: readonly RowEvent<Row>[] = noEvents;

  constructor(context: EventContext, source: EventSource<Row>) {
    this.context = context;
    this.#source = source;
  }

  get events(): readonly RowEvent<Row>[] {
    if (this.#source !== undefined) {
      this.#events = this.#source.eventsOf(this.context);
      this.#source = undefined;
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
