import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StorageError } from '../../../src/errors.ts';
import { type BrowserPage, openBrowserPage } from '../../support/browser-page.ts';
import { skipsBrowserTests } from '../../support/browser.ts';
import { seededRandom } from '../../support/random.ts';
import { commandAt } from '../crash-commands.ts';
import { commandsIn, heldIn, PlainStorage, printHeld } from '../plain-storage.ts';
import { describeStorageContract } from '../storage-contract.ts';
import { describeStorageModel } from '../storage-model.ts';
import { append, bytesOf, openStore, queueOf, type StoragePlace, tableOf } from '../storage-place.ts';
import { openTab, RemoteStorage, type Tab } from './remote-storage.ts';

/** A database, and the tabs that have it open. */
interface DatabasePlace extends StoragePlace {
  readonly newStore: () => Promise<RemoteStorage>;
}

describe.skipIf(skipsBrowserTests())('in a browser', () => {
  let browserPage: BrowserPage;
  let databases = 0;
  /** Tabs in which no store is open. */
  const idle = new Set<Tab>();

  beforeAll(async () => {
    browserPage = await openBrowserPage(new URL('page.ts', import.meta.url));
  });
  afterAll(() => browserPage?.[Symbol.asyncDispose]());

  /** A database of its own; each store is in a tab of its own. */
  async function newPlace(options: object = {}): Promise<DatabasePlace> {
    const name = `store ${(databases += 1)}`;
    return {
      newStore: async () => {
        const [first] = idle;
        if (first !== undefined) idle.delete(first);
        const tab = first ?? (await openTab(browserPage.context, browserPage.url));
        return new RemoteStorage(tab, name, options, () => idle.add(tab));
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  describeStorageContract('IndexedDB', newPlace);
  describeStorageModel('IndexedDB', newPlace, 15);

  test('the next tab becomes the writer when that of the writer is closed', async () => {
    const place = await newPlace();
    const first = await place.newStore();
    expect(await first.initialize({ onBecameWriter: () => undefined, onDamaged: () => undefined })).toBe('readWrite');
    const second = await openStore(place);
    expect(second.access).toBe('readOnly');
    await first.enqueueMutation({ id: '1', bytes: bytesOf('call') });
    await first.saveTableSnapshot('note', bytesOf('rows'));
    await append(first, 'note', bytesOf('change'));
    await first.tab.page.close();
    await second.becameWriter;
    expect(await queueOf(second.store)).toEqual(['1:call']);
    expect(await tableOf(second.store, 'note')).toEqual(['rows', 'change']);
    await second.store.dequeueMutation('1');
    await append(second.store, 'note', bytesOf('another'));
    expect(await tableOf(second.store, 'note')).toEqual(['rows', 'change', 'another']);
    await second.store.dispose();
  });

  test('a tab that is closed while it writes leaves what it said is written, in order, none twice', async () => {
    for (let round = 0; round < 6; round++) {
      const place = await newPlace();
      const random = seededRandom(round);
      const store = await place.newStore();
      await store.initialize({ onBecameWriter: () => undefined, onDamaged: () => undefined });
      const plain = new PlainStorage();
      const started = 20 + random.below(60);
      let done = 0;
      const writes = Array.from({ length: started }, async (_, index) => {
        await plain.run(commandAt(round, index))(store);
        done = Math.max(done, index + 1);
      });
      const settled = Promise.allSettled(writes);
      await writes[random.below(started)];
      await store.tab.page.close();
      await settled;
      const next = await openStore(place);
      if (next.access === 'readOnly') await next.becameWriter;
      const held = await heldIn(next.store);
      if (commandsIn(held, (index) => commandAt(round, index), { done, started }) === undefined) {
        throw new Error(`no prefix of ${started} commands explains ${printHeld(held)}; ${done} were done`);
      }
      expect(next.damaged).toEqual([]);
      await next.store.dispose();
    }
  });

  test('a browser that is full is an error that says so, takes nothing away, and lets calls be taken out', async () => {
    const tab = await openTab(await browserPage.newContext(), browserPage.url);
    const origin = browserPage.url.slice(0, -1);
    const session = await tab.page.context().newCDPSession(tab.page);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 100_000 });
    const place: StoragePlace = {
      newStore: async () => new RemoteStorage(tab, 'full', {}, () => undefined),
      [Symbol.asyncDispose]: () => tab.page.context().close(),
    };
    const { store } = await openStore(place);
    await store.saveTableSnapshot('note', bytesOf('rows'));
    await store.enqueueMutation({ id: '1', bytes: bytesOf('call') });
    const huge = new Uint8Array(300_000);
    for (const write of [
      () => store.saveTableSnapshot('note', huge),
      () => append(store, 'note', huge),
      () => store.enqueueMutation({ id: '2', bytes: huge }),
    ]) {
      const error: unknown = await write().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toHaveProperty('message', expect.stringMatching(/in the IndexedDB store "full".*quota/i));
    }
    expect(await tableOf(store, 'note')).toEqual(['rows']);
    expect(await queueOf(store)).toEqual(['1:call']);
    // Browsers look how much room there is from time to time only.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    for (let number = 2, isFull = false; !isFull; number++) {
      const call = { id: String(number), bytes: new Uint8Array(10_000) };
      isFull = await store.enqueueMutation(call).then(
        () => false,
        () => true,
      );
    }
    for (const id of (await queueOf(store)).map((call) => call.split(':')[0] ?? '')) await store.dequeueMutation(id);
    expect(await queueOf(store)).toEqual([]);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await append(store, 'note', bytesOf('change'));
    await store.enqueueMutation({ id: '1', bytes: bytesOf('call') });
    await store.dispose();
    const next = await openStore(place);
    expect(await tableOf(next.store, 'note')).toEqual(['rows', 'change']);
    expect(await queueOf(next.store)).toEqual(['1:call']);
    await next.store.dispose();
    await place[Symbol.asyncDispose]();
  });

  test('of two tabs that make the same store at the same time one is its writer', async () => {
    for (let round = 0; round < 5; round++) {
      const place = await newPlace();
      const opened = await Promise.all([openStore(place), openStore(place)]);
      expect(opened.map(({ access }) => access).sort()).toEqual(['readOnly', 'readWrite']);
      const writer = opened.find(({ access }) => access === 'readWrite');
      await writer?.store.enqueueMutation({ id: '1', bytes: bytesOf('call') });
      for (const { store } of opened) expect(await queueOf(store)).toEqual(['1:call']);
      for (const { store } of opened) await store.dispose();
    }
  });

  test('hundreds of changes are there in their order, also for a tab that reads meanwhile', async () => {
    const place = await newPlace();
    const writer = await openStore(place);
    const reader = await openStore(place);
    await writer.store.saveTableSnapshot('note', bytesOf('rows'));
    const all = ['rows', ...Array.from({ length: 250 }, (_, index) => `change ${index}`)];
    const written = Promise.all(all.slice(1).map((change) => append(writer.store, 'note', bytesOf(change))));
    for (let look = 0; look < 5; look++) {
      const seen = (await tableOf(reader.store, 'note')) ?? [];
      expect(seen).toEqual(all.slice(0, seen.length));
    }
    await written;
    for (const { store, damaged } of [reader, writer]) {
      expect(await tableOf(store, 'note')).toEqual(all);
      expect(damaged).toEqual([]);
      await store.dispose();
    }
  });

  test('a page without Web Locks only reads, unless it was told to write', async () => {
    const tab = await openTab(browserPage.context, browserPage.url);
    await tab.page.evaluate(`Object.defineProperty(navigator, 'locks', { value: undefined })`);
    const events = { onBecameWriter: () => undefined, onDamaged: () => undefined };
    const inTab = (options: object): RemoteStorage => new RemoteStorage(tab, 'without locks', options, () => undefined);
    const writer = inTab({ withoutLocks: 'readWrite' });
    expect(await writer.initialize(events)).toBe('readWrite');
    await writer.enqueueMutation({ id: '1', bytes: bytesOf('call') });
    const reader = inTab({});
    expect(await reader.initialize(events)).toBe('readOnly');
    expect(await queueOf(reader)).toEqual(['1:call']);
    await expect(reader.dequeueMutation('1')).rejects.toThrow(StorageError);
    await reader.dispose();
    await writer.dispose();
    await tab.page.close();
  });
});
