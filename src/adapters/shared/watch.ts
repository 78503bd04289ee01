import { effect, type ReadonlySignal, untracked } from '@preact/signals-core';

/**
 * Calls `onChange` whenever the signal may read differently from before: with each new value, and where reading begins or ceases to throw. Not for the
 * present value. Ends with the function that it returns.
 */
export function watch(source: ReadonlySignal<unknown>, onChange: () => void): () => void {
  let isFirst = true;
  return effect(() => {
    try {
      void source.value;
    } catch {
      // Whoever reads the signal gets the error.
    }
    if (isFirst) isFirst = false;
    else untracked(onChange);
  });
}

/** The same, and once at first: what was read of the signal before may be old. */
export function watchFromNow(source: ReadonlySignal<unknown>, onChange: () => void): () => void {
  const stop = watch(source, onChange);
  onChange();
  return stop;
}
