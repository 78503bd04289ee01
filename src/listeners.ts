/** How long a listener stays: until its unsubscribe function is called, or `signal` aborts. */
export interface ListenerOptions {
  /** Ends the listening when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Ends the listener that it was returned for. */
export type Unsubscribe = () => void;

interface Entry<Event> {
  readonly listener: (event: Event) => void;
  isActive: boolean;
}

/** Listeners of one event, called in the order of registration, each for itself: an error of one does not keep the others from hearing. */
export class Listeners<Event> {
  readonly #onError: (error: unknown) => void;
  /** Another list whenever somebody comes or goes: whoever goes over one is not disturbed. */
  #entries: readonly Entry<Event>[] = [];

  /** `onError` takes what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Whether nobody listens. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Registers `listener` until the returned function is called or `signal` aborts; nothing that happened before is repeated for it. */
  add(listener: (event: Event) => void, { signal }: ListenerOptions = {}): Unsubscribe {
    if (signal?.aborted === true) return () => undefined;
    const entry = { listener, isActive: true };
    const remove = (): void => {
      entry.isActive = false;
      this.#entries = this.#entries.filter(({ isActive }) => isActive);
      signal?.removeEventListener('abort', remove);
    };
    this.#entries = [...this.#entries, entry];
    signal?.addEventListener('abort', remove);
    return remove;
  }

  /** Tells everybody who listens now and still listens when it is their turn. */
  notify(event: Event): void {
    for (const { listener, isActive } of this.#entries) {
      if (!isActive) continue;
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
