import { untracked } from '@preact/signals-core';

/** Reports an error, with where it came from. */
export type ReportError = (error: unknown, where: string) => void;

/**
 * Sees to it that steps never nest.
 *
 * ```text
 *          run              batch has ended          `done`, `afterStep` told
 *   idle ───────► committing ──────────────► settling ────────────────────────► idle, next waiting task
 * ```
 *
 * What is asked for while a step is committing or settling waits, in order, until it is over. Everything runs untracked.
 */
export class StepQueue {
  readonly #report: ReportError;
  #isUnderWay = false;
  #isDraining = false;
  #waiting: (() => void)[] = [];
  #afterwards: (() => void)[] = [];

  constructor(report: ReportError) {
    this.#report = report;
  }

  /** Runs `task` now, or directly after the step under way. */
  whenIdle(task: () => void): void {
    if (this.#isUnderWay) this.#waiting.push(task);
    else this.#guard(task, 'a task between two steps');
  }

  /** Runs `task` when the batch of the step under way has ended, before the next step; now when there is none. */
  afterStep(task: () => void): void {
    if (this.#isUnderWay) this.#afterwards.push(task);
    else this.#guard(task, 'a task after a step');
  }

  /** Runs a step now, or directly after the one under way. Its result is told to `done`, before anything that came in by `afterStep`. */
  run<Result>(step: () => Result, done: (result: Result) => void): void {
    if (this.#isUnderWay) this.#waiting.push(() => this.run(step, done));
    else this.#run(step, done);
  }

  #run<Result>(step: () => Result, done: (result: Result) => void): void {
    this.#isUnderWay = true;
    const outcome = this.#outcomeOf(step);
    if (outcome !== undefined) this.#guard(() => done(outcome.result), 'a task after a step');
    this.#settle();
    this.#isUnderWay = false;
    this.#drain();
  }

  /** What a step came to; undefined where it threw. */
  #outcomeOf<Result>(step: () => Result): { readonly result: Result } | undefined {
    try {
      return { result: untracked(step) };
    } catch (error) {
      this.#report(error, 'a step');
      return undefined;
    }
  }

  /** More may be added meanwhile, also by what runs here. */
  #settle(): void {
    while (this.#afterwards.length > 0) {
      const tasks = this.#afterwards;
      this.#afterwards = [];
      for (const task of tasks) this.#guard(task, 'a task after a step');
    }
  }

  /** A step of a waiting task ends in here again: the outer loop goes on with the rest. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (this.#waiting.length > 0) {
      const tasks = this.#waiting;
      this.#waiting = [];
      for (const task of tasks) this.#guard(task, 'a task between two steps');
    }
    this.#isDraining = false;
  }

  #guard(task: () => void, where: string): void {
    try {
      untracked(task);
    } catch (error) {
      this.#report(error, where);
    }
  }
}
