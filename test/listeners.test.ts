import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Listeners } from '../src/listeners.ts';

function listenersOf(): { listeners: Listeners<string>; heard: string[]; errors: unknown[] } {
  const errors: unknown[] = [];
  return { listeners: new Listeners<string>((error) => errors.push(error)), heard: [], errors };
}

describe('listeners', () => {
  test('are called in the order of registration, one that is registered twice twice, and none for what was before', () => {
    const { listeners, heard } = listenersOf();
    const listener = (event: string): void => void heard.push(event);
    listeners.notify('early');
    const stop = listeners.add(listener);
    listeners.add((event) => heard.push(event.toUpperCase()));
    listeners.add(listener);
    listeners.notify('a');
    stop();
    stop();
    listeners.notify('b');
    expect(heard).toEqual(['a', 'A', 'a', 'B', 'b']);
  });

  test('go on where one of them throws', () => {
    const { listeners, heard, errors } = listenersOf();
    listeners.add(() => {
      throw new Error('a listener');
    });
    listeners.add((event) => heard.push(event));
    listeners.notify('a');
    expect([heard, errors]).toEqual([['a'], [new Error('a listener')]]);
  });

  test('that come or go while an event is told hear of it, or do not, by whether they listen when it is their turn', () => {
    const { listeners, heard } = listenersOf();
    listeners.add(() => {
      stopSecond();
      listeners.add((event) => heard.push(`new ${event}`));
    });
    const stopSecond = listeners.add((event) => heard.push(`second ${event}`));
    listeners.add((event) => heard.push(`third ${event}`));
    listeners.notify('a');
    expect(heard).toEqual(['third a']);
    listeners.notify('b');
    expect(heard.slice(1)).toEqual(['third b', 'new b']);
  });

  test('end with their signal, which keeps nothing of them', () => {
    const { listeners, heard } = listenersOf();
    const aborting = new AbortController();
    const { signal } = aborting;
    const stop = listeners.add((event) => heard.push(event), { signal });
    listeners.add((event) => heard.push(event), { signal });
    stop();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    aborting.abort();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    listeners.add((event) => heard.push(event), { signal });
    listeners.notify('a');
    expect([heard, listeners.isEmpty]).toEqual([[], true]);
  });
});
