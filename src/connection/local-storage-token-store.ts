import { messageOf, StorageError } from '../errors.ts';
import { type AuthTokenStore } from './token-store.ts';

/** The part of the web's `Storage` that the token store uses. */
export interface WebStorage {
  /** What is kept under the key; `null` without it. */
  getItem(key: string): string | null;
  /** Keeps a value; throws where there is no room. */
  setItem(key: string, value: string): void;
  /** Forgets the key. */
  removeItem(key: string): void;
}

/** Keeps the token in `localStorage`. Every method rejects with a {@link StorageError} where the page may not use it. */
export class LocalStorageTokenStore implements AuthTokenStore {
  readonly #key: string;
  readonly #storage: WebStorage | undefined;

  /** `key` tells several apps of one origin apart; `storage` is the page's `localStorage` by default. */
  constructor(key: string = 'spacetimedb-token', storage?: WebStorage) {
    this.#key = key;
    this.#storage = storage;
  }

  loadToken(): Promise<string | undefined> {
    return this.#use('loading', (storage) => storage.getItem(this.#key) ?? undefined);
  }

  /** Keeps the token; rejects with what the storage throws, such as a quota that is used up. */
  saveToken(token: string): Promise<void> {
    return this.#use('saving', (storage) => storage.setItem(this.#key, token));
  }

  /** Forgets the token. */
  clearToken(): Promise<void> {
    return this.#use('clearing', (storage) => storage.removeItem(this.#key));
  }

  async #use<T>(action: string, use: (storage: WebStorage) => T): Promise<T> {
    try {
      return use(this.#storage ?? pageStorage());
    } catch (cause) {
      const doing = `${action} the token under ${JSON.stringify(this.#key)} in localStorage`;
      throw new StorageError(`${doing}: ${messageOf(cause)}`, { cause });
    }
  }
}

function pageStorage(): WebStorage {
  const found: unknown = Reflect.get(globalThis, 'localStorage');
  if (!isWebStorage(found)) throw new TypeError('there is no localStorage here; pass another token store');
  return found;
}

function isWebStorage(value: unknown): value is WebStorage {
  return (
    typeof value === 'object' && value !== null && 'getItem' in value && 'setItem' in value && 'removeItem' in value
  );
}
