import { type TransactionResult } from '../calls/result.ts';
import { type MutationRecord } from '../offline/mutation-record.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';
import { type PendingChanges } from '../store/overlay/pending-changes.ts';
import { type Deferred } from '../deferred.ts';
import { type StorageError } from '../errors.ts';
import { type PendingMutation } from './pending-mutation.ts';
import { asStorageError } from './storage-error.ts';

/** Whoever waits for the first answer to a call: its outcome, or that it is pending. */
interface Caller {
  readonly resolve: (result: TransactionResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * How a call in the queue stands.
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
type MutationPhase =
  | { readonly kind: 'queued' }
  /** `isRepeated`: it was on its way before, when a connection broke. */
  | { readonly kind: 'sent'; readonly isRepeated: boolean }
  /** `isSeen`: the rows of the new connection show what it predicts. */
  | { readonly kind: 'uncertain'; readonly isSeen: boolean };

/** A call in the queue. */
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
  /** The id of its request, each time that it is sent; the results of its caller carry it. */
  readonly requestId: number;
  /** Its outcome. */
  readonly settled: Deferred<TransactionResult>;
  /** Fulfilled when the store has it, or has refused it. */
  readonly stored: Promise<void>;
  /** The number of the connection that it was made with; undefined without one. Under any other it has had to wait. */
  readonly connection: number | undefined;
  phase: MutationPhase;
  /** Why it is in no store: as long as there is the connection that it was made with, it need not be. Undefined where it is, or is about to be. */
  refusal: { readonly cause: unknown } | undefined;
  caller: Caller | undefined;
  /** How the application saw it last. */
  shown: PendingMutation | undefined;
}

/** Whether the call was on its way when a connection broke. */
export function wasLost({ phase }: QueuedMutation): boolean {
  return phase.kind === 'uncertain' || (phase.kind === 'sent' && phase.isRepeated);
}

/** The error of a call that its store has refused: what becomes of it, `isLost` or not. `mutation` is undefined where it is in the queue no more. */
export function refusalOf(
  reducer: string,
  mutation: QueuedMutation | undefined,
  isLost: boolean,
  cause: unknown,
): StorageError {
  return asStorageError(`keeping a call of reducer ${reducer}, ${fateOf(mutation, isLost)}`, cause);
}

function fateOf(mutation: QueuedMutation | undefined, isLost: boolean): string {
  if (mutation === undefined) return 'which has its outcome';
  if (!isLost) return 'which goes out all the same, and would not outlive this run or the connection';
  if (mutation.phase.kind === 'queued') return 'which is not sent: make it again once the store has room';
  return 'which may have been carried out, and is not sent again';
}
