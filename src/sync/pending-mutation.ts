import { type TransactionResult } from '../calls/result.ts';
import { type SpacetimeDbError } from '../errors.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';

/**
 * How a call in the queue stands. `queued`: it waits for its turn. `sent`: it is on its way. `uncertain`: it was on its way when the connection broke, or the
 * last run of the program ended. `held`: it belongs to another identity or database, and is not sent by this one.
 */
export type MutationState = 'queued' | 'sent' | 'uncertain' | 'held';

/** A reducer call, as the offline queue knows it. */
export interface QueuedCall {
  /** Unique for ever in its store, in every run the same; the `mutationId` of the call's {@link TransactionResult}. */
  readonly id: string;
  /** The reducer's name on the wire. */
  readonly reducer: string;
  /** The arguments; undefined where the generated code cannot read them, because the reducer is another one by now. */
  readonly args: unknown;
  /** The BSATN of the arguments. */
  readonly argsBytes: Uint8Array;
  /** What the call was expected to change, as far as the tables are still the same. */
  readonly optimisticChanges: readonly OptimisticChange[];
  /** When the call was made, in milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** A call that is in the queue. In `pendingMutations` it is the same object as long as its `state` is the same. */
export interface PendingMutation extends QueuedCall {
  /** How it stands in the queue. */
  readonly state: MutationState;
  /** Takes the call out of the queue, as `vetoed`. `false`: it is on its way, or was not in the queue any more. */
  discard(): boolean;
}

/** How a call left the queue. */
export type MutationOutcome = 'committed' | 'rejected' | 'expired' | 'vetoed' | 'evicted';

/**
 * The outcome of one call that was in the queue. Each has exactly one, as long as the process lives: one that ends after the server's answer came and before
 * the store has let go of the call finds it there in its next run, as `uncertain`, and its outcome is told again, with the same id.
 */
export interface MutationSyncResult {
  /** The call. */
  readonly mutation: QueuedCall;
  /** How it ended. */
  readonly outcome: MutationOutcome;
  /** Of a committed call; without a `timestamp` where no answer came, and the rows of the server, or `onUncertain`, said that it was carried out. */
  readonly result: TransactionResult | undefined;
  /** The server's `ReducerError`, or a `MutationDiscardedError`; undefined where it was committed. */
  readonly error: SpacetimeDbError | undefined;
  /** Whether it was on its way when a connection broke, so that the server may have carried it out once more, or nevertheless. */
  readonly isUncertain: boolean;
  /**
   * Whether its call had resolved as `pending` before, or an earlier run made it. Where not, whoever made the call has just been told the same by its promise, so
   * that a message for everybody would be a second one.
   */
  readonly wasPending: boolean;
}
