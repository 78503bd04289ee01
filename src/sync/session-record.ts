import { type Identity } from '../bsatn/special/identity.ts';
import { type OfflineStorage } from '../offline/offline-storage.ts';
import { readRecord, writeRecord } from '../offline/record.ts';
import { type Clock } from '../platform/clock.ts';
import { RetriedWrites } from './retried-writes.ts';
import { asStorageError } from './storage-error.ts';

/** What the record is kept with. */
interface SessionRecordOptions {
  readonly storage: OfflineStorage;
  /** Host and database. */
  readonly address: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly onRetryChanged: () => void;
}

/** Where a store keeps who the client was; no table has such a name. */
const place = '$session';

/** Who the client was when it was connected last, as the store keeps it. */
export class SessionRecord {
  readonly #options: SessionRecordOptions;
  readonly #writes: RetriedWrites;
  /** What the store does not have yet. */
  #unsaved: Identity | undefined;

  constructor(options: SessionRecordOptions) {
    this.#options = options;
    this.#writes = new RetriedWrites({
      ...options,
      doing: 'keeping the identity',
      isOutstanding: () => this.#unsaved !== undefined,
      writeNext: () => this.#save(),
    });
  }

  /** When a store is asked again that has refused, in milliseconds since the Unix epoch. */
  get retryAt(): number | undefined {
    return this.#writes.retryAt;
  }

  /** Who the client was; undefined where the store does not know, or that was another database. A record that is damaged is reported. */
  async read(): Promise<Identity | undefined> {
    const { storage, address, onError } = this.#options;
    const stored = await storage.loadTableSnapshot(place);
    if (stored === undefined) return undefined;
    try {
      const header = readRecord(stored.snapshot, 'the session of the offline store', (read) => read);
      return header.address === address ? header.identity : undefined;
    } catch (cause) {
      onError(asStorageError('reading who the client was, so that nothing is shown before it connects', cause));
      return undefined;
    }
  }

  /** Writes who the client is; undefined leaves what the store has. */
  keep(identity: Identity | undefined): void {
    this.#unsaved = identity;
    this.#writes.begin();
  }

  /** Fulfilled when it is written, or has failed. */
  flush(): Promise<void> {
    return this.#writes.flush();
  }

  /** Writes nothing more. */
  stop(): void {
    this.#writes.stop();
  }

  async #save(): Promise<void> {
    const { storage, address } = this.#options;
    const identity = this.#unsaved;
    const bytes = writeRecord({ kind: 'session', address, identity, shape: '' }, () => undefined);
    await storage.saveTableSnapshot(place, bytes);
    if (this.#unsaved === identity) this.#unsaved = undefined;
  }
}
