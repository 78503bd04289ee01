import { StorageError } from '../errors.ts';
import { type StorageAccess } from './offline-storage.ts';

const wasTakenOver =
  'another process took it over while this one stood still; it only reads from here on: make the store and its client anew';

/** What a client may do with a store that it opened, and what it hears when it tries something else. */
export class StoreAccess {
  readonly #store: string;
  #state: 'unopened' | 'opening' | StorageAccess | 'lost' | 'disposed' = 'unopened';

  /** `store` as messages call it. */
  constructor(store: string) {
    this.#store = store;
  }

  get isWriter(): boolean {
    return this.#state === 'readWrite';
  }

  get isDisposed(): boolean {
    return this.#state === 'disposed';
  }

  /** The first half of `initialize`, which may be called once. */
  open(): void {
    if (this.#state !== 'unopened') throw this.#refusal('opening it again', 'a store is opened once; make another one');
    this.#state = 'opening';
  }

  /** What became of opening it, or of waiting to be its writer. */
  grant(access: StorageAccess): void {
    if (this.#state !== 'disposed') this.#state = access;
  }

  /** Another one has become the writer. Gives what whoever writes is told from here on. */
  lose(): StorageError {
    if (this.#state !== 'disposed') this.#state = 'lost';
    return this.#refusal('writing', wasTakenOver);
  }

  dispose(): void {
    this.#state = 'disposed';
  }

  /** Throws a {@link StorageError} where nothing may be read, with `action` in it. */
  requireOpen(action: string): void {
    if (this.#state === 'disposed') throw this.#refusal(action, 'the store is disposed');
    if (this.#state === 'unopened' || this.#state === 'opening')
      throw this.#refusal(action, 'the store is not open yet; await initialize() first');
  }

  /** Throws a {@link StorageError} where nothing may be written, with `action` in it. */
  requireWriter(action: string): void {
    this.requireOpen(action);
    if (this.#state === 'lost') throw this.#refusal(action, wasTakenOver);
    if (this.#state !== 'readWrite')
      throw this.#refusal(action, 'another tab or process is its writer; this one becomes it when that one is gone');
  }

  /** What goes wrong in `work` as a {@link StorageError} with `action` in it. */
  async explain<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      // A browser that is full says so by the name of its error only.
      const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
      throw new StorageError(`${action} in ${this.#store}: ${reason}`, { cause });
    }
  }

  #refusal(action: string, reason: string): StorageError {
    return new StorageError(`${action} in ${this.#store}: ${reason}`);
  }
}

/** The change of a table that has nothing to be added to. */
export function nothingToAddTo(table: string): StorageError {
  return new StorageError(
    `adding changes to the table ${JSON.stringify(table)}: no snapshot of it is held; save one first`,
  );
}
