import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { type SharedSubscription } from '../../src/subscription/shared-sets.ts';
import { active, sharedOf } from './shared-harness.ts';

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

  test('that is made anew is one for those too who have had a part in it before', () => {
    const { shared, made } = sharedOf();
    const old = shared.share(['a']);
    for (const handle of made) handle.isActive = false;
    const young = shared.share(['a']);
    expect(old.applied).toBe(young.applied);
    young.release();
    expect(active(made)).toEqual([false, true]);
    for (const handle of made) handle.isActive = false;
    shared.renew();
    expect(active(made)).toEqual([false, false, true]);
    old.release();
    expect(active(made)).toEqual([false, false, false]);
  });

  test('that an effect shares which sees it begin is one with that', () => {
    const { shared, made, onMade } = sharedOf();
    const parts: SharedSubscription[] = [];
    onMade.push(() => parts.push(shared.share(['a'])));
    parts.push(shared.share(['a']));
    expect(active(made)).toEqual([false, true]);
    for (const handle of made) handle.isActive = false;
    onMade.push(() => parts.push(shared.share(['a'])));
    parts.push(shared.share(['a']));
    expect(active(made)).toEqual([false, false, false, true]);
    for (const part of parts) part.release();
    expect(active(made)).toEqual([false, false, false, false]);
  });

  test('tells how it stands to those who take no part in it, whichever set it is at the time', () => {
    const { shared, made, clock } = sharedOf();
    const seen: (string | undefined)[] = [];
    const stop = effect(() => void seen.push(shared.state(['a']).value?.status));
    const [first, second] = [shared.share(['a'], { lingerMs: 1000 }), shared.share(['a'], { lingerMs: 1000 })];
    for (const { state } of made) state.value = { status: 'applied' };
    first.release();
    second.release();
    clock.advance(999);
    expect(seen).toEqual([undefined, 'pending', 'applied']);
    clock.advance(1);
    shared.share(['a']);
    expect(seen).toEqual([undefined, 'pending', 'applied', undefined, 'pending']);
    stop();
  });

  test('is shared although an effect throws that looks at it', () => {
    const { shared, made, errors } = sharedOf();
    const problem = new Error('in an effect');
    const stop = effect(() => {
      if (shared.state(['a']).value !== undefined) throw problem;
    });
    shared.share(['a']).release();
    expect([active(made), errors]).toEqual([[false], [problem]]);
    stop();
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
