import { type MutationRecord, readQueueRecord, writeMutation, writeSentMark } from '../offline/mutation-record.ts';
import { type OfflineStorage } from '../offline/offline-storage.ts';
import { type RecordOwner } from '../offline/record.ts';
import { type Clock } from '../platform/clock.ts';
import { RetriedWrites } from './retried-writes.ts';
import { asStorageError } from './storage-error.ts';

/** What the queue keeps in its store. */
interface MutationStoreOptions {
  readonly storage: OfflineStorage;
  readonly owner: () => RecordOwner;
  /** Tells the ids of this run from those of any other. */
  readonly run: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly onRetryChanged: () => void;
}

/** A call of an earlier run. */
export interface LoadedMutation {
  readonly id: string;
  readonly record: MutationRecord;
}

/**
 * The queue as the store keeps it. A call that is sent before its record is written says so in it. For those that were written first and are sent later,
 * one mark is written before the first of them goes out: every call up to a sequence number may have been sent.
 */
export class MutationStore {
  readonly #options: MutationStoreOptions;
  /** What is in the store and is to be there no more. */
  readonly #leaving = new Set<string>();
  readonly #removals: RetriedWrites;
  #sequence = 0;
  /** Calls up to this sequence number may have been sent, and the store knows. */
  #sentThrough = 0;
  #marks: readonly string[] = [];

  constructor(options: MutationStoreOptions) {
    this.#options = options;
    this.#removals = new RetriedWrites({
      ...options,
      doing: 'taking calls out of the offline queue',
      isOutstanding: () => this.#leaving.size > 0,
      writeNext: async () => {
        await Promise.all(Array.from(this.#leaving, (id) => this.#remove(id)));
      },
    });
  }

  /** When the store is asked again that has refused to let calls go, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return this.#removals.retryAt;
  }

  /** The place of the next call in the store. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** The id of the call with this sequence number. */
  idOf(sequence: number): string {
    return `${this.#options.run}-${sequence}`;
  }

  /** Fulfilled when the call is written. */
  async add(id: string, record: MutationRecord): Promise<void> {
    try {
      await this.#options.storage.enqueueMutation({ id, bytes: writeMutation(record) });
    } catch (cause) {
      throw asStorageError(`keeping a call of reducer ${record.reducer}`, cause);
    }
  }

  /** Takes a call out. A store does one thing after the other, so it is written by then. */
  remove(id: string): void {
    this.#leaving.add(id);
    this.#removals.begin();
  }

  /** Fulfilled when every call is out that was to leave, or the store has refused once more. */
  flush(): Promise<void> {
    return this.#removals.flush();
  }

  /** Takes nothing out any more. */
  stop(): void {
    this.#removals.stop();
  }

  /** Whether the store knows that the call may have been sent. */
  mayBeSent({ isSentAtOnce, sequence }: MutationRecord): boolean {
    return isSentAtOnce || sequence <= this.#sentThrough;
  }

  /** Marks all calls so far as perhaps sent; those that come meanwhile are not. Fulfilled when that is written, or has failed: then it was reported. */
  async markSent(): Promise<void> {
    const { storage, owner, onError } = this.#options;
    const former = this.#marks;
    const through = this.#sequence;
    const id = `${this.idOf(this.nextSequence())}-sent`;
    this.#marks = [...former, id];
    try {
      await storage.enqueueMutation({ id, bytes: writeSentMark(owner(), through) });
      this.#marks = this.#marks.filter((mark) => !former.includes(mark));
      for (const mark of former) this.remove(mark);
    } catch (cause) {
      onError(asStorageError('marking calls as sent', cause));
    }
    this.#sentThrough = Math.max(this.#sentThrough, through);
  }

  /** There is no call left that a mark could be about. */
  forgetMarks(): void {
    for (const mark of this.#marks) this.remove(mark);
    this.#marks = [];
  }

  /** The calls of earlier runs, in the order in which they were made. What cannot be read is reported and left out. */
  async load(): Promise<LoadedMutation[]> {
    const { storage, onError } = this.#options;
    const mutations: LoadedMutation[] = [];
    const marks: string[] = [];
    for (const { id, bytes } of await storage.getPendingMutations()) {
      try {
        const stored = readQueueRecord(id, bytes);
        if (stored.kind === 'mutation') {
          mutations.push({ id, record: stored.mutation });
          this.#sequence = Math.max(this.#sequence, stored.mutation.sequence);
        } else {
          marks.push(id);
          this.#sentThrough = Math.max(this.#sentThrough, stored.through);
          this.#sequence = Math.max(this.#sequence, stored.through + 1);
        }
      } catch (error) {
        onError(error);
      }
    }
    this.#marks = marks;
    return mutations.sort((left, right) => left.record.sequence - right.record.sequence);
  }

  async #remove(id: string): Promise<void> {
    await this.#options.storage.dequeueMutation(id);
    this.#leaving.delete(id);
  }
}
