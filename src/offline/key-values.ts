/** A database of keys and values. Each call is a transaction of its own. */
export interface KeyValues {
  keys(): Promise<readonly string[]>;
  /** `null` when there is none. */
  get(key: string): Promise<unknown>;
  set(key: string, value: Uint8Array | readonly Uint8Array[] | string): Promise<void>;
  remove(key: string): Promise<void>;
  clear(): Promise<void>;
}

/** Opens a database in IndexedDB, or makes it; `localforage` is loaded for it. Rejects where there is no IndexedDB. */
export async function openKeyValues(name: string, storeName: string): Promise<KeyValues> {
  const { default: localforage } = await import('localforage');
  const database = localforage.createInstance({ name, storeName, driver: localforage.INDEXEDDB });
  await database.ready();
  return {
    keys: () => database.keys(),
    get: (key) => database.getItem<unknown>(key),
    set: async (key, value) => {
      await database.setItem(key, value);
    },
    remove: (key) => database.removeItem(key),
    clear: () => database.clear(),
  };
}
