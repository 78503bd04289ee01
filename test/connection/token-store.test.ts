import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileTokenStore } from '../../src/connection/file-token-store.ts';
import { LocalStorageTokenStore, type WebStorage } from '../../src/connection/local-storage-token-store.ts';
import { type AuthTokenStore, InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { StorageError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'token-store-'));
beforeEach(() => {
  mkdirSync(folder, { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllGlobals();
});

/** A stand-in for `localStorage`, or for one that a page may not use. */
function webStorage(isForbidden = false): WebStorage {
  const values = new Map<string, string>();
  const guard = <T>(use: () => T): T => {
    if (isForbidden) throw new DOMException('denied', 'SecurityError');
    return use();
  };
  return {
    getItem: (key) => guard(() => values.get(key) ?? null),
    setItem: (key, value) => guard(() => void values.set(key, value)),
    removeItem: (key) => guard(() => void values.delete(key)),
  };
}

describe.each<[string, () => AuthTokenStore]>([
  ['memory', () => new InMemoryTokenStore()],
  ['localStorage', () => new LocalStorageTokenStore('key', webStorage())],
  ['a file', () => new FileTokenStore(join(folder, 'deep', 'token'))],
])('a token store in %s', (_, make) => {
  test('keeps the last token until it is cleared', async () => {
    const store = make();
    expect(await store.loadToken()).toBeUndefined();
    await store.saveToken('first');
    await store.saveToken('second');
    expect(await store.loadToken()).toBe('second');
    await store.clearToken();
    await store.clearToken();
    expect(await store.loadToken()).toBeUndefined();
  });
});

describe('a token store in a file', () => {
  const path = join(folder, 'token');

  test('lets only its owner read it, also where others could read what was there before', async () => {
    const store = new FileTokenStore(path);
    await store.saveToken('secret');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    await store.saveToken('secret');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await new FileTokenStore(path).loadToken()).toBe('secret');
  });

  test('leaves one token whole and no other file when several are saved at once', async () => {
    const store = new FileTokenStore(path);
    const tokens = Array.from({ length: 20 }, (_, index) => `token-${index}-${'x'.repeat(5000)}`);
    await Promise.all(tokens.map((token) => store.saveToken(token)));
    expect(tokens).toContain(await store.loadToken());
    expect(readdirSync(folder)).toEqual(['token']);
  });

  test('leaves nothing beside it when it cannot be written', async () => {
    await mkdir(path);
    await expect(new FileTokenStore(path).saveToken('secret')).rejects.toThrow(StorageError);
    expect(readdirSync(folder)).toEqual(['token']);
  });

  test('says what it was doing when the file system fails', async () => {
    const store = new FileTokenStore(folder);
    await expect(store.loadToken()).rejects.toThrow(`loading the token from ${folder}`);
    await expect(store.saveToken('secret')).rejects.toSatisfy(
      (error) => error instanceof StorageError && error.cause instanceof Error && !error.message.includes('secret'),
    );
    await expect(store.clearToken()).rejects.toThrow(StorageError);
  });
});

describe('a token store in localStorage', () => {
  test('uses that of the page, and tells apps apart by their key', async () => {
    vi.stubGlobal('localStorage', webStorage());
    await new LocalStorageTokenStore('one').saveToken('first');
    await new LocalStorageTokenStore().saveToken('second');
    expect(await new LocalStorageTokenStore('one').loadToken()).toBe('first');
    expect(await new LocalStorageTokenStore().loadToken()).toBe('second');
  });

  test('rejects where there is none, or the page may not use it', async () => {
    await expect(new LocalStorageTokenStore('key', webStorage(true)).loadToken()).rejects.toThrow(StorageError);
    vi.stubGlobal('localStorage', undefined);
    await expect(new LocalStorageTokenStore().saveToken('secret')).rejects.toThrow(
      /^saving the token under "spacetimedb-token" in localStorage: there is no localStorage here/,
    );
  });
});
