import {
  type MutationRecord,
  type QueueMark,
  readQueueRecord,
  writeMark,
  writeMutation,
} from '../offline/mutation-record.ts';
import { type OfflineStorage, type StoredMutation } from '../offline/offline-storage.ts';
import { isSameOwner, mayBeOfSameOwner, type RecordOwner } from '../offline/record.ts';
import { type Clock } from '../platform/clock.ts';
import { earliest } from './earliest.ts';
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
 * one mark is written before the first of them goes out: every call of this owner up to a sequence number may have been sent. Those that were made before the
 * client knew its identity are covered by another mark as soon as it does.
 */
export class MutationStore {
  readonly #options: MutationStoreOptions;
  /** What is in the store and is to be there no more. */
  readonly #leaving = new Set<string>();
  readonly #removals: RetriedWrites;
  #sequence = 0;
  /** The marks by their ids. */
  readonly #marks = new Map<string, QueueMark>();
  /** The mark that the store does not have yet. */
  #unwritten: StoredMutation | undefined;
  readonly #adoptions: RetriedWrites;

  constructor(options: MutationStoreOptions) {
    this.#options = options;
    this.#removals = new RetriedWrites({
      ...options,
      doing: 'taking calls out of the offline queue',
      isOutstanding: () => this.#leaving.size > 0,
      writeNext: () => this.#removeAll(),
    });
    this.#adoptions = new RetriedWrites({
      ...options,
      doing: 'marking whose the calls in the offline queue are',
      isOutstanding: () => this.#unwritten !== undefined,
      writeNext: () => this.#writeOwnerMark(),
    });
  }

  /** When the store is asked again that has refused, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return earliest([this.#removals.retryAt, this.#adoptions.retryAt]);
  }

  /** The place of the next call in the store. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** The id of the call with this sequence number. */
  idOf(sequence: number): string {
    return `${this.#options.run}-${sequence}`;
  }

  /** Fulfilled when the call is written. Rejects with the error of the store. */
  async add(id: string, record: MutationRecord): Promise<void> {
    await this.#options.storage.enqueueMutation({ id, bytes: writeMutation(record) });
  }

  /** Takes a call out. A store does one thing after the other, so it is written by then. */
  remove(id: string): void {
    this.#leaving.add(id);
    this.#removals.begin();
  }

  /** Fulfilled when the store knows everything, or has refused once more. */
  async flush(): Promise<void> {
    await Promise.all([this.#removals.flush(), this.#adoptions.flush()]);
  }

  /** Writes nothing more. */
  stop(): void {
    this.#removals.stop();
    this.#adoptions.stop();
  }

  /** Whether the store knows that the call may have been sent. */
  mayBeSent(record: MutationRecord): boolean {
    if (record.isSentAtOnce) return true;
    return [...this.#marks.values()].some((mark) => mark.kind === 'sentMark' && isAbout(mark, record));
  }

  /**
   * Marks all calls so far of whom the client is now as perhaps sent; those that come meanwhile are not. Fulfilled when that is written. Rejects with a
   * `StorageError`: then none of them may be sent.
   */
  async markSent(): Promise<void> {
    const owner = this.#options.owner();
    const former = Array.from(this.#marks).filter(([, mark]) => mark.kind === 'sentMark' && isSameOwner(mark, owner));
    const mark = this.#mark('sentMark', owner);
    try {
      await this.#options.storage.enqueueMutation(mark);
    } catch (cause) {
      this.#marks.delete(mark.id);
      // A store may have written what it says that it could not; it goes with the next call that does.
      this.#leaving.add(mark.id);
      throw asStorageError('marking calls as sent, which wait until that is possible', cause);
    }
    for (const [id] of former) this.#forget(id);
  }

  /** Marks all calls so far that are of nobody as those of whom the client is now. */
  adopt(): void {
    this.#unwritten = this.#mark('ownerMark', this.#options.owner());
    this.#adoptions.begin();
  }

  /** There is no call left that a mark could be about. */
  forgetMarks(): void {
    this.#unwritten = undefined;
    for (const id of this.#marks.keys()) this.#forget(id);
  }

  /** The calls of earlier runs, in the order in which they were made. What cannot be read is reported and left out. */
  async load(): Promise<LoadedMutation[]> {
    const { storage, onError } = this.#options;
    const mutations: LoadedMutation[] = [];
    for (const { id, bytes } of await storage.getPendingMutations()) {
      try {
        const stored = readQueueRecord(id, bytes);
        if (stored.kind === 'mutation') {
          mutations.push({ id, record: stored.mutation });
          this.#sequence = Math.max(this.#sequence, stored.mutation.sequence);
        } else {
          this.#marks.set(id, stored);
          this.#sequence = Math.max(this.#sequence, stored.through + 1);
        }
      } catch (cause) {
        onError(asStorageError('reading the offline queue, which goes on without this call', cause));
      }
    }
    // Who was first to know whose a call is, is right.
    const marks = [...this.#marks.values()].sort((left, right) => left.through - right.through);
    return mutations
      .sort((left, right) => left.record.sequence - right.record.sequence)
      .map(({ id, record }) => ({ id, record: withOwner(record, marks) }));
  }

  #mark(kind: QueueMark['kind'], owner: RecordOwner): StoredMutation {
    const mark = { ...owner, kind, through: this.#sequence };
    const id = `${this.idOf(this.nextSequence())}-${kind}`;
    this.#marks.set(id, mark);
    return { id, bytes: writeMark(mark) };
  }

  #forget(id: string): void {
    if (this.#marks.delete(id)) this.remove(id);
  }

  async #writeOwnerMark(): Promise<void> {
    const mark = this.#unwritten;
    if (mark === undefined) return;
    await this.#options.storage.enqueueMutation(mark);
    if (this.#unwritten === mark) this.#unwritten = undefined;
  }

  async #removeAll(): Promise<void> {
    await Promise.all(Array.from(this.#leaving, (id) => this.#remove(id)));
  }

  async #remove(id: string): Promise<void> {
    await this.#options.storage.dequeueMutation(id);
    this.#leaving.delete(id);
  }
}

function isAbout(mark: QueueMark, record: MutationRecord): boolean {
  return record.sequence <= mark.through && mayBeOfSameOwner(mark, record);
}

/** A call that was made before the client knew its identity, as that of the one that it turned out to have. */
function withOwner(record: MutationRecord, marks: readonly QueueMark[]): MutationRecord {
  if (record.identity !== undefined) return record;
  const first = marks.find((mark) => isAbout(mark, record));
  return first === undefined ? record : { ...record, identity: first.identity };
}
