import { effect, type ReadonlySignal, signal } from 'spacetimedb-signals';

/** What happened in the last second. */
export interface Figures {
  readonly steps: number;
  readonly effects: number;
}

let steps = 0;
let effects = 0;
const latest = signal<Figures>({ steps, effects });

/** What happened in the last second; changes once a second. */
export const figures: ReadonlySignal<Figures> = latest;

setInterval(() => {
  latest.value = { steps, effects };
  steps = 0;
  effects = 0;
}, 1000);

/** For the client's option `wrapCommit`: every step of the store runs in here. */
export function countStep(commit: () => void): void {
  steps += 1;
  commit();
}

/** `effect`, counted. Returns what ends it. */
export function watch(run: () => void): () => void {
  return effect(() => {
    effects += 1;
    run();
  });
}
