import { type TransactionResult } from '../calls/result.ts';
import { type MutationRecord } from '../offline/mutation-record.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';
import { type PendingChanges } from '../store/overlay/pending-changes.ts';
import { type Deferred } from '../subscription/deferred.ts';

/** Whoever waits for the first answer to a call: its outcome, or that it is pending. */
interface Caller {
  readonly resolve: (result: TransactionResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A call in the queue.
 *
 * ```text
 *              its turn             answer
 *   queued ───────────────► sent ───────────► out of the queue: committed, rejected
 *     │                      │ ▲
 *     │                 lost │ │ its turn, and not to be seen in the new rows
 *     │                      ▼ │
 *     └──► out of the    uncertain ─────────► out of the queue: committed (to be seen), expired, vetoed, evicted
 *          queue: expired, vetoed, evicted
 * ```
 */
export interface QueuedMutation {
  readonly id: string;
  /** What is stored of it; the identity may be known later. */
  record: MutationRecord;
  /** The arguments; undefined where they cannot be read any more. */
  readonly args: unknown;
  /** Whether the reducer takes other parameters now than when the call was made: it will not be sent. */
  readonly isOutdated: boolean;
  readonly optimisticChanges: readonly OptimisticChange[];
  /** What is laid over the rows for it. */
  readonly pending: PendingChanges | undefined;
  /** The id of its first request, which the results of its caller carry. */
  readonly requestId: number;
  /** Its outcome. */
  readonly settled: Deferred<TransactionResult>;
  /** Fulfilled when the store has it, or has refused it. */
  readonly stored: Promise<void>;
  phase: 'queued' | 'sent' | 'uncertain';
  /** Whether it had to wait for a connection, so that the policy is asked before it is sent. */
  hasWaited: boolean;
  /** Whether the store knows that it may have been sent. */
  isMarked: boolean;
  /** Whether it was on its way when a connection broke. */
  wasUncertain: boolean;
  /** Whether the rows of the new connection show what it predicts; of an uncertain one. */
  isSeen: boolean;
  /** Whether its optimistic changes are shown. */
  isShown: boolean;
  /** Whether the store has refused it. */
  isUnstored: boolean;
  caller: Caller | undefined;
}
