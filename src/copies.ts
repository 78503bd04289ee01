import { Signal } from '@preact/signals-core';

/** In `globalThis`: the one place that all copies can find. */
const place = Symbol.for('spacetimedb-signals.copies');

/** What signals of every copy of signals-core carry. */
const brand: symbol = Symbol.for('preact-signals');

const whatToDo =
  '`npm ls spacetimedb-signals @preact/signals-core` shows them; install one version of each, and bundle it once';

/**
 * To be called by whoever connects a client. Tells `warn`, once in a process, when one with another copy of signals-core has been connected too: effects of the
 * one do not hear the signals of the other, and nothing fails. Clients that only show what is there are no matter: servers of frameworks may have a copy for
 * each of their layers.
 */
export function noticeCopies(warn: (problem: Error) => void): void {
  const copies = copiesThere();
  // Not a function of this file: a minifier may put that where it is called, as another one each time.
  if (copies.has(Signal) || copies.add(Signal).size !== 2) return;
  warn(
    new Error(
      `there are two copies of spacetimedb-signals: effects of the one do not run for signals of the other; ${whatToDo}`,
    ),
  );
}

/** What each copy that connected a client has left behind. */
function copiesThere(): Set<unknown> {
  const there: unknown = Reflect.get(globalThis, place);
  if (there instanceof Set) return there;
  const copies = new Set<unknown>();
  Reflect.set(globalThis, place, copies);
  return copies;
}

/** Throws a `TypeError` for what would be waited for in vain: a signal of another copy of signals-core, and what is none, such as a table. */
export function checkSignal(source: unknown): void {
  if (source instanceof Signal) return;
  if (typeof source !== 'object' || source === null || !('value' in source)) {
    throw new TypeError(
      'only a signal can be waited for, such as client.note.rows or client.note.row(key); this is none',
    );
  }
  if (!('brand' in source) || source.brand !== brand) return;
  throw new TypeError(
    `this signal was made by another copy of @preact/signals-core: nothing here would hear of its changes; ${whatToDo}`,
  );
}
