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

/**
 * What whoever made a call is told first: its outcome; or, when that takes too long or there is no connection, that it is written and pending. Of an abort
 * `onAbort` is told, which rejects with its reason.
 */
export function firstAnswer(
  mutation: QueuedMutation,
  { timeoutMs, signal, clock }: AnswerOptions,
  onAbort: (reason: unknown) => void,
): Promise<TransactionResult> {
  return new Promise((resolve, reject) => {
    const abort = (): void => onAbort(signal?.reason);
    const cancelTimer =
      timeoutMs > 0 && timeoutMs !== Infinity
        ? clock.setTimer(timeoutMs, () => onTimeout(mutation, timeoutMs))
        : (): void => undefined;
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
    if (timeoutMs === 0) tellPending(mutation);
  });
}

/** Whoever waits for the outcome is told that it is pending, as soon as it is written. */
export function tellPending(mutation: QueuedMutation): void {
  if (mutation.caller !== undefined) void tellWhenStored(mutation);
}

async function tellWhenStored(mutation: QueuedMutation): Promise<void> {
  await mutation.stored;
  const { id, requestId, settled } = mutation;
  if (!mutation.isUnstored) mutation.caller?.resolve(pendingResult(requestId, id, settled.promise));
}

function onTimeout(mutation: QueuedMutation, timeoutMs: number): void {
  if (!mutation.isUnstored) return tellPending(mutation);
  const message = `calling reducer ${mutation.record.reducer}: no answer within ${timeoutMs} ms, and the offline store could not keep the call`;
  mutation.caller?.reject(new TimeoutError(message));
}
