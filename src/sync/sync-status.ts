import { type computed, type ReadonlySignal, type Signal, type signal } from '@preact/signals-core';
import { type Listeners } from '../listeners.ts';
import { type MutationSyncResult, type PendingMutation } from './pending-mutation.ts';
import { type SyncState } from './sync-state.ts';

/** What the status shows of the queue; asked when somebody looks. */
export interface StatusSource {
  readonly state: () => Omit<SyncState, 'status' | 'hasPending' | 'lastError' | 'lastSyncTime' | 'failures'> & {
    readonly isSyncing: boolean;
  };
  readonly pending: () => readonly PendingMutation[];
}

/**
 * What makes signals. Handed over, since this is loaded on demand: what imports signals by itself would have bundlers put them into a file of their own, which
 * every app has to load.
 */
export interface SignalMakers {
  readonly signal: typeof signal;
  readonly computed: typeof computed;
}

/** Shows how the queue stands, and keeps what went wrong. */
export class SyncStatus {
  readonly state: ReadonlySignal<SyncState>;
  readonly pending: ReadonlySignal<readonly PendingMutation[]>;
  readonly #source: StatusSource;
  readonly #onChanged: Listeners<SyncState>;
  readonly #onError: (error: unknown) => void;
  readonly #maxFailures: number;
  readonly #version: Signal<number>;
  #failures: readonly MutationSyncResult[] = [];
  #lastError: unknown;
  #lastSyncTime: number | undefined;
  #told: SyncState | undefined;

  constructor(options: {
    readonly signals: SignalMakers;
    readonly source: StatusSource;
    readonly onChanged: Listeners<SyncState>;
    readonly onError: (error: unknown) => void;
    readonly maxFailures: number;
  }) {
    this.#source = options.source;
    this.#onChanged = options.onChanged;
    this.#onError = options.onError;
    this.#maxFailures = options.maxFailures;
    const { signal, computed } = options.signals;
    this.#version = signal(0);
    let last: SyncState | undefined;
    this.state = computed(() => {
      void this.#version.value;
      const next = this.#current();
      last = last !== undefined && isSameState(last, next) ? last : next;
      return last;
    });
    let lastPending: readonly PendingMutation[] = [];
    this.pending = computed(() => {
      void this.#version.value;
      const next = this.#source.pending();
      const isSame = next.length === lastPending.length && next.every((each, index) => each === lastPending[index]);
      lastPending = isSame ? lastPending : next;
      return lastPending;
    });
  }

  /** The server has confirmed something now; `time` in milliseconds since the Unix epoch. */
  confirm(time: number): void {
    this.#lastSyncTime = time;
    this.changed();
  }

  /** A call left the queue without being committed. */
  fail(result: MutationSyncResult): void {
    this.#lastError = result.error;
    this.#failures = this.#maxFailures === 0 ? [] : [...this.#failures, result].slice(-this.#maxFailures);
  }

  /** Something went wrong that concerns the queue as a whole. */
  fault(error: unknown): void {
    this.#lastError = error;
    this.changed();
  }

  /** Forgets what went wrong. */
  clearErrors(): void {
    this.#failures = [];
    this.#lastError = undefined;
    this.changed();
  }

  /** The queue is another one than before. */
  changed(): void {
    try {
      this.#version.value++;
    } catch (error) {
      // An effect of somebody else.
      this.#onError(error);
    }
    if (this.#onChanged.isEmpty) return;
    const state = this.state.peek();
    if (state === this.#told) return;
    this.#told = state;
    this.#onChanged.notify(state);
  }

  #current(): SyncState {
    const { isSyncing, ...state } = this.#source.state();
    const isAtFault = this.#failures.length > 0 || this.#lastError !== undefined;
    const waiting = state.nextRetryAt === undefined ? undefined : 'waitingToRetry';
    return {
      ...state,
      status: isSyncing ? 'syncing' : (waiting ?? (isAtFault ? 'error' : 'idle')),
      hasPending: state.pendingCount > 0,
      lastError: this.#lastError,
      lastSyncTime: this.#lastSyncTime,
      failures: this.#failures,
    };
  }
}

function isSameState(left: SyncState, right: SyncState): boolean {
  return (
    left.status === right.status &&
    left.pendingCount === right.pendingCount &&
    left.lastError === right.lastError &&
    left.lastSyncTime === right.lastSyncTime &&
    left.nextRetryAt === right.nextRetryAt &&
    left.failures === right.failures &&
    left.storage === right.storage
  );
}
