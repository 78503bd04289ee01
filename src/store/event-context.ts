import { type Identity } from '../bsatn/special/identity.ts';
import { type Timestamp } from '../bsatn/special/timestamp.ts';
import { type SubscriptionError } from '../errors.ts';

/** A reducer call of this client, with its outcome. Other clients' calls are never announced by the 2.x protocol. */
export interface ReducerEvent {
  readonly kind: 'reducer';
  /** The wire name of the reducer. */
  readonly reducer: string;
  /** The arguments object that the call was made with. */
  readonly args: unknown;
  /** When the server ran the reducer. */
  readonly timestamp: Timestamp;
  /** How the call ended. */
  readonly status: ReducerStatus;
  /** Who called: this client. */
  readonly callerIdentity: Identity;
}

/** How a reducer call ended. */
export type ReducerStatus =
  | { readonly tag: 'committed' }
  | { readonly tag: 'failed'; readonly message: string }
  | { readonly tag: 'internalError'; readonly message: string };

/** What caused a step. */
export type StepEvent =
  | ReducerEvent
  /** A transaction of somebody else: another client, a schedule, a procedure. The protocol does not say whose. */
  | { readonly kind: 'unknownTransaction' }
  | { readonly kind: 'subscribeApplied'; readonly querySetId: number }
  | { readonly kind: 'unsubscribeApplied'; readonly querySetId: number }
  | { readonly kind: 'subscriptionError'; readonly querySetId: number; readonly error: SubscriptionError }
  /** A pending change of this client became visible. */
  | { readonly kind: 'optimistic'; readonly reducer: string; readonly args: unknown }
  /** Pending changes of this client were taken back without an answer of the server; of several calls at once this tells the first. */
  | { readonly kind: 'rollback'; readonly reducer: string; readonly args: unknown }
  /** The rows of a new connection were reconciled with those of the old one. */
  | { readonly kind: 'reconnect' };

/** Why rows changed. */
export interface EventContext {
  /** What caused the step. */
  readonly event: StepEvent;
  /** Whether this client's own call made the change. */
  readonly isMyTransaction: boolean;
  /** Whether the server has not confirmed the change. */
  readonly isOptimistic: boolean;
}

/** The context of `event`: mine is what this client's calls did, optimistic what the server did not say. */
export function contextOf(event: StepEvent): EventContext {
  const isOptimistic = event.kind === 'optimistic' || event.kind === 'rollback';
  return { event, isMyTransaction: isOptimistic || event.kind === 'reducer', isOptimistic };
}

/** A row that became visible. */
export interface InsertEvent<Row> {
  readonly kind: 'insert';
  /** The row, which is in its table already. */
  readonly row: Row;
  /** Why it came. */
  readonly context: EventContext;
}

/** A row whose columns changed while its primary key stayed. */
export interface UpdateEvent<Row> {
  readonly kind: 'update';
  /** The row as it was last visible. */
  readonly oldRow: Row;
  /** The row as it is now; its primary key is the same. */
  readonly newRow: Row;
  /** Why it changed. */
  readonly context: EventContext;
}

/** A row that is no longer visible. */
export interface DeleteEvent<Row> {
  readonly kind: 'delete';
  /** The row as it was last visible. */
  readonly row: Row;
  /** Why it left. */
  readonly context: EventContext;
}

/** One visible change of one row. */
export type RowEvent<Row> = InsertEvent<Row> | UpdateEvent<Row> | DeleteEvent<Row>;

/** What one step did to one table. */
export interface Batch<Row> {
  /** Why the rows changed; the same for all of them. */
  readonly context: EventContext;
  /** What changed, in the order in which listeners hear it. */
  readonly events: readonly RowEvent<Row>[];
}
