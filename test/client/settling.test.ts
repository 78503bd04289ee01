import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { decode } from '../../src/bsatn/codec.ts';
import { ConnectionError, isSpacetimeDbError } from '../../src/errors.ts';
import { OptimisticChange } from '../../src/store/overlay/optimistic-change.ts';
import { addScoreArgsCodec } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { all, committed, motd, scoreChange, scores, ScriptedClient, settings, withTwoSets } from './scripted-client.ts';

describe('promises and signals', () => {
  test('ready is true only while the socket is open and every set is applied', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    const seen: string[] = [];
    const dispose = effect(
      () =>
        void seen.push(`${scripted.client.connection.state.value.status} ${scripted.client.subscriptions.ready.value}`),
    );
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    scripted.answer(second, settings(motd));
    const third = scripted.client.subscriptions.subscribe(all);
    await settled();
    scripted.answer(third.querySetId, scores(1));
    dispose();
    const isTrue = seen.map((state) => state.endsWith('true'));
    expect(isTrue.filter((value, index) => value !== isTrue[index - 1])).toEqual([true, false, true, false, true]);
    expect(seen.filter((state) => state.endsWith('true'))).not.toContain(expect.stringMatching(/^reconnecting/));
  });

  test('without a set a new connection is ready at once', async () => {
    await using scripted = await ScriptedClient.connected();
    scripted.socket.drop();
    expect(scripted.client.subscriptions.ready.value).toBe(false);
    await scripted.comeBack();
    expect(scripted.client.subscriptions.ready.value).toBe(true);
    void scripted.client.reducers.noop().catch(() => undefined);
    await settled();
    expect(scripted.sent).toEqual(['CallReducer noop']);
  });

  test('subscribed stays fulfilled, whatever becomes of the set', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    const { subscribed } = scripted.client.score;
    await subscribed;
    scripted.socket.drop();
    expect(scripted.client.score.subscribed).toBe(subscribed);
    await scripted.comeBack();
    scripted.refuse(first, 'not any more');
    scripted.answer(second, settings(motd));
    expect(scripted.client.score.subscribed).toBe(subscribed);
    await scripted.client.score.subscribed;
  });

  test('what waits for first rows waits on across a break, and connect does too', async () => {
    await using scripted = await ScriptedClient.create();
    const connecting = scripted.client.connect({ initialSubscriptions: [all] });
    await settled();
    scripted.socket.introduce();
    await settled();
    scripted.socket.drop();
    await scripted.comeBack();
    scripted.answer(1, scores(4));
    await connecting;
    await scripted.client.score.subscribed;
    expect(scripted.points).toEqual([4]);
  });
});

describe('rows that are awaited without a connection', () => {
  test.each([
    ['nobody has ever asked for one', () => ScriptedClient.create(), 1],
    ['somebody has disconnected on purpose', disconnected, 0],
  ])('where %s', async (_, create, news) => {
    await using scripted = await create();
    const { applied } = scripted.client.subscriptions.subscribe(all);
    applied.catch(() => undefined);
    scripted.clock.advance(10_000);
    expect(scripted.errors).toHaveLength(news);
  });

  async function disconnected(): Promise<ScriptedClient> {
    const scripted = await ScriptedClient.connected();
    await scripted.client.disconnect();
    return scripted;
  }
});

describe('dispose', () => {
  /** Whatever can be waited for. */
  function waits({ client }: ScriptedClient, querySetId: number): readonly Promise<unknown>[] {
    const { subscriptions } = client;
    return [
      client.reducers.noop(),
      client.procedures.add({ left: 1n, right: 1n }),
      subscriptions.oneOffQuery(all),
      subscriptions.subscribe('SELECT * FROM user').applied,
      client.user.subscribed,
      subscriptions.resync(querySetId),
      subscriptions.unsubscribe(querySetId),
      client.connection.checkHealth(),
      client.connect({ initialSubscriptions: ['SELECT * FROM note'] }),
    ];
  }

  test.each(['connected', 'reconnecting', 'reconciling'])('lets nobody wait, also while %s', async (when) => {
    const { scripted, second } = await withTwoSets();
    if (when !== 'connected') scripted.socket.drop();
    if (when === 'reconciling') await scripted.comeBack();
    const ends = waits(scripted, second).map((promise) =>
      promise.then(
        () => 'fulfilled',
        (error: unknown) => (isSpacetimeDbError(error) ? error.code : 'an error of another kind'),
      ),
    );
    await settled();
    await scripted[Symbol.asyncDispose]();
    for (const end of await Promise.all(ends)) expect(end).toMatch(/^(?:fulfilled|connection|subscription)$/);
  });
});

describe('calls', () => {
  test('that were under way reject, and say that nobody knows', async () => {
    await using scripted = await ScriptedClient.connected();
    const calls = [
      scripted.client.reducers.noop(),
      scripted.client.procedures.add({ left: 1n, right: 2n }),
      scripted.client.subscriptions.oneOffQuery('SELECT * FROM score'),
    ];
    await settled();
    scripted.socket.drop();
    for (const call of calls) {
      await expect(call).rejects.toBeInstanceOf(ConnectionError);
      await expect(call).rejects.toThrow('the connection broke');
    }
    expect(scripted.client.inspect().pendingCalls).toBe(0);
  });

  test('between a new connection and its rows wait for them, in order', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const { reducers, procedures } = scripted.client;
    const results = [
      reducers.noop(),
      procedures.add({ left: 1n, right: 2n }),
      reducers.addScore({ player: 'ann', points: 1n }),
    ];
    for (const result of results) result.catch(() => undefined);
    await settled();
    expect(scripted.sent).toHaveLength(2);
    scripted.answer(first, scores(1));
    await settled();
    expect(scripted.sent).toHaveLength(2);
    scripted.answer(second, settings(motd));
    const late = reducers.stopTicking();
    late.catch(() => undefined);
    await settled();
    expect(scripted.sent.slice(2)).toEqual([
      'CallReducer noop',
      'CallProcedure add',
      'CallReducer add_score',
      'CallReducer stop_ticking',
    ]);
  });

  test('send the arguments as they were when they were made, and listeners are told those, sent at once or after the rows', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    const heard: bigint[] = [];
    scripted.client.reducers.onAddScore((_context, { points }) => heard.push(points));
    const args = { player: 'ann', points: 1n };
    const callAndChange = (): void => {
      scripted.client.reducers.addScore(args).catch(() => undefined);
      args.points++;
    };
    const answerAll = (): bigint[] =>
      scripted.socket.messages.flatMap((message) => {
        if (message.tag !== 'CallReducer') return [];
        scripted.socket.receive(committed(message.requestId));
        return decode(addScoreArgsCodec, message.args, 'arguments').points;
      });
    callAndChange();
    await settled();
    expect(answerAll()).toEqual([1n]);
    scripted.socket.drop();
    await scripted.comeBack();
    callAndChange();
    callAndChange();
    scripted.answer(first, scores(1));
    scripted.answer(second, settings(motd));
    await settled();
    expect(answerAll()).toEqual([2n, 3n]);
    expect(heard).toEqual([1n, 2n, 3n]);
  });

  test('do not wait longer than half a minute for those rows', async () => {
    const { scripted } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const call = scripted.client.reducers.noop({ timeoutMs: Infinity });
    call.catch(() => undefined);
    scripted.clock.advance(29_999);
    await settled();
    expect(scripted.sent).not.toContain('CallReducer noop');
    scripted.clock.advance(1);
    await settled();
    expect(scripted.sent).toContain('CallReducer noop');
  });

  test('that wait for those rows reject when the connection breaks again, and are never sent', async () => {
    const { scripted, first, second } = await withTwoSets();
    await using _ = scripted;
    scripted.socket.drop();
    await scripted.comeBack();
    const { client } = scripted;
    const row = { player: 'ann', points: 7n };
    const calls = [
      client.reducers.addScore(row, { optimisticChanges: [OptimisticChange.insertRow(client.score, row)] }),
      client.procedures.add({ left: 1n, right: 2n }),
    ];
    expect(client.score.count()).toBe(3);
    scripted.socket.drop();
    const whose = ['reducer add_score', 'procedure add'];
    for (const [index, call] of calls.entries()) {
      await expect(call).rejects.toEqual(
        new ConnectionError(`calling ${whose[index]}: the connection broke before it was sent; call again`),
      );
    }
    expect([client.score.count(), client.inspect().pendingCalls]).toEqual([2, 0]);
    await scripted.comeBack();
    scripted.answer(first, scores(1));
    scripted.answer(second, settings(motd));
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${first}`, `Subscribe ${second}`]);
  });

  test('are told their result, with rows of a set that is ending, which leave nothing behind', async () => {
    const { scripted, first } = await withTwoSets();
    await using _ = scripted;
    const call = scripted.client.reducers.addScore({ player: 'ann', points: 3n });
    const ended = scripted.client.subscriptions.unsubscribe(first);
    await settled();
    const requestId = scripted.socket.messages.find(({ tag }) => tag === 'CallReducer')?.requestId ?? 0;
    scripted.socket.receive(committed(requestId, scoreChange(first, { inserts: [3] })));
    await expect(call).resolves.toMatchObject({ isCommitted: true });
    scripted.end(first);
    await ended;
    expect(scripted.points).toEqual([]);
  });
});
