import { decode } from '../bsatn/codec.ts';
import { type KnownReducer, type ReducerDefinition } from '../calls/definition.ts';
import { deferred } from '../deferred.ts';
import { type MutationRecord } from '../offline/mutation-record.ts';
import { type RecordOwner } from '../offline/record.ts';
import { type Clock } from '../platform/clock.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';
import { type PendingChanges } from '../store/overlay/pending-changes.ts';
import { type QueueLink } from './mutation-sender.ts';
import { type LoadedMutation, type MutationStore } from './mutation-store.ts';
import { type QueueRows } from './queue-rows.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/** What a call predicts, as it was given and as it is laid over the rows. */
export interface Predicted {
  readonly changes: readonly OptimisticChange[];
  readonly pending: PendingChanges | undefined;
}

/** What there is to know about calls. */
export interface Surroundings {
  readonly store: MutationStore;
  readonly clock: Clock;
  readonly owner: () => RecordOwner;
  readonly link: QueueLink;
  readonly rows: QueueRows;
  readonly reducerOf: (name: string) => KnownReducer | undefined;
}

/** What is stored of a call that is made now. */
export function newRecord<Args>(
  { name, shape }: ReducerDefinition<Args>,
  args: Uint8Array,
  { changes, pending }: Predicted,
  { store, clock, owner, link, rows }: Surroundings,
): MutationRecord {
  return {
    ...owner(),
    unsentMark: link.isConnected() ? undefined : store.unsentMark(),
    sequence: store.nextSequence(),
    reducer: name,
    shape,
    args,
    createdAt: clock.now(),
    isProvable: rows.isProvable(pending),
    changes: rows.toStored(changes),
  };
}

/** A call that has just come into the queue. */
export function newMutation(
  id: string,
  requestId: number,
  record: MutationRecord,
  about: Predicted & Pick<QueuedMutation, 'args' | 'isOutdated' | 'stored' | 'connection' | 'phase'>,
): QueuedMutation {
  const { changes: optimisticChanges, ...rest } = about;
  return {
    id,
    record,
    optimisticChanges,
    ...rest,
    requestId,
    settled: deferred(),
    refusal: undefined,
    caller: undefined,
    shown: undefined,
  };
}

/** A call of an earlier run. */
export function mutationOf(
  { id, record }: LoadedMutation,
  { store, link, rows, reducerOf }: Surroundings,
): QueuedMutation {
  const changes = rows.fromStored(record.reducer, record.changes);
  const args = argsOf(record, reducerOf(record.reducer));
  return newMutation(id, link.nextRequestId(), record, {
    args: args.value,
    isOutdated: args.isOutdated,
    changes,
    pending: rows.prepare(changes),
    stored: Promise.resolve(),
    connection: undefined,
    phase: store.isUnsent(record) ? { kind: 'queued' } : { kind: 'uncertain', isSeen: false },
  });
}

/** The arguments of a stored call; a reducer that takes others now, or is gone, cannot be called with them. */
function argsOf(
  { reducer, shape, args }: MutationRecord,
  known: KnownReducer | undefined,
): { readonly value: unknown; readonly isOutdated: boolean } {
  const isOutdated = known === undefined || (shape !== '' && known.shape !== '' && shape !== known.shape);
  if (known === undefined || isOutdated) return { value: undefined, isOutdated };
  try {
    return { value: decode(known.args, args, `arguments of reducer ${reducer}`), isOutdated };
  } catch {
    return { value: undefined, isOutdated: true };
  }
}
