import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { OptimisticChange } from '../../src/index.ts';
import { all, few, motd, scoreChange, scores, settings, transaction } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

describe('a call that was carried out when the connection broke is not sent again', () => {
  type Moment = (client: OfflineClient['client'], act: () => void) => void;
  const moments: Readonly<Record<string, Moment>> = {
    'of the rows that show it': ({ score }, act) => void score.onInsert(act),
    'of the new identity': ({ address }, act) =>
      void effect(() => {
        if (address.value !== undefined) act();
      }),
    'of being ready': ({ subscriptions }, act) => void effect(() => void (subscriptions.ready.value && act())),
  };

  test.each(Object.entries(moments))('though somebody calls who hears %s', async (_, when) => {
    await using offline = await OfflineClient.create();
    const { client, scripted } = offline;
    await scripted.connect();
    const id = await scripted.subscribe(all, scores(1));
    await offline.loseScore(2);
    let hasActed = false;
    when(client, () => {
      if (hasActed || client.address.peek() === undefined) return;
      hasActed = true;
      void client.reducers.noop();
    });
    await scripted.comeBack();
    scripted.answer(id, scores(1, 2, 3));
    await settled();
    expect(offline.calls.map(({ reducer }) => reducer)).toEqual(['noop']);
    expect(offline.told).toEqual(['add_score committed ?']);
  });
});

describe('a set that is subscribed to while the rows of a new connection are awaited', () => {
  const settingQuery = 'SELECT * FROM setting';

  /** A client with a call that was lost with its connection, and which predicted a row of a table that nobody was subscribed to. */
  async function lost(): Promise<{ offline: OfflineClient; settingSet: number }> {
    const offline = await OfflineClient.create();
    await offline.scripted.connect();
    const settingSet = await offline.scripted.subscribe(settingQuery, settings(motd));
    await offline.loseScore(2);
    return { offline, settingSet };
  }

  test('belongs to them: a call that its rows show is not sent again', async () => {
    const { offline, settingSet } = await lost();
    const { client, scripted } = offline;
    await scripted.comeBack();
    const { querySetId } = client.subscriptions.subscribe(all);
    scripted.answer(settingSet, settings(motd));
    await settled();
    expect([offline.calls, offline.pending]).toEqual([[], ['add_score uncertain']]);
    scripted.answer(querySetId, scores(2));
    await settled();
    expect([offline.calls, offline.told]).toEqual([[], ['add_score committed ?']]);
    await offline[Symbol.asyncDispose]();
  });

  test('as those do that somebody makes who hears of the first connection of the next run', async () => {
    const { offline: first } = await lost();
    await using offline = await first.restart();
    const { client, scripted } = offline;
    const stop = effect(() => {
      if (client.address.value !== undefined) client.subscriptions.subscribe(all);
    });
    await scripted.connect();
    await settled();
    expect([offline.calls, offline.pending]).toEqual([[], ['add_score uncertain']]);
    scripted.answer(client.inspect().querySets[0]?.id ?? 0, scores(2));
    await settled();
    stop();
    expect([offline.calls, offline.told]).toEqual([[], ['add_score committed ?']]);
  });

  test('is waited for no longer than they are: 30 s', async () => {
    const { offline, settingSet } = await lost();
    const { client, scripted } = offline;
    await scripted.comeBack();
    scripted.clock.advance(20_000);
    const { querySetId } = client.subscriptions.subscribe(all);
    scripted.answer(settingSet, settings({ ...motd, value: 'new' }));
    await settled();
    scripted.clock.advance(9_999);
    expect([offline.calls, client.setting.find('motd')]).toEqual([[], motd]);
    scripted.clock.advance(1);
    await settled();
    expect(offline.calls.map(({ reducer }) => reducer)).toEqual(['add_score']);
    expect(client.setting.find('motd')?.value).toBe('new');
    scripted.answer(querySetId, scores(2));
    await offline[Symbol.asyncDispose]();
  });

  test.each(['ends before its answer', 'is refused'])('is waited for no longer when it %s', async (how) => {
    const { offline, settingSet } = await lost();
    const { client, scripted } = offline;
    await scripted.comeBack();
    const handle = client.subscriptions.subscribe(all);
    void handle.applied.catch(() => undefined);
    await settled();
    if (how === 'is refused') scripted.refuse(handle.querySetId, 'refused');
    else void handle.unsubscribe();
    scripted.answer(settingSet, settings(motd));
    if (how !== 'is refused') scripted.answer(handle.querySetId, scores(2));
    await settled();
    expect(offline.calls.map(({ reducer }) => reducer)).toEqual(['add_score']);
    await offline[Symbol.asyncDispose]();
  });
});

describe('the rows that are here', () => {
  test('show what was carried out, though somebody who hears of them subscribes to more of their table', async () => {
    await using offline = await OfflineClient.create();
    const { client, scripted } = offline;
    await scripted.connect();
    const set = await scripted.subscribe(all, scores(1));
    await offline.loseScore(2);
    client.score.onInsert(() => void client.subscriptions.subscribe('SELECT * FROM score WHERE points > 5'));
    await scripted.comeBack();
    scripted.answer(set, scores(1, 2, 3));
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${set}`, `Subscribe ${set + 1}`]);
    expect(offline.told).toEqual(['add_score committed ?']);
  });

  test.each(['has not answered for in time', 'was asked to end instead'])(
    'show nothing where some are of the last connection, of a set that the server %s',
    async (how) => {
      await using offline = await OfflineClient.create();
      const { client, scripted } = offline;
      await scripted.connect();
      const set = await scripted.subscribe(few, scores(1));
      const other = await scripted.subscribe('SELECT * FROM score WHERE points > 5', scores());
      const call = offline.addScore(9);
      await settled();
      // Somebody else adds the same, and takes it back when the connection is gone.
      scripted.socket.receive(transaction(scoreChange(other, { inserts: [9] })));
      scripted.socket.drop();
      await call;
      await scripted.comeBack();
      if (how === 'was asked to end instead') void client.subscriptions.unsubscribe(other);
      scripted.answer(set, scores(1));
      scripted.clock.advance(30_000);
      await settled();
      expect(scripted.points).toEqual([1, 9]);
      expect([offline.told, offline.calls.map(({ reducer }) => reducer)]).toEqual([[], ['add_score']]);
    },
  );
});

test.each(['was ended', 'is of the last run'])(
  'a delete that was lost with the connection is sent again though the set that showed its row %s',
  async (how) => {
    let offline = await OfflineClient.create();
    await offline.scripted.connect();
    const kept = await offline.scripted.subscribe(few, scores(1));
    const other = await offline.scripted.subscribe('SELECT * FROM score WHERE points > 5', scores(9));
    const row = { player: 'ann', points: 9n };
    const lost = offline.client.reducers.removeScore(row, {
      optimisticChanges: [OptimisticChange.deleteRow(offline.client.score, row)],
    });
    await settled();
    offline.scripted.socket.drop();
    await lost;
    if (how === 'was ended') {
      await offline.client.subscriptions.unsubscribe(other);
      await offline.scripted.comeBack();
      offline.scripted.answer(kept, scores(1));
    } else {
      offline = await offline.restart();
      const handle = offline.client.subscriptions.subscribe(few);
      await offline.scripted.connect();
      offline.scripted.answer(handle.querySetId, scores(1));
    }
    await settled();
    expect(offline.told).toEqual([]);
    expect(offline.calls.map(({ reducer }) => reducer)).toEqual(['remove_score']);
    await offline[Symbol.asyncDispose]();
  },
);

test.each(['gone', 'there'])(
  'a delete that no rows can show is asked about by onUncertain, and its row is %s',
  async (how) => {
    const asking: OfflineClient['client'][] = [];
    await using offline = await OfflineClient.create({
      queuePolicy: {
        onUncertain: async (_, isSeen) => {
          const left = await asking[0]?.subscriptions.oneOffQuery('SELECT * FROM score WHERE points = 9');
          return isSeen || left?.length === 0 ? 'committed' : 'replay';
        },
      },
    });
    const { client, scripted } = offline;
    asking.push(client);
    await scripted.connect();
    const set = await scripted.subscribe('SELECT * FROM score WHERE points > 5', scores(9));
    const row = { player: 'ann', points: 9n };
    const optimisticChanges = [OptimisticChange.deleteRow(client.score, row)];
    const call = client.reducers.removeScore(row, { optimisticChanges });
    await settled();
    scripted.socket.drop();
    await call;
    await scripted.comeBack();
    scripted.answer(set, scores());
    await settled();
    expect(offline.pending).toEqual(['remove_score uncertain']);
    const { socket } = scripted;
    const { requestId } = socket.messages.find(({ tag }) => tag === 'OneOffQuery') ?? { requestId: -1 };
    const result = { ok: how === 'gone' ? [] : [scores(9)] };
    socket.receive({ tag: 'OneOffQueryResult', requestId, result });
    // Reading the answer takes code that is loaded on demand.
    const expected = how === 'gone' ? [['remove_score committed ?'], 0] : [[], 1];
    await expect.poll(() => [offline.told, offline.calls.length]).toEqual(expected);
  },
);
