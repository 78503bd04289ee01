import { type SubscriptionHandle } from './query-set.ts';

/** How long a shared set outlives its last user. */
export interface ShareOptions {
  /** In milliseconds; default 0: it ends at once. */
  readonly lingerMs?: number;
}

/** One user's part in a shared query set. */
export interface SharedSubscription {
  /** Fulfilled when the first rows are in the tables; rejects with the server's `SubscriptionError`. */
  readonly applied: Promise<void>;
  /** Gives the part back; the set ends when nobody has one. More than one call does nothing. */
  release(): void;
}

interface SharedSet {
  readonly handle: SubscriptionHandle;
  users: number;
  /** There while it lingers. */
  cancelLinger: (() => void) | undefined;
}

/** Query sets by their text, with a count of who uses them. */
export class SharedSets {
  readonly #subscribe: (queries: readonly string[]) => SubscriptionHandle;
  readonly #setTimer: (millis: number, callback: () => void) => () => void;
  readonly #sets = new Map<string, SharedSet>();
  #isDisposed = false;

  constructor(
    subscribe: (queries: readonly string[]) => SubscriptionHandle,
    setTimer: (millis: number, callback: () => void) => () => void,
  ) {
    this.#subscribe = subscribe;
    this.#setTimer = setTimer;
  }

  /** Takes a part in the set of these queries, which is made where there is none. */
  share(queries: readonly string[], { lingerMs = 0 }: ShareOptions = {}): SharedSubscription {
    const key = JSON.stringify(queries);
    const set = this.#find(key) ?? { handle: this.#subscribe(queries), users: 0, cancelLinger: undefined };
    this.#sets.set(key, set);
    set.users++;
    set.cancelLinger?.();
    set.cancelLinger = undefined;
    let isReleased = false;
    return {
      applied: set.handle.applied,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (--set.users === 0) this.#linger(key, set, lingerMs);
      },
    };
  }

  /** Nothing lingers any more, now and from here on. */
  dispose(): void {
    this.#isDisposed = true;
    for (const [key, set] of this.#sets) {
      if (set.cancelLinger === undefined) continue;
      set.cancelLinger();
      this.#end(key, set);
    }
  }

  /** A set that the server has refused, or that was ended by its id, is not shared again. */
  #find(key: string): SharedSet | undefined {
    const set = this.#sets.get(key);
    return set?.handle.isActive === true ? set : undefined;
  }

  #linger(key: string, set: SharedSet, lingerMs: number): void {
    if (lingerMs <= 0 || this.#isDisposed) return this.#end(key, set);
    set.cancelLinger = this.#setTimer(lingerMs, () => this.#end(key, set));
  }

  #end(key: string, set: SharedSet): void {
    if (this.#sets.get(key) === set) this.#sets.delete(key);
    void set.handle.unsubscribe();
  }
}
