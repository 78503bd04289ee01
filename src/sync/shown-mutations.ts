import { type MutationState, type PendingMutation, type QueuedCall } from './pending-mutation.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/** The calls of the queue, as the application sees them: each is the same object as long as its state is the same. */
export class ShownMutations {
  readonly #discard: (mutation: QueuedMutation) => boolean;
  readonly #last = new WeakMap<QueuedMutation, PendingMutation>();

  /** `discard` takes a call out of the queue, and says whether it could. */
  constructor(discard: (mutation: QueuedMutation) => boolean) {
    this.#discard = discard;
  }

  /** The call in this state. */
  show(mutation: QueuedMutation, state: MutationState): PendingMutation {
    const last = this.#last.get(mutation);
    if (last?.state === state) return last;
    const shown = { ...queuedCallOf(mutation), state, discard: () => this.#discard(mutation) };
    this.#last.set(mutation, shown);
    return shown;
  }
}

/** What is told of a call, whatever becomes of it. */
export function queuedCallOf({ id, record, args, optimisticChanges }: QueuedMutation): QueuedCall {
  const { reducer, args: argsBytes, createdAt } = record;
  return { id, reducer, args, argsBytes, optimisticChanges, createdAt };
}
