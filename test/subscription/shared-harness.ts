import { type Signal, signal } from '@preact/signals-core';
import { deferred } from '../../src/deferred.ts';
import { type SubscriptionHandle, type SubscriptionState } from '../../src/subscription/query-set.ts';
import { SharedSets } from '../../src/subscription/shared-sets.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A query set that is there as long as a test wants. */
interface FakeHandle extends SubscriptionHandle {
  isActive: boolean;
  readonly state: Signal<SubscriptionState>;
}

/** Shared sets, and what they work with. */
export interface SharedHarness {
  readonly shared: SharedSets;
  readonly made: FakeHandle[];
  /** Called, the first one, while the next handle is made. */
  readonly onMade: (() => void)[];
  readonly clock: FakeClock;
  readonly errors: unknown[];
}

/** Shared sets over handles that a test can end by itself. */
export function sharedOf(): SharedHarness {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const made: FakeHandle[] = [];
  const onMade: (() => void)[] = [];
  const subscribe = (queries: readonly string[]): SubscriptionHandle => {
    const handle: FakeHandle = {
      querySetId: made.length + 1,
      queries,
      applied: deferred<void>().promise,
      isActive: true,
      state: signal<SubscriptionState>({ status: 'pending' }),
      unsubscribe: () => {
        handle.isActive = false;
        return Promise.resolve();
      },
    };
    made.push(handle);
    onMade.shift()?.();
    return handle;
  };
  const reportError = (error: unknown): void => void errors.push(error);
  return { shared: new SharedSets(subscribe, { clock, reportError }), made, onMade, clock, errors };
}

/** Which of the sets are there. */
export const active = (made: SharedHarness['made']): boolean[] => made.map(({ isActive }) => isActive);
