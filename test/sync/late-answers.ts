import { type InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';

const methods = ['enqueueMutation', 'dequeueMutation'] as const;

/** A store that does with calls what it is told at once and in order, but says so when a test likes, in any order. */
export class LateAnswers {
  readonly #waiting: (() => void)[] = [];
  #isHeld = false;

  constructor(storage: InMemoryOfflineStorage) {
    for (const name of methods) {
      const method = storage[name].bind(storage) as (...args: unknown[]) => Promise<unknown>;
      const late = (...args: unknown[]): Promise<unknown> => {
        const done = method(...args);
        if (!this.#isHeld) return done;
        return new Promise((resolve) => this.#waiting.push(() => resolve(done)));
      };
      Object.assign(storage, { [name]: late });
    }
  }

  /** Whether there may be answers that have not come. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** From here on answers wait. */
  hold(): void {
    this.#isHeld = true;
  }

  /** One answer comes, whichever. */
  release(index: number): void {
    const [answer] = this.#waiting.splice(index % Math.max(1, this.#waiting.length), 1);
    answer?.();
  }

  /** All of them come, those of what is done from here on at once. */
  releaseAll(): void {
    this.#isHeld = false;
    for (const answer of this.#waiting.splice(0)) answer();
  }
}
