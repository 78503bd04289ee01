/**
 * The optimistic changes of one call, read and checked. The tables keep them as patches; this stands for all of them, from the step in which they
 * begin to the one in which they end.
 */
export class PendingChanges {
  /** The tables with a change, by name. */
  readonly tables: ReadonlySet<string>;

  constructor(tables: ReadonlySet<string>) {
    this.tables = tables;
  }
}

/** Which pending changes a step begins to show, and which it ends. */
export interface OverlayStep {
  readonly begin?: PendingChanges | undefined;
  readonly end?: readonly PendingChanges[] | undefined;
}
