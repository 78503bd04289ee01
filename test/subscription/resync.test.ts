import { describe, expect, test } from 'vitest';
import { QuerySetRegistry } from './support/query-set-registry.ts';

describe('resync', () => {
  test('asks anew under the same id and is fulfilled with the new rows, not with the old', async () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.accept();
    const seen: string[] = [];
    const refreshed = registry.sets.resync(1).then(() => seen.push('fresh'));
    expect(registry.sent.slice(1)).toMatchObject([
      { tag: 'Unsubscribe', querySetId: 1 },
      { tag: 'Subscribe', querySetId: 1 },
    ]);
    expect(registry.sets.ready.peek()).toBe(false);
    registry.end();
    await Promise.resolve();
    expect([seen, registry.log.includes('unsubscribeApplied')]).toEqual([[], false]);
    registry.accept();
    await refreshed;
    expect(registry.sets.ready.peek()).toBe(true);
    await expect(registry.sets.resync(2)).rejects.toThrow('there is no query set 2');
  });

  test('without a connection is fulfilled by the next one', async () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.accept();
    registry.lose();
    const seen: string[] = [];
    const refreshed = registry.sets.resync(1).then(() => seen.push('fresh'));
    registry.open();
    await Promise.resolve();
    expect([seen, registry.sent.length]).toEqual([[], 2]);
    registry.accept();
    await refreshed;
  });

  test('of a set that fails meanwhile goes by the newer answer, and its own Unsubscribe troubles nobody', () => {
    const registry = new QuerySetRegistry();
    registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.accept();
    void registry.sets.resync(1);
    const { requestId = 0 } = registry.sent[1] ?? {};
    registry.sets.onSubscriptionError({
      tag: 'SubscriptionError',
      requestId: undefined,
      querySetId: 1,
      error: 'failed',
    });
    registry.sets.onSubscriptionError({ tag: 'SubscriptionError', requestId, querySetId: 1, error: 'not found' });
    registry.accept();
    expect([registry.errors, registry.sets.ready.peek()]).toEqual([[], true]);
  });
});
