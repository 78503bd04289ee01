import { afterAll, expect, vi } from 'vitest';

/*
 * Runs before each file of the project `node`, whose files share a process: a file that leaves something to the next one fails itself, not the next one. What
 * cannot give back what it takes belongs to the project `alone` (vitest.config.ts).
 */
const replaceable = [
  'Date',
  'document',
  'fetch',
  'indexedDB',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'TextDecoder',
  'TextEncoder',
  'WebSocket',
];

const before = shared();

afterAll(() => {
  vi.restoreAllMocks();
  expect(shared(), 'what this file leaves to the next one in the same process').toEqual(before);
});

/** What belongs to the whole process, and could be changed by a test that forgets to change it back. */
function shared(): object {
  return {
    folder: process.cwd(),
    environment: { ...process.env },
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    globals: replaceable.map((name): readonly unknown[] => [name, Reflect.get(globalThis, name)]),
    random: Math.random,
  };
}
