import { effect, type ReadonlySignal, untracked } from '@preact/signals-core';
import { checkSignal } from './copies.ts';

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

/** Calls `take` with each value until it finds something; an error of it, or of the signal, rejects. */
function wait<T, Found>(
  source: ReadonlySignal<T>,
  { signal }: WaitOptions = {},
  take: (value: T) => { readonly value: Found } | undefined,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    checkSignal(source);
    if (signal?.aborted === true) return reject(signal.reason);
    const ended = new AbortController();
    const end = (settle: () => void): void => {
      ended.abort();
      settle();
    };
    watch(source, ended.signal, (read) => {
      try {
        const value = read();
        const found = untracked(() => take(value));
        if (found !== undefined) end(() => resolve(found.value));
      } catch (error) {
        end(() => reject(error));
      }
    });
    signal?.addEventListener('abort', () => end(() => reject(signal.reason)), { signal: ended.signal });
  });
}

/** An effect that ends with `ended`, also when that happens during its first run. `read` gives the value, or throws the error of the signal. */
function watch<T>(source: ReadonlySignal<T>, ended: AbortSignal, take: (read: () => T) => void): void {
  const dispose = effect(() => {
    if (!ended.aborted) take(() => source.value);
  });
  if (ended.aborted) dispose();
  else ended.addEventListener('abort', dispose, { once: true });
}

/** The values of a signal, one after the other. */
export interface SignalStream<T> extends AsyncIterable<T> {
  /** The same as a `ReadableStream`: a new one each time. */
  readonly readable: ReadableStream<T>;
}

/**
 * The values of a signal as a stream: the present one first, then each change. A reader that is slow gets only the newest. The listener is there from
 * the first value that is asked for until the reading ends. An error of the signal ends the stream with it.
 */
export function toStream<T>(source: ReadonlySignal<T>, options?: WaitOptions): SignalStream<T> {
  checkSignal(source);
  const iterate = (): AsyncIterator<T> => new SignalIterator(source, options?.signal);
  return {
    [Symbol.asyncIterator]: iterate,
    get readable() {
      return readableOf(iterate());
    },
  };
}

function readableOf<T>(iterator: AsyncIterator<T>): ReadableStream<T> {
  const pull = async (controller: ReadableStreamDefaultController<T>): Promise<void> => {
    const result = await iterator.next();
    if (result.done === true) controller.close();
    else controller.enqueue(result.value);
  };
  const cancel = async (): Promise<void> => {
    await iterator.return?.();
  };
  // Nothing is read ahead, so that what is read is the newest.
  return new ReadableStream<T>({ pull, cancel }, { highWaterMark: 0 });
}

/** A value, or the error that came instead of it. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };

interface Reader<T> {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

class SignalIterator<T> implements AsyncIterator<T> {
  readonly #source: ReadonlySignal<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #ended = new AbortController();
  #hasStarted = false;
  #newest: Outcome<T> | undefined;
  #readers: Reader<T>[] = [];

  constructor(source: ReadonlySignal<T>, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<T>> {
    this.#start();
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#newest = undefined;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #start(): void {
    if (this.#hasStarted || this.#ended.signal.aborted) return;
    this.#hasStarted = true;
    if (this.#signal?.aborted === true) return this.#abort();
    this.#signal?.addEventListener('abort', () => this.#abort(), { signal: this.#ended.signal });
    watch(this.#source, this.#ended.signal, (read) => this.#take(read));
  }

  #take(read: () => T): void {
    try {
      this.#newest = { value: read() };
      this.#serve();
    } catch (error) {
      this.#newest = { error };
      this.#end();
    }
  }

  #abort(): void {
    this.#newest = { error: this.#signal?.reason };
    this.#end();
  }

  #end(): void {
    this.#ended.abort();
    this.#serve();
  }

  /** Gives the newest value to whoever has waited longest; at the end nobody is left waiting. */
  #serve(): void {
    const newest = this.#newest;
    const reader = newest !== undefined || this.#ended.signal.aborted ? this.#readers.shift() : undefined;
    if (reader === undefined) return;
    this.#newest = undefined;
    if (newest === undefined) reader.resolve({ done: true, value: undefined });
    else if ('error' in newest) reader.reject(newest.error);
    else reader.resolve({ done: false, value: newest.value });
    this.#serve();
  }
}
