import { SchemaError } from '../errors.ts';
import { type StoredChange } from '../offline/mutation-record.ts';
import { contextOf } from '../store/event-context.ts';
import { type RowEvidence } from '../store/overlay/evidence.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';
import { type OptimisticCall, type PendingChanges, takeBack } from '../store/overlay/pending-changes.ts';
import { prepareChanges } from '../store/overlay/prepare-changes.ts';
import { readRows } from '../store/row-reader.ts';
import { type Store } from '../store/store.ts';
import { rowListOf } from '../wire/row-list.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/** What the queue has to do with rows. */
interface QueueRowsOptions {
  readonly store: Store;
  /** Whether the rows of the table are those of this connection. */
  readonly isFresh: (table: string) => boolean;
  /** Whether it has brought all of them, so that one which is not there is nowhere. */
  readonly isWhole: (table: string) => boolean;
  readonly onError: (error: unknown) => void;
}

/** Joins the queue with the tables: what its calls predict, and what the rows tell of them. */
export class QueueRows {
  readonly #options: QueueRowsOptions;
  /** The calls whose optimistic changes were laid over the rows, and have not been taken back. */
  readonly #shown = new WeakSet<QueuedMutation>();

  constructor(options: QueueRowsOptions) {
    this.#options = options;
    // What waits may predict changes that nobody made in this run.
    options.store.provideOverlays(prepareChanges);
  }

  /** Reads what a call predicts. Throws a `TypeError` where it does not fit its table. */
  prepare(changes: readonly OptimisticChange[]): PendingChanges | undefined {
    return changes.length === 0 ? undefined : this.#options.store.prepare(changes);
  }

  /** The same as bytes. */
  toStored(changes: readonly OptimisticChange[]): readonly StoredChange[] {
    return changes.map((change) => {
      const table = this.#options.store.table(change.table);
      const rows = change.kind === 'update' ? [change.oldRow, change.newRow] : [change.row];
      const encoded = rows.flatMap((row) => table?.persistence?.encodeRow(row) ?? []);
      return { kind: change.kind, table: change.table, shape: table?.shape ?? '', rows: encoded };
    });
  }

  /** What the bytes say, without what does not fit its table any more, which is reported. */
  fromStored(reducer: string, stored: readonly StoredChange[]): readonly OptimisticChange[] {
    return stored.flatMap((change) => {
      try {
        return this.#read(change);
      } catch (cause) {
        const message = `a call of ${reducer} that waits predicts rows of table ${change.table}, which are others now: it does not show`;
        this.#options.onError(new SchemaError(message, { table: change.table, cause }));
        return [];
      }
    });
  }

  #read({ kind, table: name, shape, rows: bytes }: StoredChange): OptimisticChange {
    const table = this.#options.store.table(name);
    if (table === undefined) throw new SchemaError(`there is no table ${name}`, { table: name });
    if (shape !== '' && table.shape !== undefined && shape !== table.shape) {
      throw new SchemaError(`its rows were ${shape} and are ${table.shape}`, { table: name });
    }
    const [first, second] = readRows(table.definition, rowListOf(bytes));
    if (kind === 'update') return { kind, table: name, oldRow: first, newRow: second };
    return { kind, table: name, row: first };
  }

  /** What the call predicts is shown, once; silently while nobody can listen. */
  show(mutation: QueuedMutation, isSilent = false): void {
    if (this.#shown.has(mutation)) return;
    this.#shown.add(mutation);
    mutation.pending?.show(this.#options.store, callOf(mutation), isSilent);
  }

  /** What the calls predict is shown no longer, in one step. */
  takeBack(mutations: readonly QueuedMutation[]): void {
    const shown = mutations.filter((mutation) => this.#shown.delete(mutation));
    takeBack(this.#options.store, shown.map(callOf));
  }

  /** The rows of the server show what the call did: they take the place of what it predicted. */
  confirm(mutation: QueuedMutation): void {
    const { pending } = mutation;
    if (pending === undefined || !this.#shown.delete(mutation)) return;
    this.#options.store.apply({ context: contextOf({ kind: 'reconnect' }), forget: [], changes: [], end: [pending] });
  }

  /** What the rows of the server show of a call: nothing where they are not here, or it predicts none. */
  evidenceOf({ pending }: Pick<QueuedMutation, 'pending'>): readonly RowEvidence[] {
    const { isFresh, isWhole } = this.#options;
    if (pending === undefined || !Array.from(pending.tables).every((table) => isFresh(table))) return [];
    return this.#seen(pending).map((row) => {
      const isProven = row.isSeen && (row.absentFrom === undefined || isWhole(row.absentFrom));
      return { ...row, isSeen: isProven };
    });
  }

  /** Whether rows could ever show that the call was carried out: not where they are as it predicts already. */
  isProvable(pending: PendingChanges | undefined): boolean {
    return pending !== undefined && this.#seen(pending).some(({ isSeen }) => !isSeen);
  }

  #seen(pending: PendingChanges): readonly RowEvidence[] {
    return Array.from(pending.tables).flatMap((name) => this.#options.store.table(name)?.evidenceOf(pending) ?? []);
  }
}

function callOf({ record, args, pending }: QueuedMutation): OptimisticCall {
  return { name: record.reducer, args, attached: pending };
}
