import { describe, expect, test } from 'vitest';
import { SubscriptionError } from '../../src/errors.ts';
import { type SubscriptionStep } from '../../src/subscription/query-sets.ts';
import { Reconciliation } from '../../src/subscription/reconciliation.ts';
import { type QuerySetUpdate } from '../../src/wire/server-message.ts';

const applied = (querySetId: number): SubscriptionStep => ({
  kind: 'subscribeApplied',
  snapshot: { querySetId, tables: [] },
  tables: [],
});
const ended = (querySetId: number): SubscriptionStep => ({ kind: 'unsubscribeApplied', querySetId });
const failed = (querySetId: number): SubscriptionStep => ({
  kind: 'subscriptionError',
  querySetId,
  tables: [],
  error: new SubscriptionError('gone', []),
});
const update = (querySetId: number): QuerySetUpdate => ({ querySetId, tables: [] });
const nothing = (): void => undefined;

/** The parts as texts: `+1` for a snapshot, `~1,2` for updates. */
const partsOf = ({ parts }: Reconciliation): string[] =>
  parts.map((part) =>
    part.kind === 'snapshot'
      ? `+${part.snapshot.querySetId}`
      : `~${part.querySets.map(({ querySetId }) => querySetId).join()}`,
  );

describe('a reconciliation', () => {
  test('is complete when every set is answered, one way or another', () => {
    const gathered = new Reconciliation([1, 2, 3]);
    const isComplete: boolean[] = [];
    for (const step of [applied(1), applied(9), failed(2), ended(3)]) {
      gathered.add(step, nothing);
      isComplete.push(gathered.isComplete);
    }
    expect(isComplete).toEqual([false, false, false, true]);
    expect(new Reconciliation([]).isComplete).toBe(true);
  });

  test('forgets the old rows of exactly the sets that were answered', () => {
    const gathered = new Reconciliation([1, 2, 3]);
    for (const step of [applied(2), ended(3), ended(2)]) gathered.add(step, nothing);
    gathered.addUpdates([update(1)]);
    expect(gathered.forget).toEqual([2, 3]);
  });

  test('keeps snapshots and transactions in the order in which they came, so that each builds on what it was made for', () => {
    const gathered = new Reconciliation([1, 2]);
    gathered.add(applied(1), nothing);
    gathered.addUpdates([update(1)]);
    gathered.add(applied(2), nothing);
    gathered.addUpdates([update(1), update(2)]);
    expect(partsOf(gathered)).toEqual(['+1', '~1', '+2', '~1,2']);
  });

  test('leaves out whatever belongs to a set that ended or failed after its rows had come', () => {
    const gathered = new Reconciliation([1, 2, 3]);
    for (const id of [1, 2, 3]) gathered.add(applied(id), nothing);
    gathered.addUpdates([update(1), update(2), update(3)]);
    gathered.add(ended(1), nothing);
    gathered.add(failed(3), nothing);
    expect(partsOf(gathered)).toEqual(['+2', '~2']);
  });

  test('takes the newer snapshot of a set that was asked for again, and what came before it for nothing', () => {
    const gathered = new Reconciliation([1, 2]);
    gathered.add(applied(1), nothing);
    gathered.addUpdates([update(1), update(2)]);
    gathered.add(applied(1), nothing);
    gathered.addUpdates([update(1)]);
    expect(partsOf(gathered)).toEqual(['~2', '+1', '~1']);
    expect(gathered.forget).toEqual([1]);
  });

  test('runs what follows in the order of the answers', () => {
    const order: number[] = [];
    const gathered = new Reconciliation([1, 2]);
    for (const id of [2, 1]) gathered.add(applied(id), () => order.push(id));
    for (const { afterwards } of gathered.answers) afterwards();
    expect(order).toEqual([2, 1]);
  });
});
