import { type StoreLock } from './store-lock.ts';

/** The part of the web's `LockManager` that is used here. */
interface WebLocks {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    callback: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

/**
 * A Web Lock of that name. `undefined` where there are none: in pages that came over plain HTTP, in old browsers, in
 * Node before version 24. It needs neither the DOM nor the rest of a platform, so that an app carries only this.
 */
export function webLock(name: string): StoreLock | undefined {
  const locks = pageLocks();
  return locks && lockOf(locks, name);
}

function pageLocks(): WebLocks | undefined {
  const navigator: unknown = Reflect.get(globalThis, 'navigator');
  const locks: unknown = typeof navigator === 'object' && navigator !== null && Reflect.get(navigator, 'locks');
  return isWebLocks(locks) ? locks : undefined;
}

function isWebLocks(value: unknown): value is WebLocks {
  return typeof value === 'object' && value !== null && 'request' in value && typeof value.request === 'function';
}

function lockOf(locks: WebLocks, name: string): StoreLock {
  const waiting = new AbortController();
  let release = (): void => undefined;
  let ended: Promise<unknown> = Promise.resolve();
  /** Keeps the lock until it is released; a browser releases that of a page that is gone. */
  const hold = (): Promise<void> =>
    new Promise((resolve) => {
      release = resolve;
    });
  return {
    request: () =>
      new Promise<boolean>((resolve, reject) => {
        ended = locks
          .request(name, { ifAvailable: true }, (lock) => {
            resolve(lock !== null);
            return lock === null ? undefined : hold();
          })
          .catch(reject);
      }),
    wait: (onHeld) => {
      ended = locks
        .request(name, { signal: waiting.signal }, () => {
          onHeld();
          return hold();
        })
        // Whoever waits no longer is told so by an error.
        .catch(() => undefined);
    },
    release: async () => {
      waiting.abort();
      release();
      await ended;
    },
  };
}
