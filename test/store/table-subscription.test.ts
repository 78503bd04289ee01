import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { createPlainTable, isSubscribed } from '../../src/store/table-handles.ts';
import { TableSubscription } from '../../src/store/table-subscription.ts';
import { TestStore } from './support/rows.ts';
import { logLines } from './support/tables.ts';

const failure = new Error('refused');

async function stateOf(promise: Promise<void>): Promise<string> {
  const pending = Promise.resolve('pending');
  return Promise.race([
    promise.then(
      () => 'fulfilled',
      () => 'rejected',
    ),
    pending.then((state) => state),
  ]);
}

describe('the subscription of a table', () => {
  test('is pending until it is marked, and what `subscribed` of the handle says', async () => {
    const { store } = new TestStore();
    const table = createPlainTable(store, logLines);
    const { subscribed } = table;
    expect(await stateOf(subscribed)).toBe('pending');
    store.table('log_line')?.subscription.markSubscribed();
    await expect(subscribed).resolves.toBeUndefined();
    expect(table.subscribed).toBe(subscribed);
  });

  test('once fulfilled stays fulfilled', async () => {
    const subscription = new TableSubscription();
    subscription.markSubscribed();
    const { promise } = subscription;
    subscription.restart();
    subscription.markFailed(failure);
    subscription.restart();
    expect(subscription.promise).toBe(promise);
    await expect(promise).resolves.toBeUndefined();
  });

  test('is a signal too, which is false until the first batch and true ever after', () => {
    const { store } = new TestStore();
    const table = createPlainTable(store, logLines);
    const seen: boolean[] = [];
    effect(() => void seen.push(isSubscribed(table).value));
    const subscription = store.table('log_line')?.subscription;
    subscription?.markFailed(failure);
    subscription?.restart();
    subscription?.markSubscribed();
    subscription?.markFailed(failure);
    expect(seen).toEqual([false, true]);
    expect(() => isSubscribed({ ...table })).toThrow('isSubscribed takes a table of a client');
  });

  test('starts anew after a rejection, and only then', async () => {
    const subscription = new TableSubscription();
    const first = subscription.promise;
    subscription.restart();
    expect(subscription.promise).toBe(first);
    subscription.markFailed(failure);
    await expect(first).rejects.toBe(failure);
    expect(subscription.promise).toBe(first);
    subscription.restart();
    const second = subscription.promise;
    expect(second).not.toBe(first);
    expect(await stateOf(second)).toBe('pending');
    subscription.markSubscribed();
    await expect(second).resolves.toBeUndefined();
  });

  test('is fulfilled by a set that is applied after another one failed', async () => {
    const subscription = new TableSubscription();
    subscription.markFailed(failure);
    subscription.markSubscribed();
    await expect(subscription.promise).resolves.toBeUndefined();
  });

  test('never causes an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const keep = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', keep);
    new TableSubscription().markFailed(failure);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', keep);
    expect(unhandled).toEqual([]);
  });
});
