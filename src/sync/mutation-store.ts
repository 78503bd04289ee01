import {
  type MutationRecord,
  type QueueMark,
  readQueueRecord,
  writeMark,
  writeMutation,
} from '../offline/mutation-record.ts';
import { type OfflineStorage, type StoredMutation } from '../offline/offline-storage.ts';
import { isSameOwner, type RecordOwner } from '../offline/record.ts';
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

/** A mark that the store has, or is about to have. */
interface UnsentMark {
  readonly sequence: number;
  readonly id: string;
  readonly owner: RecordOwner;
  /** Fulfilled when the store has it. */
  readonly written: Promise<void>;
}

/**
 * The queue as the store keeps it, so that the next run knows which calls may have been sent. A call that is made with a connection may be, from the beginning.
 * Those that are made without one are made under a mark, which says that they were not; it is taken out before the first of them is sent. Taking out needs no
 * room: a store that is full does not hold them up.
 *
 * ```text
 *   mark 1   call 2 (under 1)   call 3 (under 1)   call 4 (with a connection)       2 and 3 were not sent
 *            call 2 (under 1)   call 3 (under 1)   call 4 (with a connection)       any of them may have been
 * ```
 *
 * Calls that were made before the client knew its identity get another mark as soon as it does, which is written before they are sent.
 */
export class MutationStore {
  readonly #options: MutationStoreOptions;
  /** What is in the store and is to be there no more. */
  readonly #leaving = new Set<string>();
  readonly #removals: RetriedWrites;
  #sequence = 0;
  /** What says that calls were not sent, by their numbers. */
  readonly #unsentMarks = new Map<number, UnsentMark>();
  /** The one that calls are made under now; undefined where the next of them needs another. */
  #currentMark: UnsentMark | undefined;
  /** The ids of the marks that say whose calls are. */
  readonly #ownerMarks = new Set<string>();
  /** The one of them that the store does not have yet. */
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

  /** The number of the mark for a call that is made now and not sent. It is written before the call is. */
  unsentMark(): number {
    const owner = this.#options.owner();
    if (this.#currentMark === undefined || !isSameOwner(this.#currentMark.owner, owner)) {
      this.#currentMark = this.#newUnsentMark(owner);
    }
    return this.#currentMark.sequence;
  }

  #newUnsentMark(owner: RecordOwner): UnsentMark {
    const sequence = this.nextSequence();
    const stored = this.#mark('unsentMark', sequence, owner);
    const mark = { sequence, id: stored.id, owner, written: this.#options.storage.enqueueMutation(stored) };
    this.#unsentMarks.set(sequence, mark);
    mark.written.catch(() => {
      // What was called under it is refused as well; the next call gets another.
      if (this.#currentMark === mark) this.#currentMark = undefined;
    });
    return mark;
  }

  /** Fulfilled when the call is written, and the mark that it was made under. Rejects with the error of the store. */
  async add(id: string, record: MutationRecord): Promise<void> {
    const { unsentMark } = record;
    const written = unsentMark === undefined ? undefined : this.#unsentMarks.get(unsentMark)?.written;
    const added = this.#options.storage.enqueueMutation({ id, bytes: writeMutation(record) });
    try {
      await added;
    } catch (error) {
      // A store may have written what it says that it could not; it goes with the next call that does.
      this.#leaving.add(id);
      throw error;
    }
    try {
      await written;
    } catch (error) {
      // Without its mark the next run would take it for sent, and send it: whoever made it is about to hear that it is not.
      this.remove(id);
      throw error;
    }
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

  /** Whether the store says that the call was not sent. */
  isUnsent({ unsentMark }: MutationRecord): boolean {
    return unsentMark !== undefined && this.#unsentMarks.has(unsentMark);
  }

  /** Whether the store knows that the call may have been sent, and whose it is. */
  mayBeSent(record: MutationRecord): boolean {
    return record.unsentMark === undefined || (!this.isUnsent(record) && this.#unwritten === undefined);
  }

  /**
   * Has the store know that these calls may have been sent; those that come meanwhile are not among them. Fulfilled when that is so. Rejects with a
   * `StorageError`: then none of them may be sent.
   */
  async markSent(records: readonly MutationRecord[]): Promise<void> {
    this.#currentMark = undefined;
    try {
      await this.#requireOwner();
      const marks = new Set(records.flatMap(({ unsentMark }) => unsentMark ?? []));
      await Promise.all(Array.from(marks, (mark) => this.#takeOut(mark)));
    } catch (cause) {
      throw asStorageError('marking calls as sent, which wait until that is possible', cause);
    }
  }

  /** Marks all calls so far that are of nobody as those of whom the client is now. */
  adopt(): void {
    const mark = this.#mark('ownerMark', this.nextSequence(), this.#options.owner());
    this.#ownerMarks.add(mark.id);
    this.#unwritten = mark;
    this.#adoptions.begin();
  }

  /** There is no call left that a mark could be about. */
  forgetMarks(): void {
    this.#unwritten = undefined;
    this.#currentMark = undefined;
    for (const { id } of this.#unsentMarks.values()) this.remove(id);
    for (const id of this.#ownerMarks) this.remove(id);
    this.#unsentMarks.clear();
    this.#ownerMarks.clear();
  }

  /** The calls of earlier runs, in the order in which they were made. What cannot be read is reported and left out. */
  async load(): Promise<LoadedMutation[]> {
    const { storage, onError } = this.#options;
    const mutations: LoadedMutation[] = [];
    const ownerMarks: QueueMark[] = [];
    for (const { id, bytes } of await storage.getPendingMutations()) {
      try {
        const stored = readQueueRecord(id, bytes);
        const { sequence } = stored.kind === 'mutation' ? stored.mutation : stored;
        this.#sequence = Math.max(this.#sequence, sequence);
        if (stored.kind === 'mutation') {
          mutations.push({ id, record: stored.mutation });
        } else if (stored.kind === 'unsentMark') {
          this.#unsentMarks.set(sequence, { sequence, id, owner: stored, written: Promise.resolve() });
        } else {
          ownerMarks.push(stored);
          this.#ownerMarks.add(id);
        }
      } catch (cause) {
        onError(asStorageError('reading the offline queue, which goes on without this call', cause));
      }
    }
    // Who was first to know whose a call is, is right.
    ownerMarks.sort((left, right) => left.sequence - right.sequence);
    return mutations
      .sort((left, right) => left.record.sequence - right.record.sequence)
      .map(({ id, record }) => ({ id, record: withOwner(record, ownerMarks) }));
  }

  #mark(kind: QueueMark['kind'], sequence: number, owner: RecordOwner): StoredMutation {
    return { id: `${this.idOf(sequence)}-${kind}`, bytes: writeMark({ ...owner, kind, sequence }) };
  }

  /** Calls that are of nobody may be sent by somebody else in the next run. */
  async #requireOwner(): Promise<void> {
    if (this.#unwritten === undefined) return;
    await this.#adoptions.flush();
    if (this.#unwritten !== undefined) throw this.#adoptions.failure;
  }

  async #takeOut(sequence: number): Promise<void> {
    const mark = this.#unsentMarks.get(sequence);
    if (mark === undefined) return;
    await this.#options.storage.dequeueMutation(mark.id);
    this.#unsentMarks.delete(sequence);
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

/** A call that was made before the client knew its identity, as that of the one that it turned out to have. */
function withOwner(record: MutationRecord, ownerMarks: readonly QueueMark[]): MutationRecord {
  if (record.identity !== undefined) return record;
  const first = ownerMarks.find(({ sequence, address }) => record.sequence < sequence && record.address === address);
  return first === undefined ? record : { ...record, identity: first.identity };
}
