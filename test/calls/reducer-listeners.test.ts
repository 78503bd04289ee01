import { describe, expect, test } from 'vitest';
import { ReducerDefinition } from '../../src/calls/definition.ts';
import { ReducerListeners } from '../../src/calls/reducer-listeners.ts';
import { hiBytes, say, type SayArgs } from './call-harness.ts';

describe('listeners of a reducer', () => {
  test('hear of its calls in the order of registration, each with arguments of its own', () => {
    const listeners = new ReducerListeners<string>(() => undefined);
    const heard: [string, SayArgs][] = [];
    const stop = listeners.add(say, (context, args) => {
      heard.push([`first ${context}`, { ...args }]);
      Object.assign(args, { text: 'changed' });
    });
    listeners.add(say, (context, args) => heard.push([`second ${context}`, args]));
    listeners.add(new ReducerDefinition({ name: 'other', args: say.args }), () =>
      heard.push(['other', { text: '', times: 0 }]),
    );
    listeners.notify('say', 'a', hiBytes);
    listeners.notify('nobody listens', 'b', hiBytes);
    stop();
    listeners.notify('say', 'c', hiBytes);
    const hi = { text: 'hi', times: 2 };
    expect(heard).toEqual([
      ['first a', hi],
      ['second a', hi],
      ['second c', hi],
    ]);
  });

  test('are isolated: what one throws is reported and keeps nobody from hearing', () => {
    const errors: unknown[] = [];
    const listeners = new ReducerListeners<string>((error) => errors.push(error));
    const heard: string[] = [];
    const aborting = new AbortController();
    listeners.add(say, () => {
      throw new Error('a listener');
    });
    listeners.add(say, () => heard.push('second'), { signal: aborting.signal });
    listeners.notify('say', '', hiBytes);
    listeners.notify('say', '', Uint8Array.of(1));
    aborting.abort();
    listeners.notify('say', '', hiBytes);
    expect(heard).toEqual(['second']);
    expect(errors.map((error) => error instanceof Error && error.name)).toEqual([
      'Error',
      'ProtocolError',
      'ProtocolError',
      'Error',
    ]);
  });
});
