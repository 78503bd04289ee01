import { type MutationSyncResult } from './pending-mutation.ts';

/** How the offline queue stands. */
export interface SyncState {
  /**
   * `syncing`: calls are on their way. `waitingToRetry`: calls wait for the next attempt to connect or for a hook of the policy to be asked again, or a store
   * that refused to write is left alone for a while. `error`: none of these, and there are failures that nobody has cleared. `idle`: nothing to do, or
   * nothing that could be done.
   */
  readonly status: 'idle' | 'syncing' | 'waitingToRetry' | 'error';
  /** How many calls are in the queue, those on their way included. */
  readonly pendingCount: number;
  /** Whether there is a call in the queue. */
  readonly hasPending: boolean;
  /** What went wrong last: a call that was refused or discarded, a hook, the store. */
  readonly lastError: unknown;
  /** When the server last confirmed rows or answered a call, in milliseconds since the Unix epoch; before the first connection of this run, of an earlier run. */
  readonly lastSyncTime: number | undefined;
  /** When the next attempt is made, in milliseconds since the Unix epoch; undefined where none is planned. */
  readonly nextRetryAt: number | undefined;
  /**
   * The calls that left the queue without being committed after they had been `pending`, oldest first, until `clearSyncErrors`. What the promise of a call rejected
   * with is not among them: whoever made it knows.
   */
  readonly failures: readonly MutationSyncResult[];
  /** `readWrite`: calls are queued. `readOnly`: another tab or process is the writer of the store. `none`: there is no store, or it could not be opened or read. */
  readonly storage: 'readWrite' | 'readOnly' | 'none';
}

/** The state of a client without a store. */
export const noSync: SyncState = {
  status: 'idle',
  pendingCount: 0,
  hasPending: false,
  lastError: undefined,
  lastSyncTime: undefined,
  nextRetryAt: undefined,
  failures: [],
  storage: 'none',
};
