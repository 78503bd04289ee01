import { type ListenerOptions, type Unsubscribe } from './handles.ts';

interface Entry<Event> {
  readonly call: (event: Event) => void;
  /** The step that was the last one when the listener came: it hears of later ones only. */
  readonly since: number;
  isActive: boolean;
}

/** The listeners of one kind of event of one table, in the order of their registration. */
export class ListenerList<Event> {
  readonly #onError: (error: unknown) => void;
  #entries: readonly Entry<Event>[] = [];

  /** `onError` is told of what listeners throw. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Adds a listener that hears of the steps after step `since`. With a signal that has aborted it is never added. */
  add(call: (event: Event) => void, { signal }: ListenerOptions, since: number): Unsubscribe {
    if (signal?.aborted === true) return () => undefined;
    const entry: Entry<Event> = { call, since, isActive: true };
    this.#entries = [...this.#entries, entry];
    const remove = (): void => {
      if (!entry.isActive) return;
      entry.isActive = false;
      this.#entries = this.#entries.filter((other) => other !== entry);
      signal?.removeEventListener('abort', remove);
    };
    signal?.addEventListener('abort', remove, { once: true });
    return remove;
  }

  /** Calls everybody who was here before step `step` and still is; an error of one stops nobody else. */
  call(event: Event, step: number): void {
    for (const entry of this.#entries) {
      if (!entry.isActive || entry.since >= step) continue;
      try {
        entry.call(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
