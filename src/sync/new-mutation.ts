import { decode } from '../bsatn/codec.ts';
import { type KnownReducer } from '../calls/definition.ts';
import { type MutationRecord } from '../offline/mutation-record.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';
import { deferred } from '../subscription/deferred.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/** A call that has just come into the queue. */
export function newMutation(
  id: string,
  requestId: number,
  record: MutationRecord,
  about: Pick<QueuedMutation, 'args' | 'isOutdated' | 'pending' | 'stored' | 'connection' | 'phase'> & {
    readonly changes: readonly OptimisticChange[];
  },
): QueuedMutation {
  const { changes: optimisticChanges, ...rest } = about;
  return {
    id,
    record,
    optimisticChanges,
    ...rest,
    requestId,
    settled: deferred(),
    isUnstored: false,
    caller: undefined,
  };
}

/** The arguments of a stored call; a reducer that takes others now, or is gone, cannot be called with them. */
export function argsOf(
  { reducer, shape, args }: MutationRecord,
  known: KnownReducer | undefined,
): { readonly value: unknown; readonly isOutdated: boolean } {
  const isOutdated = known === undefined || (shape !== '' && known.shape !== undefined && shape !== known.shape);
  if (known === undefined || isOutdated) return { value: undefined, isOutdated };
  try {
    return { value: decode(known.args, args, `arguments of reducer ${reducer}`), isOutdated };
  } catch {
    return { value: undefined, isOutdated: true };
  }
}
