import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { SchemaError, SubscriptionError } from '../../src/errors.ts';
import { type SubscriptionHandle, type SubscriptionState } from '../../src/subscription/query-set.ts';
import { QuerySetRegistry } from './support/query-set-registry.ts';

describe('the state of a query set', () => {
  /** Every state of a handle from here on. */
  function statesOf(handle: SubscriptionHandle): SubscriptionState[] {
    const states: SubscriptionState[] = [];
    effect(() => void states.push(handle.state.value));
    return states;
  }

  test('is applied with the rows and stays so while connections come and go, until the set ends', () => {
    const registry = new QuerySetRegistry();
    const handle = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    const states = statesOf(handle);
    registry.accept();
    registry.lose();
    registry.open();
    registry.accept();
    void registry.sets.resync(1);
    registry.accept();
    expect(states).toEqual([{ status: 'pending' }, { status: 'applied' }]);
    void handle.unsubscribe();
    registry.end();
    expect(states.slice(2)).toEqual([{ status: 'ended' }]);
  });

  test('is failed when the server refuses it, at first or later on', () => {
    const registry = new QuerySetRegistry();
    const error = new SubscriptionError('no such table', ['SELECT * FROM a']);
    const refused = statesOf(registry.sets.subscribe(['SELECT * FROM a'], ['a']));
    registry.refuse();
    const givenUp = statesOf(registry.sets.subscribe(['SELECT * FROM a'], ['a']));
    registry.accept();
    registry.lose();
    registry.open();
    registry.refuse();
    expect(refused).toEqual([{ status: 'pending' }, { status: 'failed', error }]);
    expect(givenUp).toEqual([{ status: 'pending' }, { status: 'applied' }, { status: 'failed', error }]);
  });

  test('is failed while the rows are late, and for good when they cannot be read', () => {
    const registry = new QuerySetRegistry();
    const late = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    registry.clock.advance(5000);
    expect(late.state.peek().status).toBe('failed');
    registry.accept();
    expect(late.state.peek().status).toBe('applied');
    const drift = new SchemaError('table a has changed');
    registry.sets.reject(1, drift);
    registry.end();
    expect(late.state.peek()).toEqual({ status: 'failed', error: drift });
  });

  test('an effect of it that throws stops nothing', () => {
    const registry = new QuerySetRegistry();
    const handle = registry.sets.subscribe(['SELECT * FROM a'], ['a']);
    effect(() => {
      if (handle.state.value.status === 'applied') throw new Error('an effect');
    });
    registry.accept();
    expect([registry.errors, registry.log.at(-1)]).toEqual([[new Error('an effect')], 'a answered']);
  });
});
