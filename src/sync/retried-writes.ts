import { type Clock } from '../platform/clock.ts';
import { asStorageError } from './storage-error.ts';
import { RetryPause } from './retry-pause.ts';

/** What is to be written, and who hears of failures. */
interface RetriedWritesOptions {
  /** What is being done, for the message of an error. */
  readonly doing: string;
  readonly isOutstanding: () => boolean;
  /** Writes some of what is outstanding. Where it rejects, all of that is outstanding still. */
  readonly writeNext: () => Promise<void>;
  readonly clock: Clock;
  /** Told of the first failure in a row. */
  readonly onError: (error: unknown) => void;
  /** `retryAt` is another one. */
  readonly onRetryChanged: () => void;
}

/**
 * Writes what is outstanding, one piece after the other, until nothing is. A store that refuses is left alone for a while.
 *
 * ```text
 *            begin                  nothing outstanding
 *   idle ─────────────► writing ─────────────────────────► idle
 *                        ▲   │
 *    the pause is over,  │   │ refused
 *    or a flush          │   ▼
 *                       pausing                             stop, from anywhere: nothing more is written
 * ```
 */
export class RetriedWrites {
  readonly #options: RetriedWritesOptions;
  readonly #pause: RetryPause;
  #writing: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #isStopped = false;

  constructor(options: RetriedWritesOptions) {
    this.#options = options;
    this.#pause = new RetryPause(options.clock);
  }

  /** When the store is asked again that has refused, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return this.#pause.until;
  }

  /** Why the store refused, as long as it does. */
  get failure(): unknown {
    return this.#failure?.cause;
  }

  /** Something is outstanding. In a pause it waits for its end. */
  begin(): void {
    if (!this.#isStopped && this.#pause.until === undefined) this.#writing ??= this.#write();
  }

  /** Fulfilled when everything is written, or has failed once more: a pause is not waited for. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#pause.cut();
    this.begin();
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Writes nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#pause.cut();
  }

  async #write(): Promise<void> {
    const { isOutstanding, writeNext } = this.#options;
    // What causes this is over first, and more of it in the same microtask is written together.
    await Promise.resolve();
    const former = this.#failure;
    this.#failure = undefined;
    try {
      while (!this.#isStopped && isOutstanding()) await writeNext();
    } catch (cause) {
      this.#failure = { cause };
    }
    this.#writing = undefined;
    if (this.#isStopped) return;
    if (this.#failure !== undefined) this.#onRefused(this.#failure.cause, former === undefined);
    else if (former !== undefined) this.#onWritten();
  }

  #onWritten(): void {
    this.#pause.reset();
    this.#options.onRetryChanged();
  }

  #onRefused(cause: unknown, isFirst: boolean): void {
    const { doing, onError, onRetryChanged } = this.#options;
    this.#pause.begin(() => this.begin());
    if (isFirst) onError(asStorageError(`${doing}, which is tried again after a pause`, cause));
    onRetryChanged();
  }
}
