import { TimeoutError } from '../errors.ts';
import { type Clock } from '../platform/clock.ts';
import { type PendingMutation } from './pending-mutation.ts';
import { type QueuedMutation } from './queued-mutation.ts';
import { type CheckedPolicy } from './queue-policy.ts';

/** What is to become of a call whose turn has come. `keep`: nobody could say. */
export type Verdict = 'send' | 'committed' | 'expired' | 'vetoed' | 'outdated' | 'keep';

/** What a verdict depends on besides the call. */
export interface VerdictOptions {
  readonly policy: CheckedPolicy;
  readonly clock: Clock;
  readonly shown: (mutation: QueuedMutation) => PendingMutation;
  readonly onError: (error: unknown) => void;
}

/** Decides on a call, with the hooks of the policy where there are any. `hasWaited`: it was not made with this connection. */
export function verdictOn(
  mutation: QueuedMutation,
  hasWaited: boolean,
  options: VerdictOptions,
): Verdict | Promise<Verdict> {
  const { policy, clock, shown } = options;
  const now = clock.now();
  const { onBeforeReplay, onUncertain } = policy;
  const beforeReplay = (): Verdict | Promise<Verdict> => {
    if (now - mutation.record.createdAt > policy.maxMutationAgeMs) return 'expired';
    if (!hasWaited || onBeforeReplay === undefined) return 'send';
    return ask('onBeforeReplay', () => onBeforeReplay(shown(mutation)), options);
  };
  if (mutation.isOutdated) return 'outdated';
  if (mutation.phase.kind !== 'uncertain') return beforeReplay();
  const { isSeen } = mutation.phase;
  if (onUncertain === undefined) return isSeen ? 'committed' : beforeReplay();
  return ask('onUncertain', () => onUncertain(shown(mutation), isSeen), options).then((verdict) =>
    verdict === 'send' ? beforeReplay() : verdict,
  );
}

/** What a hook of the application answers in time, or what the policy says instead. */
async function ask(
  name: string,
  hook: () => 'committed' | 'replay' | 'discard' | Promise<'committed' | 'replay' | 'discard'>,
  { policy, clock, onError }: VerdictOptions,
): Promise<Verdict> {
  let cancel = (): void => undefined;
  const inTime = new Promise<never>((_resolve, reject) => {
    const { hookTimeoutMs } = policy;
    if (hookTimeoutMs === Infinity) return;
    cancel = clock.setTimer(hookTimeoutMs, () => {
      reject(new TimeoutError(`queuePolicy.${name}: no answer within ${hookTimeoutMs} ms`));
    });
  });
  try {
    return verdictOf(await Promise.race([hook(), inTime]));
  } catch (error) {
    onError(error);
    return policy.onHookError === 'keep' ? 'keep' : verdictOf(policy.onHookError);
  } finally {
    cancel();
  }
}

function verdictOf(decision: 'committed' | 'replay' | 'discard'): Verdict {
  switch (decision) {
    case 'committed':
      return 'committed';
    case 'replay':
      return 'send';
    case 'discard':
      return 'vetoed';
  }
}
