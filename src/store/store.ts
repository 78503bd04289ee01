import { batch } from '@preact/signals-core';
import { ProtocolError, SchemaError } from '../errors.ts';
import { type OptimisticChange } from './overlay/optimistic-change.ts';
import { changePreparer, type PrepareChanges, provideOverlays } from './overlay/overlay-maker.ts';
import { type OverlayStep, type PendingChanges } from './overlay/pending-changes.ts';
import { type RejectedSet, type Step, type StepResult } from './step.ts';
import { StepQueue } from './step-queue.ts';
import { StepPlan } from './step-plan.ts';
import { type StoreTable, type TableStep } from './store-table.ts';
import { type StepClock } from './table-events.ts';

/** What a {@link Store} works with. */
export interface StoreOptions {
  /** Told of errors that belong to nobody else: those of listeners and effects, and what the server sends of unknown tables. Throws nothing. */
  readonly onError: (error: unknown) => void;
  /** Runs the commit of each step, so that a framework can batch it with its own updates; it must call `run` at once. */
  readonly wrapCommit?: ((run: () => void) => void) | undefined;
}

/**
 * All tables of a client, and the steps that change them. A step is one message of the server:
 *
 * ```text
 * read      every row is decoded            rows that do not fit: their query set is dropped in this step
 * stage     counts and differences          a negative count: nothing is applied
 *           what pending calls expect is laid over them
 * commit    one batch:
 *             rows, counts, indexes of all tables
 *             row signals, then index signals, then versions, then pending keys
 *             listeners
 *             last batches
 *           the batch ends: effects run, what reads whole tables before what reads single rows
 * settle    `done`
 * ```
 *
 * signals-core runs effects in reverse order of the writes, which is why rows are written first: an effect that shows a list runs, and ends
 * the effects of rows that are gone, before those run.
 */
export class Store implements StepClock {
  readonly onError: (error: unknown) => void;
  readonly #wrapCommit: ((run: () => void) => void) | undefined;
  readonly #queue: StepQueue;
  readonly #tables = new Map<string, StoreTable>();
  /** Sets that were rejected: the server does not know yet, and goes on sending their changes. */
  readonly #rejected = new Set<number>();
  readonly #unknownTables = new Set<string>();
  #stepNumber = 0;

  constructor({ onError, wrapCommit }: StoreOptions) {
    this.onError = onError;
    this.#wrapCommit = wrapCommit;
    this.#queue = new StepQueue(onError);
  }

  /** The number of the last step, counting the one under way. */
  get stepNumber(): number {
    return this.#stepNumber;
  }

  /** Adds a table. Throws an `Error` when there is one of its name. */
  add(table: StoreTable): void {
    if (this.#tables.has(table.name)) throw new Error(`the store has a table ${table.name} already`);
    this.#tables.set(table.name, table);
  }

  /** The table of this name on the wire. */
  table(name: string): StoreTable | undefined {
    return this.#tables.get(name);
  }

  /** All tables. */
  tables(): Iterable<StoreTable> {
    return this.#tables.values();
  }

  /** Runs `task` now, or directly after the step under way; steps that it applies are applied at once. */
  whenIdle(task: () => void): void {
    this.#queue.whenIdle(task);
  }

  /**
   * Applies a step now, or, when one is under way, directly after it. `done` is told the outcome when its effects have run; only
   * a step without rows goes well in any case, and needs none. Within a batch of the caller the effects run at the end of that, after `done`.
   */
  apply(step: Step, done?: (result: StepResult) => void): void {
    this.#queue.run(() => {
      const result = this.#perform(step);
      done?.(result);
    });
  }

  /** For what is loaded on demand, which has a copy of its own of everything: see {@link provideOverlays}. */
  provideOverlays(prepare: PrepareChanges): void {
    provideOverlays(prepare);
  }

  /**
   * Reads the optimistic changes of a call. Nothing of them shows before a step begins them. Throws a `TypeError` when one does not fit its table, or
   * there is no such table.
   */
  prepare(changes: readonly OptimisticChange[]): PendingChanges {
    const prepare = changePreparer();
    if (prepare !== undefined) return prepare(changes, this.#tables);
    throw new TypeError(
      `an optimistic change of table ${changes[0]?.table}: make it with the OptimisticChange of this copy of the package`,
    );
  }

  #perform(step: Step): StepResult {
    // Such as the answer to a call that changed no row which anybody here subscribed to.
    if (isEmpty(step)) return { rejected: [], error: undefined };
    const plan = new StepPlan();
    const asked: ReadonlySet<number> = step.forget.length > 0 ? new Set(step.forget) : nothing;
    const rejected = this.#read(step, plan, asked);
    const forget = rejected.length > 0 ? new Set([...asked, ...rejected.map((set) => set.querySetId)]) : asked;
    for (const { querySetId } of rejected) for (const part of plan.parts) part.leaveOut(querySetId);
    this.#addForgetful(plan, forget);
    this.#addOverlaid(plan, step);
    try {
      for (const part of plan.parts) part.stage(forget, step);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // The rows of the step are impossible. What its call expected ends all the same: no other answer will come.
      this.#perform({ ...step, forget: [], changes: [] });
      return { rejected: [], error };
    }
    for (const querySetId of asked) this.#rejected.delete(querySetId);
    for (const { querySetId } of rejected) this.#rejected.add(querySetId);
    this.#commit(plan.parts, step);
    return { rejected, error: undefined };
  }

  /** Reads all rows of the step; the first one of a set that does not fit rejects the set. */
  #read(step: Step, plan: StepPlan, forget: ReadonlySet<number>): readonly RejectedSet[] {
    const rejected: RejectedSet[] = [];
    for (const { querySetId, table: name, rows } of step.changes) {
      if (
        rejected.some((set) => set.querySetId === querySetId) ||
        (this.#rejected.has(querySetId) && !forget.has(querySetId))
      )
        continue;
      const table = this.#tables.get(name);
      if (table === undefined) {
        this.#reportUnknown(name);
        continue;
      }
      try {
        plan.partOf(table).read(querySetId, rows);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        rejected.push({ querySetId, error });
      }
    }
    return rejected;
  }

  /** Tables that the step does not name have part in it when a set leaves that has rows there. */
  #addForgetful(plan: StepPlan, forget: ReadonlySet<number>): void {
    for (const querySetId of forget) {
      for (const table of this.#tables.values()) if (table.holds(querySetId)) plan.partOf(table);
    }
  }

  /** Tables that the step does not name have part in it when pending changes of theirs begin or end. */
  #addOverlaid(plan: StepPlan, { begin, end }: OverlayStep): void {
    if (begin !== undefined) this.#addTables(plan, begin);
    if (end !== undefined) for (const pending of end) this.#addTables(plan, pending);
  }

  #addTables(plan: StepPlan, pending: PendingChanges): void {
    for (const name of pending.tables) {
      const table = this.#tables.get(name);
      if (table !== undefined) plan.partOf(table);
    }
  }

  #commit(parts: readonly TableStep[], { context, isSilent = false }: Step): void {
    this.#stepNumber++;
    const visible = parts.every((part) => part.isVisible) ? parts : parts.filter((part) => part.isVisible);
    const isAnyHeard = visible.some((part) => part.isHeard);
    for (const part of parts) part.settleBatch(isAnyHeard);
    if (visible.length === 0 && !parts.some((part) => part.isPendingChanged)) {
      for (const part of parts) part.applyRows();
      return;
    }
    const write = (): void => {
      for (const part of parts) part.applyRows();
      for (const part of visible) part.writeRowSignals();
      for (const part of visible) part.writeIndexSignals();
      for (const part of visible) part.writeVersion();
      for (const part of parts) part.writePending();
      if (isSilent) return;
      for (const part of visible) part.announce(context);
      for (const part of visible) part.writeBatch();
    };
    if (this.#wrapCommit === undefined) this.#batched(write);
    else this.#wrapped(this.#wrapCommit, write);
  }

  /** Writes in one batch, at the end of which the effects run. */
  #batched(write: () => void): void {
    try {
      batch(write);
    } catch (error) {
      this.onError(error);
    }
  }

  /** Writes exactly once, whatever `wrapCommit` does. */
  #wrapped(wrapCommit: (run: () => void) => void, write: () => void): void {
    let isPending = true;
    const run = (): void => {
      if (!isPending) return;
      isPending = false;
      this.#batched(write);
    };
    try {
      wrapCommit(run);
    } catch (error) {
      this.onError(error);
    }
    run();
  }

  #reportUnknown(table: string): void {
    if (this.#unknownTables.has(table)) return;
    this.#unknownTables.add(table);
    const message = `the server sends rows of table ${table}, which the generated code does not know; run \`generate\` and build again`;
    this.onError(new SchemaError(message, { table }));
  }
}

const nothing: ReadonlySet<number> = new Set();

/** Makes a store without tables. */
export function createStore(options: StoreOptions): Store {
  return new Store(options);
}

function isEmpty({ changes, forget, begin, end }: Step): boolean {
  return changes.length === 0 && forget.length === 0 && begin === undefined && end === undefined;
}
