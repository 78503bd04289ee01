import { StorageError } from '../../../src/errors.ts';
import {
  IndexedDbOfflineStorage,
  type IndexedDbOfflineStorageOptions,
} from '../../../src/offline/indexed-db-offline-storage.ts';
import { pack, unpack } from './remote-values.ts';

const stores = new Map<number, IndexedDbOfflineStorage>();

declare global {
  /** Of the test: what a store tells. */
  var tellStorageEvent: (store: number, kind: 'becameWriter' | 'damaged', message: string) => Promise<void>;
}

/** For the test, which calls them by name. */
const offlineStores = {
  make(store: number, name: string, options: IndexedDbOfflineStorageOptions): void {
    stores.set(store, new IndexedDbOfflineStorage(name, options));
  },

  initialize(store: number): Promise<string> {
    return answer(async () =>
      stores.get(store)?.initialize({
        onBecameWriter: () => void tellStorageEvent(store, 'becameWriter', ''),
        onDamaged: (error) => void tellStorageEvent(store, 'damaged', error.message),
      }),
    );
  },

  call(store: number, method: string, args: string): Promise<string> {
    const one = stores.get(store);
    const found: unknown = one && Reflect.get(one, method);
    const unpacked = unpack(args);
    return answer(async () => {
      if (typeof found !== 'function' || !Array.isArray(unpacked)) throw new TypeError(`there is no ${method}`);
      return Reflect.apply(found, one, unpacked);
    });
  },
};

/** Calls at once; gives the result, or the error as `[message]`. */
async function answer(call: () => Promise<unknown>): Promise<string> {
  try {
    return pack({ result: await call() });
  } catch (error) {
    if (error instanceof StorageError) return pack({ error: error.message, cause: String(error.cause) });
    throw error;
  }
}

Object.assign(globalThis, { offlineStores });
