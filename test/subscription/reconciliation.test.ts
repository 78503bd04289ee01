import { describe, expect, test } from 'vitest';
import { SubscriptionError } from '../../src/errors.ts';
import { Reconciliation } from '../../src/subscription/reconciliation.ts';

interface Change {
  readonly querySetId: number;
  readonly text: string;
}

const update = (querySetId: number): Change => ({ querySetId, text: `~${querySetId}` });

/** Answers are of sets that are accepted, with one change as rows, refused or ended. */
function gathering(): {
  gathered: Reconciliation<Change>;
  applied: (querySetId: number, afterwards?: () => void) => void;
  failed: (querySetId: number) => void;
  ended: (querySetId: number) => void;
} {
  const gathered = new Reconciliation<Change>();
  const nothing = (): void => undefined;
  return {
    gathered,
    applied: (querySetId, afterwards = nothing) =>
      gathered.add({ event: { kind: 'subscribeApplied', querySetId }, tables: [], afterwards }, [
        { querySetId, text: `+${querySetId}` },
      ]),
    failed: (querySetId) =>
      gathered.add(
        {
          event: { kind: 'subscriptionError', querySetId, error: new SubscriptionError('failed', []) },
          tables: [],
          afterwards: nothing,
        },
        [],
      ),
    ended: (querySetId) =>
      gathered.add({ event: { kind: 'unsubscribeApplied', querySetId }, tables: [], afterwards: nothing }, []),
  };
}

const textOf = ({ changes }: Reconciliation<Change>): string => changes.map(({ text }) => text).join(' ');

describe('a reconciliation', () => {
  test('forgets the old rows of exactly the sets that were answered', () => {
    const { gathered, applied, ended } = gathering();
    applied(2);
    ended(3);
    ended(2);
    gathered.addUpdates([update(1)]);
    expect(gathered.forget).toEqual([2, 3]);
  });

  test('keeps rows and transactions in the order in which they came, so that each builds on what it was made for', () => {
    const { gathered, applied } = gathering();
    applied(1);
    gathered.addUpdates([update(1)]);
    applied(2);
    gathered.addUpdates([update(1), update(2)]);
    expect(textOf(gathered)).toBe('+1 ~1 +2 ~1 ~2');
  });

  test('leaves out whatever belongs to a set that ended or failed after its rows had come', () => {
    const { gathered, applied, failed, ended } = gathering();
    for (const id of [1, 2, 3]) applied(id);
    gathered.addUpdates([update(1), update(2), update(3)]);
    ended(1);
    failed(3);
    expect(textOf(gathered)).toBe('+2 ~2');
  });

  test('takes the newer rows of a set that was asked for again, and what came before them for nothing', () => {
    const { gathered, applied } = gathering();
    applied(1);
    gathered.addUpdates([update(1), update(2)]);
    applied(1);
    gathered.addUpdates([update(1)]);
    expect(textOf(gathered)).toBe('~2 +1 ~1');
    expect(gathered.forget).toEqual([1]);
  });

  test('runs what follows in the order of the answers', () => {
    const order: number[] = [];
    const { gathered, applied } = gathering();
    for (const id of [2, 1]) applied(id, () => order.push(id));
    for (const { afterwards } of gathered.answers) afterwards();
    expect(order).toEqual([2, 1]);
  });
});
