import { type Timers } from '../calls/deadlines.ts';
import { pendingResult, type TransactionResult } from '../calls/result.ts';
import { TimeoutError } from '../errors.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/** How long whoever made a call waits for its outcome. */
export interface AnswerOptions {
  /** In milliseconds; 0 where there is no connection, so that only the store is waited for. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Timers;
}

/** What becomes of a call whose caller waits no longer. */
interface WaitingEnds {
  /** The caller is to be told, with this reason. */
  readonly onAbort: (reason: unknown) => void;
  /** There is no outcome in time, nor can it be `pending`, since it is in no store. */
  readonly onLate: (error: TimeoutError) => void;
}

/** What whoever made a call is told first: its outcome; or, when that takes too long or there is no connection, that it is written and pending. */
export function firstAnswer(
  mutation: QueuedMutation,
  { timeoutMs, signal, clock }: AnswerOptions,
  { onAbort, onLate }: WaitingEnds,
): Promise<TransactionResult> {
  return new Promise((resolve, reject) => {
    const abort = (): void => onAbort(signal?.reason);
    const late = (): void => {
      const { reducer } = mutation.record;
      const message = `calling reducer ${reducer}: no answer within ${timeoutMs} ms, and the offline store could not keep the call`;
      void tellPending(mutation, () => onLate(new TimeoutError(message)));
    };
    const cancelTimer =
      timeoutMs > 0 && timeoutMs !== Infinity ? clock.setTimer(timeoutMs, late) : (): void => undefined;
    const end = (settle: () => void): void => {
      mutation.caller = undefined;
      cancelTimer();
      signal?.removeEventListener('abort', abort);
      settle();
    };
    mutation.caller = {
      resolve: (result) => end(() => resolve(result)),
      reject: (error) => end(() => reject(error)),
    };
    signal?.addEventListener('abort', abort);
    if (timeoutMs === 0) void tellPending(mutation);
  });
}

/** Whoever waits for the outcome is told that it is pending, as soon as it is written; or else `onUnstored` is. */
export async function tellPending(mutation: QueuedMutation, onUnstored?: () => void): Promise<void> {
  await mutation.stored;
  const { id, requestId, settled, caller, refusal } = mutation;
  if (caller === undefined) return;
  if (refusal === undefined) caller.resolve(pendingResult(requestId, id, settled.promise));
  else onUnstored?.();
}
