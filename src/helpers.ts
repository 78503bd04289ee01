import { effect, type ReadonlySignal, untracked } from '@preact/signals-core';

/** What may end the waiting. */
export interface WaitOptions {
  /** An abort rejects with `signal.reason`, or ends a stream with it. */
  readonly signal?: AbortSignal | undefined;
}

/** Fulfilled with the first value that is neither `undefined` nor `null`; the present value counts. Leaves no listener behind. */
export function firstNonNull<T>(source: ReadonlySignal<T>, options?: WaitOptions): Promise<NonNullable<T>> {
  return wait(source, options, (value) => (value === undefined || value === null ? undefined : { value }));
}

/** Fulfilled with the first value that `predicate` holds for; the present value counts. Leaves no listener behind. */
export function firstWhere<T>(
  source: ReadonlySignal<T>,
  predicate: (value: T) => boolean,
  options?: WaitOptions,
): Promise<T> {
  return wait(source, options, (value) => (predicate(value) ? { value } : undefined));
}

/** Fulfilled with the next value that the signal takes; the present value does not count. Leaves no listener behind. */
export function next<T>(source: ReadonlySignal<T>, options?: WaitOptions): Promise<T> {
  let isPresent = true;
  return wait(source, options, (value) => {
    const found = isPresent ? undefined : { value };
    isPresent = false;
    return found;
  });
}

/** Calls `take` with each value until it finds something; an error of it rejects. */
function wait<T, Found>(
  source: ReadonlySignal<T>,
  { signal }: WaitOptions = {},
  take: (value: T) => { readonly value: Found } | undefined,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const ended = new AbortController();
    const end = (settle: () => void): void => {
      ended.abort();
      settle();
    };
    watch(source, ended.signal, (value) => {
      try {
        const found = untracked(() => take(value));
        if (found !== undefined) end(() => resolve(found.value));
      } catch (error) {
        end(() => reject(error));
      }
    });
    signal?.addEventListener('abort', () => end(() => reject(signal.reason)), { signal: ended.signal });
  });
}

/** An effect that ends with `ended`, also when that happens during its first run. */
function watch<T>(source: ReadonlySignal<T>, ended: AbortSignal, take: (value: T) => void): void {
  const dispose = effect(() => {
    const { value } = source;
    if (!ended.aborted) take(value);
  });
  if (ended.aborted) dispose();
  else ended.addEventListener('abort', dispose, { once: true });
}

/** The values of a signal, one after the other. */
export interface SignalStream<T> extends AsyncIterable<T> {
  /** The same as a `ReadableStream`; it can be taken once. */
  readonly readable: ReadableStream<T>;
}

/**
 * The values of a signal as a stream: the present one first, then each change. A reader that is slow gets only the newest. The listener is there while
 * somebody reads, and gone when the reading ends.
 */
export function toStream<T>(source: ReadonlySignal<T>, options?: WaitOptions): SignalStream<T> {
  const iterate = (): AsyncIterator<T> => new SignalIterator(source, options?.signal);
  return {
    [Symbol.asyncIterator]: iterate,
    get readable() {
      const iterator = iterate();
      return new ReadableStream<T>({
        pull: async (controller) => {
          const result = await iterator.next();
          if (result.done === true) controller.close();
          else controller.enqueue(result.value);
        },
        cancel: async () => {
          await iterator.return?.();
        },
      });
    },
  };
}

type Waiter<T> = (result: IteratorResult<T> | Promise<never>) => void;

class SignalIterator<T> implements AsyncIterator<T> {
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #newest: { readonly value: T } | undefined;
  #waiters: Waiter<T>[] = [];

  constructor(source: ReadonlySignal<T>, signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (signal?.aborted === true) return;
    signal?.addEventListener('abort', () => this.#end(), { signal: this.#ended.signal });
    watch(source, this.#ended.signal, (value) => this.#take(value));
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#signal?.aborted === true) return this.#aborted();
    const newest = this.#newest;
    this.#newest = undefined;
    if (newest !== undefined) return Promise.resolve({ done: false, value: newest.value });
    if (this.#ended.signal.aborted) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #take(value: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#newest = { value };
    else waiter({ done: false, value });
  }

  #end(): void {
    this.#ended.abort();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      waiter(this.#signal?.aborted === true ? this.#aborted() : { done: true, value: undefined });
    }
  }

  #aborted(): Promise<never> {
    return Promise.reject(this.#signal?.reason);
  }
}
