import { type PendingMutation, type QueuedCall } from './pending-mutation.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/** The call as the application sees it, in this state. `discard` takes it out of the queue, and says whether it could. */
export function shownMutation(
  mutation: QueuedMutation,
  state: PendingMutation['state'],
  discard: (mutation: QueuedMutation) => boolean,
): PendingMutation {
  if (mutation.shown?.state === state) return mutation.shown;
  mutation.shown = { ...queuedCallOf(mutation), state, discard: () => discard(mutation) };
  return mutation.shown;
}

/** What is told of a call, whatever becomes of it. */
export function queuedCallOf({ id, record, args, optimisticChanges }: QueuedMutation): QueuedCall {
  const { reducer, args: argsBytes, createdAt } = record;
  return { id, reducer, args, argsBytes, optimisticChanges, createdAt };
}
