import { untracked } from '@preact/signals-core';

/**
 * Sees to it that steps never nest. What is asked for during a step waits, in order, until it is over and its effects have run. Everything runs untracked.
 */
export class StepQueue {
  readonly #onError: (error: unknown) => void;
  #isUnderWay = false;
  #isDraining = false;
  readonly #waiting: (() => void)[] = [];

  /** `onError` takes what a step or a task throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Runs `task` now, or directly after the step under way. */
  whenIdle(task: () => void): void {
    if (this.#isUnderWay) this.#waiting.push(task);
    else this.#guard(task);
  }

  /** Runs a step now, or directly after the one under way. */
  run(step: () => void): void {
    if (this.#isUnderWay) {
      this.#waiting.push(() => this.run(step));
      return;
    }
    this.#isUnderWay = true;
    this.#guard(step);
    this.#isUnderWay = false;
    this.#drain();
  }

  /** A step of a waiting task ends in here again: the outer loop goes on with the rest. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (this.#waiting.length > 0) for (const task of this.#waiting.splice(0)) this.#guard(task);
    this.#isDraining = false;
  }

  #guard(task: () => void): void {
    try {
      untracked(task);
    } catch (error) {
      this.#onError(error);
    }
  }
}
