import { batch } from '@preact/signals-core';
import { Mischief } from './component.ts';

/** What frameworks may make of a commit, and what they must not. */
export const commits: readonly ((run: () => void) => void)[] = [
  (run) => run(),
  (run) => run(),
  (run) => batch(run),
  (run) => {
    run();
    run();
  },
  () => undefined,
  (run) => {
    run();
    throw new Mischief('after a commit');
  },
];
