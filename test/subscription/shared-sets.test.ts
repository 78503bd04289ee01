import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/subscription/deferred.ts';
import { type SubscriptionHandle } from '../../src/subscription/query-set.ts';
import { SharedSets } from '../../src/subscription/shared-sets.ts';
import { FakeClock } from '../support/fake-clock.ts';

interface FakeHandle extends SubscriptionHandle {
  isActive: boolean;
}

/** Shared sets over handles that a test can end by itself. */
function sharedOf(): { shared: SharedSets; made: FakeHandle[]; clock: FakeClock } {
  const clock = new FakeClock();
  const made: FakeHandle[] = [];
  const subscribe = (queries: readonly string[]): SubscriptionHandle => {
    const handle: FakeHandle = {
      querySetId: made.length + 1,
      queries,
      applied: deferred<void>().promise,
      isActive: true,
      unsubscribe: () => {
        handle.isActive = false;
        return Promise.resolve();
      },
    };
    made.push(handle);
    return handle;
  };
  return { shared: new SharedSets(subscribe, (millis, callback) => clock.setTimer(millis, callback)), made, clock };
}

const active = (made: readonly FakeHandle[]): boolean[] => made.map(({ isActive }) => isActive);

describe('a shared query set', () => {
  test('is one for everybody who shares the same queries, and ends with the last of them', () => {
    const { shared, made } = sharedOf();
    const first = shared.share(['a']);
    const second = shared.share(['a']);
    shared.share(['a', 'b']);
    expect(made.map(({ queries }) => queries)).toEqual([['a'], ['a', 'b']]);
    expect(first.applied).toBe(second.applied);
    first.release();
    first.release();
    expect(active(made)).toEqual([true, true]);
    second.release();
    expect(active(made)).toEqual([false, true]);
    shared.share(['a']);
    expect(active(made)).toEqual([false, true, true]);
  });

  test('lingers as long as its last user wants, and for whoever comes in time', () => {
    const { shared, made, clock } = sharedOf();
    shared.share(['a'], { lingerMs: 1000 }).release();
    clock.advance(999);
    const back = shared.share(['a'], { lingerMs: 500 });
    clock.advance(10_000);
    expect(active(made)).toEqual([true]);
    back.release();
    clock.advance(500);
    expect([active(made), clock.openTimers]).toEqual([[false], 0]);
  });

  test('that was refused or ended by its id is made anew, and the users of the old one cannot end the new one', () => {
    const { shared, made, clock } = sharedOf();
    const old = shared.share(['a'], { lingerMs: 1000 });
    for (const handle of made) handle.isActive = false;
    const young = shared.share(['a']);
    old.release();
    clock.advance(1000);
    expect(active(made)).toEqual([false, true]);
    shared.share(['a']).release();
    expect(made).toHaveLength(2);
    young.release();
    expect(active(made)).toEqual([false, false]);
  });

  test('that lingers does so no longer than the client', () => {
    const { shared, made, clock } = sharedOf();
    shared.share(['a'], { lingerMs: 1000 }).release();
    const held = shared.share(['b'], { lingerMs: 1000 });
    shared.dispose();
    held.release();
    expect([active(made), clock.openTimers]).toEqual([[false, false], 0]);
  });
});
