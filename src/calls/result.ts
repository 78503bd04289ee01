import { type Timestamp } from '../bsatn/special/timestamp.ts';

/** How a reducer call stands. */
export interface TransactionResult {
  /** `committed`: the server ran it. `pending`: it waits in the offline queue. `dropped`: it was not to wait, and there was no connection. */
  readonly status: 'committed' | 'pending' | 'dropped';
  readonly isCommitted: boolean;
  readonly isPending: boolean;
  readonly isDropped: boolean;
  /** When the server ran it; undefined while pending, and when dropped. */
  readonly timestamp: Timestamp | undefined;
  /** What the reducer returned, as BSATN; undefined where it returned nothing, which is always so on servers up to 2.8. */
  readonly retValue: Uint8Array | undefined;
  readonly requestId: number;
  /** The final outcome: of a pending call later, otherwise this result. */
  readonly settled: Promise<TransactionResult>;
}

/** The result of a call that the server committed. */
export function committedResult(requestId: number, timestamp: Timestamp, returnValue: Uint8Array): TransactionResult {
  const result: Omit<TransactionResult, 'settled'> = {
    status: 'committed',
    isCommitted: true,
    isPending: false,
    isDropped: false,
    timestamp,
    retValue: returnValue.length === 0 ? undefined : returnValue,
    requestId,
  };
  const settled: TransactionResult = {
    ...result,
    get settled() {
      return Promise.resolve(settled);
    },
  };
  return settled;
}
