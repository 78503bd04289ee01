import { type ReadonlySignal, signal } from 'spacetimedb-signals';

/** What happens in a window, counted. */
export interface Figures {
  /** For the client's option `wrapCommit`: every step of the store runs in here, and is one transaction. */
  countStep(this: void, commit: () => void): void;
  /** To be called for every frame that is drawn. */
  countFrame(this: void): void;
  /** What was counted in the last second; changes once a second. */
  readonly perSecond: ReadonlySignal<{ readonly steps: number; readonly frames: number }>;
}

/** Starts to count. */
export function countFigures(): Figures {
  let steps = 0;
  let frames = 0;
  const perSecond = signal({ steps, frames });
  setInterval(() => {
    perSecond.value = { steps, frames };
    steps = 0;
    frames = 0;
  }, 1000);
  return {
    countStep: (commit) => {
      steps += 1;
      commit();
    },
    countFrame: () => {
      frames += 1;
    },
    perSecond,
  };
}
