import { describe, expect, test } from 'vitest';
import { ReducerError, StorageError } from '../../src/errors.ts';
import { type TransactionResult } from '../../src/calls/result.ts';
import { OptimisticChange } from '../../src/store/overlay/optimistic-change.ts';
import { type Setting } from '../generated/reference/index.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type QuerySetUpdate, type ServerMessage } from '../../src/wire/server-message.ts';
import { all, committed, refused, scoreChange, scores, ScriptedClient, settings } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

/*
 * Rules that clients of this kind got wrong before, each by name.
 */

const base: Setting = { key: 'k', slot: 1, value: 'base' };
const allSettings = 'SELECT * FROM setting';

/** Sets the value of the one setting, offline or online, and predicts it. */
function put(offline: OfflineClient, value: string): Promise<TransactionResult> {
  const { setting } = offline.client;
  const row = setting.find('k');
  const edited = { ...base, value };
  const change =
    row === undefined ? OptimisticChange.insertRow(setting, edited) : OptimisticChange.updateRow(setting, row, edited);
  return offline.client.reducers.putSetting(edited, { optimisticChanges: [change] });
}

function remove(offline: OfflineClient): Promise<unknown> {
  const { setting } = offline.client;
  const row = setting.find('k') ?? base;
  return offline.client.reducers.removeScore(
    { player: 'k', points: 0n },
    { optimisticChanges: [OptimisticChange.deleteRow(setting, row)] },
  );
}

const valueOf = (offline: OfflineClient): string | undefined => offline.client.setting.find('k')?.value;

/** A client that was connected to a server with the one setting, and is offline. */
async function offlineWithSetting(...rows: readonly Setting[]): Promise<{ offline: OfflineClient; set: number }> {
  const offline = await OfflineClient.create();
  await offline.scripted.connect();
  const set = await offline.scripted.subscribe(allSettings, settings(...rows));
  offline.scripted.socket.drop();
  return { offline, set };
}

async function back(offline: OfflineClient, set: number, ...rows: readonly Setting[]): Promise<void> {
  await offline.scripted.comeBack();
  offline.scripted.answer(set, settings(...rows));
  await settled();
}

/** Answers call `index` of the present socket. */
async function answer(
  offline: OfflineClient,
  index: number,
  make: (requestId: number) => ServerMessage,
): Promise<void> {
  const call = offline.calls[index];
  if (call === undefined) throw new Error(`call ${index} was not sent`);
  offline.scripted.socket.receive(make(call.requestId));
  await settled();
}

describe('overlays of calls that wait', () => {
  test('two updates of one row, the older is refused: the newer still shows', async () => {
    const { offline, set } = await offlineWithSetting(base);
    await put(offline, 'one');
    await put(offline, 'two');
    await back(offline, set, base);
    await answer(offline, 0, refused);
    expect(valueOf(offline)).toBe('two');
    await answer(offline, 1, refused);
    expect(valueOf(offline)).toBe('base');
    await offline[Symbol.asyncDispose]();
  });

  test('two updates of one row, both refused in the other order: the committed value is back', async () => {
    const { offline, set } = await offlineWithSetting(base);
    await put(offline, 'one');
    await put(offline, 'two');
    await back(offline, set, base);
    await answer(offline, 1, refused);
    expect(valueOf(offline)).toBe('one');
    await answer(offline, 0, refused);
    expect(valueOf(offline)).toBe('base');
    await offline[Symbol.asyncDispose]();
  });

  test('the older is committed as something else, the newer is refused: the value of the server shows, not the predicted one', async () => {
    const { offline, set } = await offlineWithSetting(base);
    await put(offline, 'one');
    await put(offline, 'two');
    await back(offline, set, base);
    const change = { querySetId: set, tables: settingChange(base, { ...base, value: 'ONE' }) };
    await answer(offline, 0, (requestId) => committed(requestId, change));
    expect(valueOf(offline)).toBe('two');
    await answer(offline, 1, refused);
    expect(valueOf(offline)).toBe('ONE');
    await offline[Symbol.asyncDispose]();
  });

  test('the server has deleted the row meanwhile: after a refusal it is absent', async () => {
    const { offline, set } = await offlineWithSetting(base);
    await put(offline, 'one');
    await back(offline, set);
    await answer(offline, 0, refused);
    expect(valueOf(offline)).toBeUndefined();
    await offline[Symbol.asyncDispose]();
  });

  test.each([
    [0, 1],
    [1, 0],
  ])(
    'a delete and an insert of one key, refused in the order %i, %i: the committed row is back',
    async (first, second) => {
      const { offline, set } = await offlineWithSetting(base);
      await remove(offline);
      await put(offline, 'again');
      expect(valueOf(offline)).toBe('again');
      await back(offline, set, base);
      await answer(offline, first, refused);
      await answer(offline, second, refused);
      expect(valueOf(offline)).toBe('base');
      await offline[Symbol.asyncDispose]();
    },
  );

  test('two inserts of one key, both refused: nothing is left', async () => {
    const { offline, set } = await offlineWithSetting();
    await put(offline, 'one');
    await put(offline, 'two');
    await back(offline, set);
    await answer(offline, 0, refused);
    await answer(offline, 1, refused);
    expect(valueOf(offline)).toBeUndefined();
    expect(offline.client.setting.pending.value.size).toBe(0);
    await offline[Symbol.asyncDispose]();
  });

  test('an edit of somebody else is what a refusal goes back to', async () => {
    const { offline, set } = await offlineWithSetting(base);
    await put(offline, 'mine');
    await back(offline, set, { ...base, value: 'theirs' });
    expect(valueOf(offline)).toBe('mine');
    await answer(offline, 0, refused);
    expect(valueOf(offline)).toBe('theirs');
    await offline[Symbol.asyncDispose]();
  });

  test('a stale snapshot at a reconnect does not clobber them, nor does a second break in the middle of it', async () => {
    const { offline, set } = await offlineWithSetting(base);
    await put(offline, 'mine');
    const seen: unknown[] = [];
    offline.client.setting.onUpdate(({ newRow }) => seen.push(newRow.value));
    await offline.scripted.comeBack();
    offline.scripted.socket.drop();
    await back(offline, set, base);
    expect([valueOf(offline), seen]).toEqual(['mine', []]);
    await answer(offline, 0, (requestId) => committed(requestId));
    await offline[Symbol.asyncDispose]();
  });

  test('three edits offline, a restart, a reconnect: server and client end with the last one', async () => {
    const { offline: first } = await offlineWithSetting(base);
    for (const value of ['one', 'two', 'three']) await put(first, value);
    await using offline = await first.restart();
    expect(valueOf(offline)).toBe('three');
    const connecting = offline.client.connect({ initialSubscriptions: allSettings });
    await settled();
    offline.scripted.socket.introduce();
    await settled();
    const set = offline.client.inspect().querySets[0]?.id ?? 0;
    offline.scripted.answer(set, settings(base));
    await connecting;
    await settled();
    expect(offline.calls).toHaveLength(3);
    let before = base;
    for (const [index, value] of ['one', 'two', 'three'].entries()) {
      const after = { ...base, value };
      const change = { querySetId: set, tables: settingChange(before, after) };
      await answer(offline, index, (requestId) => committed(requestId, change));
      expect(valueOf(offline)).toBe('three');
      before = after;
    }
    expect(offline.client.setting.pending.value.size).toBe(0);
  });

  test('what the server did not confirm is never stored as its row', async () => {
    const { offline: first } = await offlineWithSetting(base);
    await put(first, 'mine');
    first.client.pendingMutations.value[0]?.discard();
    await using offline = await first.restart();
    expect(valueOf(offline)).toBe('base');
  });

  test('a key that the server did not use leaves no phantom', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(all, scores());
    offline.scripted.socket.drop();
    await offline.addScore(1);
    await offline.scripted.comeBack();
    offline.scripted.answer(set, scores());
    await settled();
    await answer(offline, 0, (requestId) => committed(requestId, scoreChange(set, { inserts: [2] })));
    expect(offline.scripted.points).toEqual([2]);
    await offline[Symbol.asyncDispose]();
  });

  test('a committed call without a subscription that returns its row leaves no row, here and in the next run', async () => {
    const first = await OfflineClient.create();
    await first.addScore(1);
    await first.scripted.connect();
    await settled();
    await answer(first, 0, (requestId) => committed(requestId));
    expect(first.scripted.points).toEqual([]);
    await using offline = await first.restart();
    expect(offline.scripted.points).toEqual([]);
  });
});

describe('the queue', () => {
  test('a call that the store cannot keep rejects, is taken back and is not sent', async () => {
    const storage = new InMemoryOfflineStorage();
    storage.enqueueMutation = () => Promise.reject(new Error('disk full'));
    await using scripted = await ScriptedClient.create({ offlineStorage: storage });
    const row = { player: 'ann', points: 1n };
    const call = scripted.client.reducers.addScore(row, {
      optimisticChanges: [OptimisticChange.insertRow(scripted.client.score, row)],
    });
    expect(scripted.points).toEqual([1]);
    await expect(call).rejects.toBeInstanceOf(StorageError);
    expect(scripted.points).toEqual([]);
    expect(scripted.client.syncState.value).toMatchObject({ status: 'error', pendingCount: 0 });
    await scripted.connect();
    await settled();
    expect(scripted.sent).toEqual([]);
  });

  test('a refusal is final: it is not sent again, good calls around it land', async () => {
    await using offline = await OfflineClient.create();
    const results = [await offline.addScore(1), await offline.addScore(2), await offline.addScore(3)];
    await offline.scripted.connect();
    await settled();
    await answer(offline, 0, (requestId) => committed(requestId));
    await answer(offline, 1, refused);
    await answer(offline, 2, (requestId) => committed(requestId));
    expect(offline.told).toEqual(['add_score committed', 'add_score rejected', 'add_score committed']);
    await expect(results[1]?.settled).rejects.toBeInstanceOf(ReducerError);
    expect(offline.calls).toHaveLength(3);
    const [failure] = offline.client.syncState.value.failures;
    expect(failure?.mutation).toMatchObject({ reducer: 'add_score', args: { player: 'ann', points: 2n } });
    expect(failure?.mutation.optimisticChanges).toHaveLength(1);
  });

  test('an effect that was there before is no proof that a call was carried out', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(allSettings, settings(base));
    const call = offline.client.reducers.putSetting(base, {
      optimisticChanges: [OptimisticChange.insertRow(offline.client.setting, base)],
    });
    await settled();
    offline.scripted.socket.drop();
    await call;
    await back(offline, set, base);
    expect(offline.calls).toHaveLength(1);
    await answer(offline, 0, (requestId) => committed(requestId));
    expect(offline.told).toEqual(['put_setting committed ?']);
    await offline[Symbol.asyncDispose]();
  });

  test('a call whose effect a later one has covered is not sent again, which would undo the later one', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const set = await offline.scripted.subscribe(allSettings, settings(base));
    const calls = [put(offline, 'one'), put(offline, 'two')];
    await settled();
    offline.scripted.socket.drop();
    await Promise.all(calls);
    await back(offline, set, { ...base, value: 'two' });
    expect(offline.calls).toEqual([]);
    expect(offline.told).toEqual(['put_setting committed ?', 'put_setting committed ?']);
    await offline[Symbol.asyncDispose]();
  });

  test('a call on a table that is not subscribed is sent again: nothing can prove it', async () => {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const call = offline.addScore(1);
    await settled();
    offline.scripted.socket.drop();
    await call;
    await offline.scripted.comeBack();
    await settled();
    expect(offline.calls).toHaveLength(1);
    await answer(offline, 0, (requestId) => committed(requestId));
    await offline[Symbol.asyncDispose]();
  });

  test('calls of one run that were never sent are not uncertain in the next; those that may have been are', async () => {
    const first = await OfflineClient.create();
    await first.addScore(1);
    const second = await first.restart();
    expect(second.pending).toEqual(['add_score queued']);
    await second.scripted.connect();
    await settled();
    expect(second.calls).toHaveLength(1);
    await using third = await second.restart();
    expect(third.pending).toEqual(['add_score uncertain']);
    await third.scripted.connect();
    await settled();
    await answer(third, 0, (requestId) => committed(requestId));
    expect(await third.stored()).toEqual([]);
  });

  test('each call has one outcome, also when the connection breaks and comes back again and again', async () => {
    const offline = await OfflineClient.create();
    await offline.addScore(1);
    await offline.scripted.connect();
    await settled();
    for (let round = 0; round < 3; round++) {
      offline.scripted.socket.drop();
      await offline.scripted.comeBack();
      await settled();
      expect(offline.calls).toHaveLength(1);
    }
    await answer(offline, 0, (requestId) => committed(requestId));
    expect(offline.told).toEqual(['add_score committed ?']);
    await offline[Symbol.asyncDispose]();
  });
});

function settingChange(before: Setting, after: Setting): QuerySetUpdate['tables'] {
  const rows = {
    tag: 'PersistentTable' as const,
    inserts: settings(after).rows,
    deletes: settings(before).rows,
  };
  return [{ table: 'setting', rows: [rows] }];
}
