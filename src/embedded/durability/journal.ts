import { type StorageError } from '../../errors.ts';
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
  /** Why no more of them will be durable; undefined as long as they may, and again when the disk works again. */
  readonly failure: StorageError | undefined;
  /** Calls `listener` each time that more of them are durable, also when the journal ends, and once when no more will be. */
  onDurable(listener: () => void): () => void;
}

/** Fulfilled when so many commits cannot be lost any more. Rejects with the `StorageError` of a disk that could not bring them to safety. */
export async function whenDurable(durability: Durability, commit: number): Promise<void> {
  while (durability.durableCommit < commit) {
    if (durability.failure !== undefined) throw durability.failure;
    await nextWord(durability);
  }
}

function nextWord(durability: Durability): Promise<void> {
  return new Promise((resolve) => {
    const stop = durability.onDurable(() => {
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
  /** Brings all commits to the disk and ends, also where it throws a `StorageError`, because it could not. One that had failed before fails no more. */
  close(): void;
}

/** Of a database that is kept in memory only: there is nothing to wait for. */
export const nothingToWaitFor: Durability = {
  lastCommit: 0,
  durableCommit: 0,
  failure: undefined,
  onDurable: () => () => undefined,
};
