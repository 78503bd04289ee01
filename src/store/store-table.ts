import { type EventContext } from './event-context.ts';
import { type RowEvidence } from './overlay/evidence.ts';
import { type OptimisticChange } from './overlay/optimistic-change.ts';
import { type MakeOverlay } from './overlay/overlay-maker.ts';
import { type OverlayStep, type PendingChanges } from './overlay/pending-changes.ts';
import { type ReadableTable } from './row-reader.ts';
import { type RowUpdate } from './step.ts';
import { type MakePersistence, type TablePersistence } from './table-persistence.ts';
import { type TableSubscription } from './table-subscription.ts';

/** What makes patches of optimistic changes, for a later step to begin. Throws a `TypeError` when a row does not fit the table. */
interface PreparedOverlay {
  prepare(changes: readonly OptimisticChange[], pending: PendingChanges): void;
}

/** A table as the store sees it, whatever its rows are. */
export interface StoreTable {
  /** The name on the wire. */
  readonly name: string;
  /** The hash of what a row is, as the definition says it: rows that were stored under another cannot be read. */
  readonly shape: string | undefined;
  /** Settles the promise behind `subscribed`. */
  readonly subscription: TableSubscription;
  /** What a server fills by `SELECT * FROM *`: neither a view nor an event table. */
  readonly isInAllTables: boolean;
  /** How many rows are visible. */
  readonly size: number;
  /** How many keys of rows and queries of indexes are watched, and 1 more where the table is watched as a whole. */
  readonly watched: number;
  /** What its rows are like. */
  readonly definition: ReadableTable<unknown>;
  /** The query sets that have rows here. */
  querySetIds(): Iterable<number>;
  /** Whether the query set has rows here. */
  holds(querySetId: number): boolean;
  /** What is laid over its rows, made where there is nothing yet; undefined where rows are not kept. */
  overlaid(make: MakeOverlay): PreparedOverlay | undefined;
  /** What the rows of the server show of changes that were prepared. */
  evidenceOf(pending: PendingChanges): readonly RowEvidence[];
  /** The rows that the server said, for what outlives the client; undefined where rows are not kept, and before somebody wants that. */
  readonly persistence: TablePersistence | undefined;
  /** Sees to it that there is `persistence`, where rows are kept. */
  persist(make: MakePersistence): void;
  /** Begins the part of this table in a step. */
  beginStep(): TableStep;
}

/**
 * The part of one table in one step. The store calls the methods in the order in which they stand here, each for all tables of the step
 * before the next one. Up to `applyRows` nothing has changed; from there on nothing throws.
 */
export interface TableStep {
  /** Reads rows. Throws a `SchemaError` when they do not fit the table. */
  read(querySetId: number, rows: RowUpdate): void;
  /** Leaves out what was read for a query set that is given up. */
  leaveOut(querySetId: number): void;
  /**
   * Works out what changes, after the rows of the sets in `forget` have left and with the pending changes of `overlay`. Throws a `ProtocolError`
   * when a count would become negative.
   */
  stage(forget: ReadonlySet<number>, overlay: OverlayStep): void;
  /** Whether there is anything to see; if not, only `applyRows` and `writePending` are called. */
  readonly isVisible: boolean;
  /** Whether other keys have pending changes than before, which may be so where no row changes for the eye. */
  readonly isPendingChanged: boolean;
  /** Whether the table has listeners. */
  readonly isHeard: boolean;
  /** Sees to it that the last batch can still say what it was about. `isAnyHeard`: whether a table of the step has listeners. */
  settleBatch(isAnyHeard: boolean): void;
  /** Changes the plain data: rows, counts, indexes. */
  applyRows(): void;
  writeRowSignals(): void;
  writeIndexSignals(): void;
  /** Writes what depends on the table as a whole. */
  writeVersion(): void;
  /** Writes which keys have pending changes. Called for every table of a step that changes anything visible. */
  writePending(): void;
  /** Calls the listeners. */
  announce(context: EventContext): void;
  writeBatch(): void;
}
