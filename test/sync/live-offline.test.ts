import { effect } from '@preact/signals-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { FileOfflineStorage } from '../../src/offline/files/file-offline-storage.ts';
import { type OfflineStorage } from '../../src/offline/offline-storage.ts';
import { OptimisticChange } from '../../src/store/overlay/optimistic-change.ts';
import { type Note, type SpacetimeDbClient } from '../generated/reference/index.ts';
import { cuttableConnector } from '../support/cuttable-connector.ts';
import { eventually, type LiveServer, startLiveServer } from '../support/live-clients.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const notes = 'SELECT * FROM note';
let live: LiveServer;

beforeAll(async () => {
  live = await startLiveServer();
});

afterEach(async () => {
  await live.disposeClients();
  expect(live.errors).toEqual([]);
});

afterAll(() => live[Symbol.asyncDispose]());

function noteOf(client: SpacetimeDbClient, id: bigint, title: string): Note {
  const owner = client.identity.peek();
  if (owner === undefined) throw new Error('never connected');
  return { id, owner, folder: 'f', title, body: '', tags: [], createdAt: Timestamp.epoch };
}

function create(client: SpacetimeDbClient, note: Note): ReturnType<typeof client.reducers.createNote> {
  return client.reducers.createNote(
    { ...note, tags: [...note.tags] },
    { optimisticChanges: [OptimisticChange.insertRow(client.note, note)] },
  );
}

describe('a well-predicted write', () => {
  test('is one change for the eye from the call to its confirmation, offline, over a reconnect, in another run', async () => {
    const authStorage = new InMemoryTokenStore();
    const network = cuttableConnector();
    const storage = new InMemoryOfflineStorage();
    const first = await live.connect([notes], { authStorage, offlineStorage: storage, webSocket: network });
    await first.reducers.createNote({ id: 1n, folder: 'f', title: 'here', body: '', tags: [] });
    const before = first.note.find(1n);
    if (before === undefined) throw new Error('the note is not here');
    const seen: unknown[] = [];
    const stop = effect(() => void seen.push(first.note.row(1n).value?.title));
    await first.disconnect();
    const edited = { ...before, title: 'edited' };
    const result = await first.reducers.updateNote(
      { id: 1n, title: 'edited', body: '' },
      { optimisticChanges: [OptimisticChange.updateRow(first.note, before, edited)] },
    );
    await first.connect();
    expect((await result.settled).status).toBe('committed');
    expect(seen).toEqual(['here', 'edited']);
    stop();
    await first.disconnect();
    const again = { ...edited, title: 'again' };
    await first.reducers.updateNote(
      { id: 1n, title: 'again', body: '' },
      { optimisticChanges: [OptimisticChange.updateRow(first.note, edited, again)] },
    );
    await live.disposeClients();
    const second = await live.create({ authStorage, offlineStorage: new InMemoryOfflineStorage(storage) });
    const seenNext: unknown[] = [];
    const stopNext = effect(() => void seenNext.push(second.note.row(1n).value?.title));
    await second.connect({ initialSubscriptions: notes });
    await eventually('the edit to be confirmed', () => second.pendingMutations.peek().length === 0);
    expect(seenNext).toEqual(['again']);
    stopNext();
  });
});

describe('rows and calls in files', () => {
  test('are there in the next run, and go out with the next connection', async () => {
    const folder = temporaryFolder();
    const authStorage = new InMemoryTokenStore();
    const inFiles = (): OfflineStorage => new FileOfflineStorage(folder);
    const first = await live.connect([notes], { authStorage, offlineStorage: inFiles() });
    await create(first, noteOf(first, 10n, 'online'));
    await first.disconnect();
    expect((await create(first, noteOf(first, 11n, 'offline'))).status).toBe('pending');
    await live.disposeClients();

    const second = await live.create({ authStorage, offlineStorage: inFiles() });
    expect(second.note.find(10n)?.title).toBe('online');
    expect(second.note.find(11n)?.title).toBe('offline');
    expect([...second.note.pending.value]).toEqual([11n]);
    await second.connect({ initialSubscriptions: notes });
    await eventually('the call to go out', () => second.pendingMutations.peek().length === 0);
    expect(live.server.query('SELECT * FROM note WHERE id = 11')).toHaveLength(1);
    await live.disposeClients();

    const third = await live.create({ authStorage, offlineStorage: inFiles() });
    expect(third.note.find(11n)?.title).toBe('offline');
    expect(third.note.pending.value.size).toBe(0);
  });
});

test('a call that the network has no room for goes out when what has filled it is answered', async () => {
  const client = await live.connect([notes], {
    offlineStorage: new InMemoryOfflineStorage(),
    limits: { maxBufferedBytes: 100_000 },
  });
  // Not by way of the queue, so that no answer to a queued call is under way.
  const filling = client.reducers.say({ room: 1, text: 'x'.repeat(200_000) }, { dropIfOffline: true });
  const waiting = client.reducers.say({ room: 1, text: 'behind it' });
  expect(client.pendingMutations.peek().map(({ state }) => state)).toEqual(['queued']);
  expect((await filling).status).toBe('committed');
  expect((await waiting).status).toBe('committed');
});
