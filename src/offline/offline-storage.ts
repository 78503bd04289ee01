import { type StorageError } from '../errors.ts';

/** Whether this client may write: a store has one writer at a time, everybody else reads. */
export type StorageAccess = 'readWrite' | 'readOnly';

/** What a store tells the client that opened it. */
export interface StorageEvents {
  /** The writer before us is gone and the store is ours now; what it left is read anew. Only after `initialize` answered `readOnly`. */
  readonly onBecameWriter: () => void;
  /**
   * Somebody else is the writer now, who took this client for dead while it stood still, and calls and rows are his. This client only reads from here on, and
   * is not made the writer again.
   */
  readonly onLost?: (error: StorageError) => void;
  /**
   * Something stored could not be read and was left out, such as a damaged record. Everything else is kept: of a table,
   * the changes before and after a damaged one.
   */
  readonly onDamaged: (error: StorageError) => void;
}

/** A reducer call that waits for the network. */
export interface StoredMutation {
  /** Unique in its store, for ever; made by the client. ASCII letters, digits and `-`. */
  readonly id: string;
  /** The call as the client wrote it, header and all. Opaque to the store. */
  readonly bytes: Uint8Array;
}

/** What a store holds of a table: a snapshot, and the changes that were appended since, oldest first. Both are opaque to the store. */
export interface StoredTable {
  /** The last snapshot. */
  readonly snapshot: Uint8Array;
  /** What was appended to it since, in order. */
  readonly changes: readonly Uint8Array[];
}

/**
 * Where the rows of the last session and the calls that wait for the network live between runs.
 *
 * A store keeps bytes and knows nothing of what is in them: no schema, no rows, no calls. It has to keep three promises.
 * What a method's promise said is written, stays written, whatever ends the process. What one method writes is there
 * whole or not at all. Methods that are called one after the other take effect in that order, also without `await`
 * between them. Bytes that are given are what they were at the call, and bytes that are handed out are the caller's. Every
 * method but `initialize` may be called only after `initialize` is done; a method that cannot do its
 * work, or that writes without being the writer, rejects with a `StorageError`.
 */
export interface OfflineStorage {
  /** Opens the store, once, and says whether this client is its writer. */
  initialize(events: StorageEvents): Promise<StorageAccess>;

  /** Waits for what is under way, lets go of the store and of its lock. Every later call rejects. Comes once, also where `initialize` or a first read has rejected. */
  dispose(): Promise<void>;

  /** Replaces what is held of a table, appended changes included. */
  saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void>;

  /** What is held of a table; `undefined` when there is nothing. */
  loadTableSnapshot(table: string): Promise<StoredTable | undefined>;

  /** Forgets what is held of a table. */
  clearTableSnapshot(table: string): Promise<void>;

  /**
   * Adds to what is held of a table, at a cost that grows with `changes` and not with the table. The client folds them
   * into a new snapshot before they outgrow the old one. Rejects where no snapshot is held. Without this method the
   * client saves whole snapshots.
   */
  appendTableChanges?(table: string, changes: Uint8Array): Promise<void>;

  /** Adds a call at the end of the queue. */
  enqueueMutation(mutation: StoredMutation): Promise<void>;

  /** The calls in the queue, in the order in which they were added. */
  getPendingMutations(): Promise<readonly StoredMutation[]>;

  /**
   * Takes one call out of the queue; an id that is not in it is no error. It should need no room: before calls are sent that waited, the client takes out what says
   * that they were not.
   */
  dequeueMutation(id: string): Promise<void>;

  /** Takes every call out of the queue. */
  clearMutationQueue(): Promise<void>;

  /** Remembers when the server last confirmed what is held of a table, in microseconds since 1970. Only `clearAll` forgets it. */
  setLastSyncTime(table: string, microseconds: bigint): Promise<void>;

  /** The time that was remembered; `undefined` when there is none. */
  getLastSyncTime(table: string): Promise<bigint | undefined>;

  /** Forgets every table, every call and every time. */
  clearAll(): Promise<void>;
}
