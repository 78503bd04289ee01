/** How long a listener stays: until its unsubscribe function is called, or `signal` aborts. */
export interface ListenerOptions {
  /** Ends the listening when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Ends the listener that it was returned for. */
export type Unsubscribe = () => void;

/** Listeners of one event, called in the order of registration, each for itself: an error of one does not keep the others from hearing. */
export class Listeners<Event> {
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(event: Event) => void>();

  /** `onError` takes what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Whether nobody listens. */
  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Registers `listener` until the returned function is called or `signal` aborts; nothing that happened before is repeated for it. */
  add(listener: (event: Event) => void, options: ListenerOptions = {}): Unsubscribe {
    const { signal } = options;
    if (signal?.aborted === true) return () => undefined;
    // A function of its own, so that one listener may be registered twice.
    const entry = (event: Event): void => listener(event);
    const remove = (): void => {
      this.#listeners.delete(entry);
      signal?.removeEventListener('abort', remove);
    };
    this.#listeners.add(entry);
    signal?.addEventListener('abort', remove);
    return remove;
  }

  /** Tells everybody who listens now and still listens when it is their turn. */
  notify(event: Event): void {
    for (const listener of Array.from(this.#listeners)) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
