import { isBytes } from '../bsatn/bytes.ts';
import { StorageError } from '../errors.ts';
import { type StoreLock } from '../platform/store-lock.ts';
import { webLock } from '../platform/web-lock.ts';
import { type KeyValues, openKeyValues } from './key-values.ts';
import {
  type OfflineStorage,
  type StorageAccess,
  type StorageEvents,
  type StoredMutation,
  type StoredTable,
} from './offline-storage.ts';
import { nothingToAddTo, StoreAccess } from './store-access.ts';
import {
  callKey,
  changeKey,
  clearedKey,
  mergedKey,
  StoredKeys,
  tableKey,
  type TableKeys,
  timeKey,
} from './stored-keys.ts';

/** What an {@link IndexedDbOfflineStorage} does where a browser gives it no choice. */
export interface IndexedDbOfflineStorageOptions {
  /**
   * Where there are no Web Locks, nobody can say whether another tab writes to the store: in pages that came over plain
   * HTTP (but for `localhost`), and in browsers from before 2022. `'readOnly'` (the default): such a page shows what is
   * held and queues no calls. `'readWrite'`: it writes; two tabs of it send calls twice and lose others. For apps that
   * never have two tabs.
   */
  readonly withoutLocks?: StorageAccess;
  /** @internal */
  readonly mergeAt?: number;
}

/** Changes with the format of what is stored: what has another one is in another place, and is left alone. */
const objectStore = 'offline-1';

/**
 * Keeps rows and calls in IndexedDB, for browsers, through `localforage`, which is loaded when the store is opened. What
 * a promise said is written survives a crash of the page or of the browser; browsers themselves may lose the last moments
 * when the machine loses its power, and may throw away what pages keep when the disk gets full, unless the page asked
 * for `navigator.storage.persist()`.
 *
 * One tab writes, others read until it is gone; the next one becomes the writer at once (a Web Lock). A write that the
 * browser has no room for rejects with a {@link StorageError} and changes nothing.
 */
export class IndexedDbOfflineStorage implements OfflineStorage {
  readonly #name: string;
  readonly #withoutLocks: StorageAccess;
  /** How many changes of a table have keys of their own. */
  readonly #mergeAt: number;
  readonly #access: StoreAccess;
  readonly #reported = new Set<string>();
  #onDamaged: (error: StorageError) => void = () => undefined;
  #lock: StoreLock | undefined;
  #values: KeyValues | undefined;
  /** For the writer, who alone changes them. */
  #keys = new StoredKeys();
  #lastTask: Promise<unknown> = Promise.resolve();

  /** `name` tells stores of one origin apart. */
  constructor(name: string, options: IndexedDbOfflineStorageOptions = {}) {
    this.#name = name;
    this.#withoutLocks = options.withoutLocks ?? 'readOnly';
    this.#mergeAt = options.mergeAt ?? 100;
    this.#access = new StoreAccess(`the IndexedDB store ${JSON.stringify(name)}`);
  }

  async initialize(events: StorageEvents): Promise<StorageAccess> {
    this.#access.open();
    this.#onDamaged = events.onDamaged;
    const access = await this.#access.explain('opening the store', () => this.#inOrder(() => this.#open()));
    this.#access.grant(access);
    if (access === 'readOnly' && !this.#access.isDisposed) this.#lock?.wait(() => void this.#becomeWriter(events));
    return access;
  }

  async dispose(): Promise<void> {
    this.#access.dispose();
    await this.#lastTask;
    await this.#lock?.release();
  }

  async saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    const bytes = snapshot.slice();
    await this.#write(`saving the table ${JSON.stringify(table)}`, async (values) => {
      const generation = this.#keys.newGeneration();
      await values.set(tableKey(generation, table), bytes);
      this.#keys.replaceTable(table, generation);
      await this.#sweep(values).catch(laterAgain);
    });
  }

  async loadTableSnapshot(table: string): Promise<StoredTable | undefined> {
    return this.#read(`loading the table ${JSON.stringify(table)}`, async (values) => {
      for (;;) {
        const held = (await this.#keysNow(values)).tables.get(table);
        if (held === undefined) return undefined;
        const keys = [held.snapshot, ...held.merged, ...held.changes];
        const [snapshot, ...changes] = await Promise.all(keys.map((key) => values.get(key)));
        // Gone is what another tab has replaced in the meantime.
        const isReplaced = [snapshot, ...changes].includes(null) && !this.#access.isWriter;
        if (!isReplaced) return this.#tableOf(table, snapshot, changes.flat());
      }
    });
  }

  async clearTableSnapshot(table: string): Promise<void> {
    await this.#write(`clearing the table ${JSON.stringify(table)}`, async (values) => {
      const held = this.#keys.tables.get(table);
      if (held === undefined) return;
      // An older snapshot that is still there would take its place.
      await this.#sweep(values);
      await values.remove(held.snapshot);
      this.#keys.dropTable(table);
      await this.#sweep(values).catch(laterAgain);
    });
  }

  async appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    const bytes = changes.slice();
    await this.#write(`adding changes to the table ${JSON.stringify(table)}`, async (values) => {
      const held = this.#keys.tables.get(table);
      if (held === undefined) throw nothingToAddTo(table);
      const key = changeKey(held.generation, this.#keys.newNumber());
      await values.set(key, bytes);
      held.changes.push(key);
      if (held.changes.length >= this.#mergeAt) await this.#merge(values, held).catch(laterAgain);
    });
  }

  async enqueueMutation({ id, bytes: call }: StoredMutation): Promise<void> {
    const bytes = call.slice();
    await this.#write('adding a call to the queue', async (values) => {
      const key = callKey(this.#keys.newNumber(), id);
      await values.set(key, bytes);
      this.#keys.calls.set(id, key);
    });
  }

  async getPendingMutations(): Promise<readonly StoredMutation[]> {
    return this.#read('reading the queue', async (values) => {
      const { calls } = await this.#keysNow(values);
      const read = Array.from(calls, async ([id, key]) => ({ id, bytes: await values.get(key) }));
      return (await Promise.all(read)).flatMap(({ id, bytes }) => {
        if (isBytes(bytes)) return [{ id, bytes }];
        // Gone is what another tab has taken out in the meantime.
        if (bytes !== null || this.#access.isWriter) this.#report(`the call ${id} in the queue`);
        return [];
      });
    });
  }

  async dequeueMutation(id: string): Promise<void> {
    await this.#write('taking a call out of the queue', async (values) => {
      const key = this.#keys.calls.get(id);
      if (key === undefined) return;
      await values.remove(key);
      this.#keys.calls.delete(id);
    });
  }

  async clearMutationQueue(): Promise<void> {
    await this.#write('clearing the queue', async (values) => {
      await values.set(clearedKey, String(this.#keys.nextNumber));
      this.#keys.dropCalls();
      await this.#sweep(values).catch(laterAgain);
    });
  }

  async setLastSyncTime(table: string, microseconds: bigint): Promise<void> {
    await this.#write('remembering a time', (values) => values.set(timeKey(table), String(microseconds)));
  }

  async getLastSyncTime(table: string): Promise<bigint | undefined> {
    return this.#read('looking a time up', async (values) => {
      const time = await values.get(timeKey(table));
      if (typeof time === 'string' && /^-?\d+$/.test(time)) return BigInt(time);
      if (time !== null) this.#report(`the time of the table ${JSON.stringify(table)}`);
      return undefined;
    });
  }

  async clearAll(): Promise<void> {
    await this.#write('clearing everything', async (values) => {
      await values.clear();
      this.#keys = new StoredKeys();
    });
  }

  async #open(): Promise<StorageAccess> {
    const values = await openKeyValues(`spacetimedb-signals/${this.#name}`, objectStore);
    this.#values = values;
    this.#lock = webLock(`spacetimedb-signals/${this.#name}`);
    const isWriter = this.#lock === undefined ? this.#withoutLocks === 'readWrite' : await this.#lock.request();
    if (!isWriter) return 'readOnly';
    try {
      await this.#takeOver(values);
    } catch (error) {
      await this.#lock?.release();
      throw error;
    }
    return 'readWrite';
  }

  async #becomeWriter(events: StorageEvents): Promise<void> {
    try {
      await this.#inOrder(async () => {
        if (this.#values !== undefined) await this.#takeOver(this.#values);
      });
    } catch (cause) {
      await this.#lock?.release();
      const what = `taking over the IndexedDB store ${JSON.stringify(this.#name)}: it stays read-only`;
      return this.#onDamaged(new StorageError(what, { cause }));
    }
    if (this.#access.isDisposed) return;
    this.#access.grant('readWrite');
    events.onBecameWriter();
  }

  async #takeOver(values: KeyValues): Promise<void> {
    this.#keys = await readKeys(values);
    await this.#sweep(values).catch(laterAgain);
  }

  /** Puts changes under one key: thousands of keys would take long to read, and to remove. */
  async #merge(values: KeyValues, held: TableKeys): Promise<void> {
    const [first, last] = [held.changes[0], held.changes.at(-1)];
    const changes = await Promise.all(held.changes.map((key) => values.get(key)));
    const bytes = changes.filter((each) => isBytes(each));
    if (first === undefined || last === undefined || bytes.length < changes.length) return;
    const key = mergedKey(first, last);
    await values.set(key, bytes);
    this.#keys.mergeChanges(held, key);
    await this.#sweep(values);
  }

  /** Removes what counts no more, older snapshots first. */
  async #sweep(values: KeyValues): Promise<void> {
    for (const key of this.#keys.garbage) {
      await values.remove(key);
      this.#keys.garbage.delete(key);
    }
  }

  async #keysNow(values: KeyValues): Promise<StoredKeys> {
    return this.#access.isWriter ? this.#keys : readKeys(values);
  }

  #tableOf(table: string, snapshot: unknown, changes: readonly unknown[]): StoredTable | undefined {
    const isWhole = [snapshot, ...changes].every((bytes) => isBytes(bytes));
    if (!isWhole) this.#report(`the table ${JSON.stringify(table)}`);
    if (!isBytes(snapshot)) return undefined;
    return { snapshot, changes: changes.flatMap((bytes) => (isBytes(bytes) ? [bytes] : [])) };
  }

  /** Once for each thing: those who only read meet it again and again. */
  #report(what: string): void {
    const message = `reading ${what} in the IndexedDB store ${JSON.stringify(this.#name)}: not what this store wrote; it was left out`;
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#onDamaged(new StorageError(message));
  }

  #inOrder<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#lastTask.then(task);
    this.#lastTask = result.catch(() => undefined);
    return result;
  }

  #read<T>(action: string, task: (values: KeyValues) => Promise<T>): Promise<T> {
    return this.#access.explain(action, async () => {
      this.#access.requireOpen(action);
      return this.#inOrder(async () => task(this.#opened()));
    });
  }

  #write(action: string, task: (values: KeyValues) => Promise<void>): Promise<void> {
    return this.#access.explain(action, async () => {
      this.#access.requireWriter(action);
      return this.#inOrder(async () => task(this.#opened()));
    });
  }

  #opened(): KeyValues {
    if (this.#values === undefined) throw new StorageError('the database is not open');
    return this.#values;
  }
}

async function readKeys(values: KeyValues): Promise<StoredKeys> {
  const keys = await values.keys();
  const cleared = keys.includes(clearedKey) ? Number(await values.get(clearedKey)) : 0;
  return new StoredKeys(keys, Number.isSafeInteger(cleared) ? cleared : 0);
}

/** What could not be removed counts no more, and is removed with what comes next. */
function laterAgain(): void {
  // Whoever writes next hears of a database that fails.
}
