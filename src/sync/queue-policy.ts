import { withDefaults } from '../option-names.ts';
import { type PendingMutation } from './pending-mutation.ts';

/** What becomes of a call whose turn has come: it is sent, or it leaves the queue as `vetoed`. */
export type ReplayDecision = 'replay' | 'discard';

/** What becomes of a call that may have been carried out: it counts as committed, is sent again, or leaves the queue as `vetoed`. */
export type UncertainDecision = 'committed' | 'replay' | 'discard';

/** How the offline queue deals with what waits in it. Everything has a default: replay all, in order, without bounds. */
export interface OfflineQueuePolicy {
  /**
   * How old a call may be when its turn comes, in milliseconds; an older one leaves the queue as `expired` and is not sent. Default `Infinity`. One that was
   * sent before the connection broke may have been carried out all the same: its result says `isUncertain`.
   */
  readonly maxMutationAgeMs?: number | undefined;
  /** How many calls may wait. Default `Infinity`. */
  readonly maxQueueLength?: number | undefined;
  /**
   * What gives way when the queue is full: the new call rejects with a `QueueFullError` (the default), or the oldest one leaves as `evicted`. One that is on
   * its way is never evicted; where all are, the new call is rejected.
   */
  readonly overflow?: 'rejectNew' | 'dropOldest' | undefined;
  /** Asked before a call is sent that had to wait for a connection, in order; the queue waits for the answer. */
  readonly onBeforeReplay?: ((mutation: PendingMutation) => ReplayDecision | Promise<ReplayDecision>) | undefined;
  /**
   * Asked about a call that was on its way when the connection broke, once the new rows are here. `isSeen`: they show what its optimistic changes predict.
   * By default such a call counts as committed where that is so, and is sent again where it is not. Rows do not tell who wrote them: where somebody else
   * wrote the very same meanwhile, they show it, too. A call without optimistic changes is never seen, nor one that predicted what was there already,
   * nor one that predicted that a row goes, unless all rows of the table are subscribed to (`SELECT * FROM note`): elsewhere it may be, and not be shown.
   */
  readonly onUncertain?:
    | ((mutation: PendingMutation, isSeen: boolean) => UncertainDecision | Promise<UncertainDecision>)
    | undefined;
  /** How long either may take, in milliseconds; after that it has failed. Default 10,000. */
  readonly hookTimeoutMs?: number | undefined;
  /**
   * What it means when either throws, rejects or takes too long, which is reported to `onError` in any case. `keep`, the default: the call stays, and with
   * it the queue behind it, and is asked about again after a pause of 5 s that doubles up to 60 s. Otherwise as the hook might have answered.
   */
  readonly onHookError?: 'keep' | ReplayDecision | undefined;
  /** How many failures `syncState.failures` keeps, the newest. Default 100. */
  readonly maxRetainedFailures?: number | undefined;
  /** How many calls are on their way at once. Default 64. */
  readonly window?: number | undefined;
}

/** A policy with its defaults. */
export type CheckedPolicy = {
  readonly [Name in keyof OfflineQueuePolicy]-?:
    | Exclude<OfflineQueuePolicy[Name], undefined>
    | (Name extends 'onBeforeReplay' | 'onUncertain' ? undefined : never);
};

const defaults: CheckedPolicy = {
  maxMutationAgeMs: Infinity,
  maxQueueLength: Infinity,
  overflow: 'rejectNew',
  hookTimeoutMs: 10_000,
  onHookError: 'keep',
  maxRetainedFailures: 100,
  window: 64,
  onBeforeReplay: undefined,
  onUncertain: undefined,
};

const least = { maxMutationAgeMs: 0, maxQueueLength: 1, hookTimeoutMs: 1, maxRetainedFailures: 0, window: 1 } as const;

/** The policy in force. Throws a `RangeError` for a bound that bounds nothing, and a `TypeError` for an option that there is not. */
export function checkedPolicy(policy: OfflineQueuePolicy | undefined): CheckedPolicy {
  const checked = withDefaults('queuePolicy', policy, defaults);
  for (const name of [
    'maxMutationAgeMs',
    'maxQueueLength',
    'hookTimeoutMs',
    'maxRetainedFailures',
    'window',
  ] as const) {
    const value = checked[name];
    if (value >= least[name]) continue;
    throw new RangeError(`queuePolicy.${name} is ${value}; it takes a number from ${least[name]} on, or Infinity`);
  }
  return checked;
}
