import { batch, computed, type ReadonlySignal, signal } from '@preact/signals-core';
import { checkNames } from '../option-names.ts';
import { type SubscriptionHandle, type SubscriptionState } from './query-set.ts';
import { type QuerySetsHost } from './query-sets.ts';

/** How long a shared set outlives its last user. */
export interface ShareOptions {
  /** In milliseconds; default 0: it ends at once. */
  readonly lingerMs?: number | undefined;
}

/** One user's part in a shared query set. */
export interface SharedSubscription {
  /** Fulfilled when the first rows are in the tables; rejects with the server's `SubscriptionError`. */
  readonly applied: Promise<void>;
  /** Gives the part back; the set ends when nobody has one. More than one call does nothing. */
  readonly release: () => void;
}

interface SharedSet {
  handle: SubscriptionHandle;
  users: number;
  /** There while it lingers. */
  cancelLinger: (() => void) | undefined;
}

/** Whose sets they are. */
type SharedSetsHost = Pick<QuerySetsHost, 'clock' | 'reportError'>;

/** Query sets by their text, with a count of who uses them. */
export class SharedSets {
  readonly #subscribe: (queries: readonly string[]) => SubscriptionHandle;
  readonly #host: SharedSetsHost;
  readonly #sets = new Map<string, SharedSet>();
  /** Has a new value whenever other sets are shared. */
  readonly #version = signal(0);
  #isDisposed = false;

  constructor(subscribe: (queries: readonly string[]) => SubscriptionHandle, host: SharedSetsHost) {
    this.#subscribe = subscribe;
    this.#host = host;
  }

  /** Takes a part in the set of these queries, which is made where there is none. */
  share(queries: readonly string[], options: ShareOptions = {}): SharedSubscription {
    checkNames('share', options, ['lingerMs']);
    const { lingerMs = 0 } = options;
    const key = JSON.stringify(queries);
    const former = this.#sets.get(key)?.handle;
    const set = this.#active(key, queries);
    set.users++;
    set.cancelLinger?.();
    set.cancelLinger = undefined;
    if (set.handle !== former) this.#announce();
    let isReleased = false;
    return {
      get applied() {
        return set.handle.applied;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (--set.users === 0) this.#linger(key, set, lingerMs);
      },
    };
  }

  /** How the set of these queries stands; undefined while nobody shares it, and nobody did a short while ago. */
  state(queries: readonly string[]): ReadonlySignal<SubscriptionState | undefined> {
    const key = JSON.stringify(queries);
    return computed(() => {
      void this.#version.value;
      return this.#sets.get(key)?.handle.state.value;
    });
  }

  /** Query sets were ended, but not by those who share them: these get others of the same queries. */
  renew(): void {
    try {
      // Effects of somebody else may take parts and give them back: they run when all sets are others.
      batch(() => {
        this.#endLingering();
        for (const [key, set] of this.#sets) if (!set.handle.isActive) this.#active(key, JSON.parse(key));
        this.#announce();
      });
    } catch (error) {
      this.#host.reportError(error);
    }
  }

  /** Nothing lingers any more, now and from here on. */
  dispose(): void {
    this.#isDisposed = true;
    this.#endLingering();
  }

  #endLingering(): void {
    for (const [key, set] of this.#sets) {
      if (set.cancelLinger === undefined) continue;
      set.cancelLinger();
      this.#end(key, set);
    }
  }

  /** Where the query set was refused, or ended by its id or with all others, it is made anew, for everybody who has a part in it. */
  #active(key: string, queries: readonly string[]): SharedSet {
    const known = this.#sets.get(key);
    if (known?.handle.isActive === true) return known;
    const handle = this.#subscribe(queries);
    const present = this.#sets.get(key);
    if (present === undefined) {
      const set: SharedSet = { handle, users: 0, cancelLinger: undefined };
      this.#sets.set(key, set);
      return set;
    }
    // An effect that saw the subscription begin may have been quicker.
    if (present.handle.isActive) void handle.unsubscribe();
    else present.handle = handle;
    return present;
  }

  #announce(): void {
    try {
      this.#version.value = this.#version.peek() + 1;
    } catch (error) {
      // An effect of somebody else.
      this.#host.reportError(error);
    }
  }

  #linger(key: string, set: SharedSet, lingerMs: number): void {
    if (lingerMs <= 0 || this.#isDisposed) return this.#end(key, set);
    set.cancelLinger = this.#host.clock.setTimer(lingerMs, () => this.#end(key, set));
  }

  #end(key: string, set: SharedSet): void {
    this.#sets.delete(key);
    this.#announce();
    void set.handle.unsubscribe();
  }
}
