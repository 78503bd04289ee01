import { type Timestamp } from '../bsatn/special/timestamp.ts';

/** How a reducer call stands. */
export interface TransactionResult {
  /** `committed`: the server ran it. `pending`: it waits in the offline queue. `dropped`: it was not to wait, and there was no connection. */
  readonly status: 'committed' | 'pending' | 'dropped';
  /** Whether `status` is `committed`. */
  readonly isCommitted: boolean;
  /** Whether `status` is `pending`: the call is in the offline queue. */
  readonly isPending: boolean;
  /** Whether `status` is `dropped`: there was no connection, and the call was not to wait. */
  readonly isDropped: boolean;
  /** When the server ran it; undefined while pending, and when dropped. */
  readonly timestamp: Timestamp | undefined;
  /** What the reducer returned, as BSATN; undefined where it returned nothing, which is always so on servers up to 2.8. */
  readonly retValue: Uint8Array | undefined;
  /** The id of the request, as the server was told it. */
  readonly requestId: number;
  /** The id of the call in the offline queue, by which `pendingMutations` and `onMutationSyncResult` know it too; undefined where it never was in a queue. */
  readonly mutationId: string | undefined;
  /** The final outcome: of a pending call later, otherwise this result. */
  readonly settled: Promise<TransactionResult>;
}

/** What a server tells of a call that it committed. */
interface Commit {
  readonly requestId: number;
  /** Undefined where only the rows show that the call was committed. */
  readonly timestamp: Timestamp | undefined;
  readonly returnValue: Uint8Array;
  readonly mutationId: string | undefined;
}

/** The result of a call that the server committed. */
export function committedResult({ requestId, timestamp, returnValue, mutationId }: Commit): TransactionResult {
  const retValue = returnValue.length === 0 ? undefined : returnValue;
  return new Result('committed', requestId, { timestamp, retValue, mutationId });
}

/** The result of a call that waits in the queue; `settled` is its final outcome. */
export function pendingResult(
  requestId: number,
  mutationId: string,
  settled: Promise<TransactionResult>,
): TransactionResult {
  return new Result('pending', requestId, { mutationId, settled });
}

/** The result of a call that was not to wait, and found no connection. */
export function droppedResult(requestId: number): TransactionResult {
  return new Result('dropped', requestId, {});
}

/** A class, because it refers to itself: with a getter in an object literal each result would get a hidden class of its own, which outlives it. */
class Result implements TransactionResult {
  readonly status: TransactionResult['status'];
  readonly isCommitted: boolean;
  readonly isPending: boolean;
  readonly isDropped: boolean;
  readonly timestamp: Timestamp | undefined;
  readonly retValue: Uint8Array | undefined;
  readonly requestId: number;
  readonly mutationId: string | undefined;
  readonly settled: Promise<TransactionResult>;

  constructor(
    status: TransactionResult['status'],
    requestId: number,
    more: Partial<Pick<TransactionResult, 'timestamp' | 'retValue' | 'mutationId' | 'settled'>>,
  ) {
    this.status = status;
    this.isCommitted = status === 'committed';
    this.isPending = status === 'pending';
    this.isDropped = status === 'dropped';
    this.timestamp = more.timestamp;
    this.retValue = more.retValue;
    this.requestId = requestId;
    this.mutationId = more.mutationId;
    this.settled = more.settled ?? Promise.resolve(this);
  }
}
