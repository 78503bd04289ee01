import { type ConnectedClient, type DatabaseImage } from '../database-image.ts';

/** A client that connected or left. */
export interface ClientChange extends ConnectedClient {
  readonly kind: 'connected' | 'disconnected';
}

/** What a commit changed in one table. */
export interface TableChange {
  readonly table: string;
  /** The BSATN of each row. */
  readonly deleted: readonly Uint8Array[];
  readonly inserted: readonly Uint8Array[];
  /** The next number of each auto-increment column, by the number of the column. */
  readonly sequences: ReadonlyMap<number, bigint>;
}

/** What is kept of one commit. */
export interface CommitRecord {
  /** Microseconds since the Unix epoch. */
  readonly timestamp: bigint;
  readonly client: ClientChange | undefined;
  readonly tables: readonly TableChange[];
}

/** What of a journal those have to know who wait until a commit cannot be lost any more. */
export interface Durability {
  /** How many commits there were. */
  readonly lastCommit: number;
  /** How many of them cannot be lost any more. */
  readonly durableCommit: number;
  /** Calls `listener` each time that more of them are durable, also when the journal ends. */
  onDurable(listener: () => void): () => void;
}

/** Fulfilled when what was committed so far cannot be lost any more: at once where there is nothing to wait for. */
export async function whenDurable(durability: Durability): Promise<void> {
  const commit = durability.lastCommit;
  if (durability.durableCommit >= commit) return;
  await new Promise<void>((resolve) => {
    const stop = durability.onDurable(() => {
      if (durability.durableCommit < commit) return;
      stop();
      resolve();
    });
  });
}

/** Where commits are kept. */
export interface Journal extends Durability {
  /**
   * Begins to keep a database, also in the place of another one that went before it. What is kept stays when it is of the same module; otherwise it is written
   * anew. From here on `takeImage` may be called between two commits. Throws a `StorageError`.
   */
  begin(takeImage: () => DatabaseImage): void;
  /** Keeps a commit before anybody hears of it. Throws a `StorageError`; nothing of it is kept then. */
  append(record: CommitRecord): void;
  /** Brings all commits to the disk and ends. Throws a `StorageError`. */
  close(): void;
}

/** Of a database that is kept in memory only: there is nothing to wait for. */
export const nothingToWaitFor: Durability = { lastCommit: 0, durableCommit: 0, onDurable: () => () => undefined };
