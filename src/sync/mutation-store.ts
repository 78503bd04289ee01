import {
  type MutationRecord,
  type QueueMark,
  readQueueRecord,
  writeMark,
  writeMutation,
} from '../offline/mutation-record.ts';
import { type OfflineStorage, type StoredMutation } from '../offline/offline-storage.ts';
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
 * one mark is written before the first of them goes out: every call up to a sequence number may have been sent. Those that were made before the client knew
 * its identity are covered by another mark as soon as it does.
 */
export class MutationStore {
  readonly #options: MutationStoreOptions;
  /** What is in the store and is to be there no more. */
  readonly #leaving = new Set<string>();
  readonly #writes: RetriedWrites;
  #sequence = 0;
  /** Calls up to this sequence number may have been sent, and the store knows. */
  #sentThrough = 0;
  /** The marks in the store. */
  #marks: readonly string[] = [];
  #ownerMarks: readonly string[] = [];
  /** A mark that the store does not have yet. */
  #unwritten: StoredMutation | undefined;

  constructor(options: MutationStoreOptions) {
    this.#options = options;
    this.#writes = new RetriedWrites({
      ...options,
      doing: 'taking calls out of the offline queue, or marking whose they are',
      isOutstanding: () => this.#unwritten !== undefined || this.#leaving.size > 0,
      writeNext: () => this.#writeNext(),
    });
  }

  /** When the store is asked again that has refused, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return this.#writes.retryAt;
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
    this.#writes.begin();
  }

  /** Fulfilled when the store knows everything, or has refused once more. */
  flush(): Promise<void> {
    return this.#writes.flush();
  }

  /** Writes nothing more. */
  stop(): void {
    this.#writes.stop();
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
    const mark = this.#mark({ ...owner(), kind: 'sentMark', through });
    this.#marks = [...former, mark.id];
    try {
      await storage.enqueueMutation(mark);
      this.#marks = this.#marks.filter((id) => !former.includes(id));
      for (const id of former) this.remove(id);
    } catch (cause) {
      onError(asStorageError('marking calls as sent', cause));
    }
    this.#sentThrough = Math.max(this.#sentThrough, through);
  }

  /** Marks all calls so far that are of nobody as those of whom the client is now. */
  adopt(): void {
    const { owner } = this.#options;
    this.#unwritten = this.#mark({ ...owner(), kind: 'ownerMark', through: this.#sequence });
    this.#ownerMarks = [...this.#ownerMarks, this.#unwritten.id];
    this.#writes.begin();
  }

  /** There is no call left that a mark could be about. */
  forgetMarks(): void {
    for (const id of [...this.#marks, ...this.#ownerMarks]) this.remove(id);
    this.#marks = this.#ownerMarks = [];
    this.#unwritten = undefined;
  }

  /** The calls of earlier runs, in the order in which they were made. What cannot be read is reported and left out. */
  async load(): Promise<LoadedMutation[]> {
    const { storage, onError } = this.#options;
    const mutations: LoadedMutation[] = [];
    const marks: { readonly id: string; readonly mark: QueueMark }[] = [];
    for (const { id, bytes } of await storage.getPendingMutations()) {
      try {
        const stored = readQueueRecord(id, bytes);
        if (stored.kind === 'mutation') {
          mutations.push({ id, record: stored.mutation });
          this.#sequence = Math.max(this.#sequence, stored.mutation.sequence);
        } else {
          marks.push({ id, mark: stored });
          this.#sequence = Math.max(this.#sequence, stored.through + 1);
          if (stored.kind === 'sentMark') this.#sentThrough = Math.max(this.#sentThrough, stored.through);
        }
      } catch (error) {
        onError(error);
      }
    }
    const idsOf = (kind: QueueMark['kind']): string[] =>
      marks.flatMap(({ id, mark }) => (mark.kind === kind ? id : []));
    this.#marks = idsOf('sentMark');
    this.#ownerMarks = idsOf('ownerMark');
    const owners = marks.flatMap(({ mark }) => (mark.kind === 'ownerMark' ? mark : []));
    return mutations
      .sort((left, right) => left.record.sequence - right.record.sequence)
      .map(({ id, record }) => ({ id, record: withOwner(record, owners) }));
  }

  #mark(mark: QueueMark): StoredMutation {
    return { id: `${this.idOf(this.nextSequence())}-${mark.kind}`, bytes: writeMark(mark) };
  }

  async #writeNext(): Promise<void> {
    const mark = this.#unwritten;
    if (mark !== undefined) await this.#options.storage.enqueueMutation(mark);
    if (this.#unwritten === mark) this.#unwritten = undefined;
    await Promise.all(Array.from(this.#leaving, (id) => this.#remove(id)));
  }

  async #remove(id: string): Promise<void> {
    await this.#options.storage.dequeueMutation(id);
    this.#leaving.delete(id);
  }
}

/** A call that was made before the client knew its identity, as that of the one that it turned out to have. */
function withOwner(record: MutationRecord, owners: readonly QueueMark[]): MutationRecord {
  if (record.identity !== undefined) return record;
  const { sequence, address } = record;
  const owner = owners.find((mark) => mark.address === address && sequence <= mark.through);
  return owner === undefined ? record : { ...record, identity: owner.identity };
}
