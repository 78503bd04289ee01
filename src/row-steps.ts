import { ProtocolError } from './errors.ts';
import { type Clock } from './platform/clock.ts';
import { contextOf, type StepEvent } from './store/event-context.ts';
import { type PendingChanges } from './store/overlay/pending-changes.ts';
import { noRows, type RejectedSet, type RowChanges, type StepResult } from './store/step.ts';
import { type Store } from './store/store.ts';
import { type SubscriptionStep } from './subscription/query-sets.ts';
import { Reconciliation, reconciliationTimeoutMs } from './subscription/reconciliation.ts';
import { type QuerySetUpdate, type TableRows } from './wire/server-message.ts';

const nothing: readonly PendingChanges[] = [];

/** Whose rows they change. */
export interface RowStepsHost {
  readonly store: Store;
  readonly clock: Clock;
  /** `find`: which query sets there are, those that are ending included. `areAnswered`: whether this connection has brought the rows of all of them. */
  readonly querySets: { find(querySetId: number): object | undefined; readonly areAnswered: boolean };
  /** `violate`: client and server disagree about the sets, or about the counts of their rows; nothing of the message was applied. */
  readonly connection: { readonly isOpen: boolean; violate(error: ProtocolError): void };
  /** The rows of earlier runs. */
  readonly offline: { readonly tables: CachedRows } | undefined;
  /** The rows of a query set do not fit the generated code; they are gone, the other sets live. */
  onRejected(rejected: RejectedSet): void;
  /** The rows of the old connection have been replaced, or there were none. */
  onReconciled(): void;
}

interface CachedRows {
  /** The sets of cached rows that leave with these answers, or with the first rows of the connection. */
  replacedBy(answers: readonly AnsweredSet[]): readonly number[];
  /** A step was applied that was to forget these sets: the rows are gone that they and those it rejected had; they may have others. */
  onStep(forgotten: readonly number[], result: StepResult): void;
}

/** A query set that the server has answered or refused, and the tables that it fills. */
interface AnsweredSet {
  readonly querySetId: number;
  readonly tables: readonly string[];
}

/** Turns what the server says about rows into steps of the store: one each, or one for all query sets of a new connection. */
export class RowSteps {
  readonly #host: RowStepsHost;
  #reconciliation: { readonly gathered: Reconciliation<RowChanges>; readonly cancelTimer: () => void } | undefined;
  /** The sets whose rows are gathered were asked for on this connection. */
  #isAsked = false;
  /** What was gathered is being shown; who is called in that step, and calls, is not to overtake whoever has waited for it. */
  #isReplacing = false;
  /** Sets whose rows cannot be read, until the server has ended them: what it says of them meanwhile is left out. */
  readonly #givenUp = new Set<number>();
  /** What ends with the step that shows the rows which were gathered. */
  #ended: PendingChanges[] = [];

  constructor(host: RowStepsHost) {
    this.#host = host;
  }

  /** Whether the rows of a new connection are being gathered, or the step that shows them is under way. */
  get isReconciling(): boolean {
    return this.#reconciliation !== undefined || this.#isReplacing;
  }

  /**
   * A transaction, or the outcome of a call that expected `ended` of it. `afterwards` runs when its effects have run, whether its rows could be applied
   * or not.
   */
  transaction(
    event: StepEvent,
    updates: readonly QuerySetUpdate[],
    afterwards: () => void,
    ended: readonly PendingChanges[] = nothing,
  ): void {
    const querySets =
      this.#givenUp.size === 0 ? updates : updates.filter(({ querySetId }) => !this.#givenUp.has(querySetId));
    const stray = this.#strayOf(querySets);
    if (stray !== undefined) {
      const message = `the server sends changes of query set ${stray.querySetId}, which there is not`;
      const disagree = (): void => {
        afterwards();
        this.#host.connection.violate(new ProtocolError(message));
      };
      return ended.length > 0 ? this.#apply(event, [], [], disagree, ended) : disagree();
    }
    const changes = changesOfUpdates(querySets);
    if (this.#reconciliation === undefined) return this.#apply(event, [], changes, afterwards, ended);
    this.#reconciliation.gathered.addUpdates(changes);
    this.#ended.push(...ended);
    afterwards();
  }

  /** An update of a set that there is not. */
  #strayOf(querySets: readonly QuerySetUpdate[]): QuerySetUpdate | undefined {
    for (const update of querySets) if (this.#host.querySets.find(update.querySetId) === undefined) return update;
    return undefined;
  }

  /** The answer to a subscription, or the end of one. `afterwards` runs when its effects have run. */
  subscription({ event, tables, rows }: SubscriptionStep, afterwards: () => void): void {
    const { kind, querySetId } = event;
    if (kind !== 'subscribeApplied') this.#givenUp.delete(querySetId);
    else if (this.#givenUp.has(querySetId)) return undefined;
    const changes = changesOfAnswer(querySetId, rows);
    if (this.#reconciliation !== undefined) {
      this.#reconciliation.gathered.add({ event, tables, afterwards }, changes);
      return this.#finishIfComplete();
    }
    const forget = [querySetId, ...this.#replacedBy([{ querySetId, tables }])];
    this.#apply(event, forget, changes, (result) => {
      if (wasApplied(result, querySetId)) afterwards();
    });
  }

  /** A set whose rows cannot be read is about to be ended: its rows leave now. */
  giveUp(querySetId: number): void {
    if (this.#host.querySets.find(querySetId) === undefined) return;
    const event = { kind: 'unsubscribeApplied', querySetId } as const;
    this.subscription({ event, tables: [], rows: [] }, () => undefined);
    this.#givenUp.add(querySetId);
  }

  /** A connection is open, and there are rows from before: what it says of all sets that there are until they are answered replaces them, in one step. */
  begin(): void {
    const cancelTimer = this.#host.clock.setTimer(reconciliationTimeoutMs, () => this.#finish());
    this.#reconciliation = { gathered: new Reconciliation(), cancelTimer };
    this.#isAsked = false;
  }

  /** All sets have been asked for that are wanted: from here on the rows are replaced as soon as nothing is outstanding. */
  onAsked(): void {
    this.#isAsked = true;
    this.#finishIfComplete();
  }

  /** Not for who ends the last set when they hear that there is a connection, and asks for another in its place; nor when they hear that there is none. */
  #finishIfComplete(): void {
    const { connection, querySets } = this.#host;
    if (this.#isAsked && connection.isOpen && querySets.areAnswered) this.#finish();
  }

  /** The connection broke before everything was gathered: endings are carried out; of the rows the next connection brings newer ones. */
  abandon(): void {
    this.#isReplacing = false;
    for (const { event, tables, afterwards } of this.#end()?.answers ?? []) {
      if (event.kind !== 'subscribeApplied') this.subscription({ event, tables, rows: [] }, afterwards);
    }
  }

  /** After a time-out the sets that did not answer keep the rows they had; their answers become steps of their own. */
  #finish(): void {
    const ended = this.#end();
    if (ended === undefined) return;
    const { forget, changes, answers } = ended;
    this.#isReplacing = true;
    const afterwards = (result: StepResult): void => {
      for (const answer of answers) if (wasApplied(result, answer.event.querySetId)) answer.afterwards();
      // Not where the connection has broken meanwhile.
      if (!this.#isReplacing) return;
      this.#isReplacing = false;
      if (result.error === undefined) this.#host.onReconciled();
    };
    const answered = answers.map(({ event, tables }) => ({ querySetId: event.querySetId, tables }));
    const gone = [...forget, ...this.#replacedBy(answered)];
    this.#apply({ kind: 'reconnect' }, gone, changes, afterwards, this.#ended.splice(0));
  }

  #replacedBy(answers: readonly AnsweredSet[]): readonly number[] {
    return this.#host.offline?.tables.replacedBy(answers) ?? [];
  }

  #end(): Reconciliation<RowChanges> | undefined {
    const reconciliation = this.#reconciliation;
    this.#reconciliation = undefined;
    reconciliation?.cancelTimer();
    return reconciliation?.gathered;
  }

  #apply(
    event: StepEvent,
    forget: readonly number[],
    changes: readonly RowChanges[],
    afterwards: (result: StepResult) => void,
    ended: readonly PendingChanges[] = nothing,
  ): void {
    const host = this.#host;
    const end = ended.length > 0 ? ended : undefined;
    host.store.apply({ context: contextOf(event), forget, changes, end }, (result) => {
      const { error, rejected } = result;
      host.offline?.tables.onStep(forget, result);
      for (const set of rejected) host.onRejected(set);
      afterwards(result);
      if (error !== undefined) host.connection.violate(error);
    });
  }
}

function wasApplied({ error, rejected }: StepResult, querySetId: number): boolean {
  return error === undefined && rejected.every((set) => set.querySetId !== querySetId);
}

function changesOfAnswer(querySetId: number, rows: readonly TableRows[]): RowChanges[] {
  return rows.map(({ table, rows: inserts }) => ({
    querySetId,
    table,
    rows: { tag: 'PersistentTable', inserts, deletes: noRows },
  }));
}

function changesOfUpdates(querySets: readonly QuerySetUpdate[]): RowChanges[] {
  let changes: RowChanges[] = [];
  for (const { querySetId, tables } of querySets) {
    for (const { table, rows } of tables) {
      for (const update of rows) {
        const change = { querySetId, table, rows: update };
        // Mostly there is one, and an empty array that is pushed to makes room for 16.
        if (changes.length === 0) changes = [change];
        else changes.push(change);
      }
    }
  }
  return changes;
}
