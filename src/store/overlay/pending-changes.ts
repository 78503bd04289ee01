import { contextOf } from '../event-context.ts';
import { type Step } from '../step.ts';

interface CallOfChanges {
  /** Of the reducer, on the wire. */
  readonly name: string;
  readonly args: unknown;
}

/** A call, as far as what it expects is concerned. */
export interface OptimisticCall extends CallOfChanges {
  readonly attached: PendingChanges | undefined;
}

interface AppliedSteps {
  apply(step: Step): void;
}

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

  /** Their call was made: they are shown until its answer comes. */
  show(store: AppliedSteps, { name: reducer, args }: CallOfChanges, isSilent = false): void {
    const context = contextOf({ kind: 'optimistic', reducer, args });
    store.apply({ context, isSilent, forget: [], changes: [], begin: this });
  }

  /** No answer will come to `calls`, of which theirs is the first that expected anything: all of it is taken back in one step. */
  takeBack(store: AppliedSteps, { name: reducer, args }: CallOfChanges, calls: readonly OptimisticCall[]): void {
    const context = contextOf({ kind: 'rollback', reducer, args });
    store.apply({ context, forget: [], changes: [], end: calls.flatMap(({ attached }) => attached ?? []) });
  }
}

/** No answer will come to these calls: what they expected is taken back in one step. */
export function takeBack(store: AppliedSteps, calls: readonly OptimisticCall[]): void {
  const first = calls.find(({ attached }) => attached !== undefined);
  first?.attached?.takeBack(store, first, calls);
}

/** Which pending changes a step begins to show, and which it ends. */
export interface OverlayStep {
  readonly begin?: PendingChanges | undefined;
  readonly end?: readonly PendingChanges[] | undefined;
}
