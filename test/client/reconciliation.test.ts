import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { type Setting } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { all, scores, ScriptedClient, settingChange, settings, transaction } from './scripted-client.ts';

function setting(key: string, value: string): Setting {
  return { key, slot: key.charCodeAt(0), value };
}

/** Two sets on a connection that is new; before it was lost, the first had row `k` as `old`. */
class Reconnected implements AsyncDisposable {
  readonly scripted: ScriptedClient;
  readonly #first: number;
  readonly #second: number;
  /** What happened to settings since the connection was lost. */
  readonly events: string[] = [];

  private constructor(scripted: ScriptedClient, first: number, second: number) {
    this.scripted = scripted;
    this.#first = first;
    this.#second = second;
    const table = scripted.client.setting;
    table.onInsert(({ row, context }) => this.events.push(`insert ${row.key} ${row.value} ${context.event.kind}`));
    table.onUpdate(({ newRow, context }) =>
      this.events.push(`update ${newRow.key} ${newRow.value} ${context.event.kind}`),
    );
    table.onDelete(({ row, context }) => this.events.push(`delete ${row.key} ${row.value} ${context.event.kind}`));
  }

  static async make(): Promise<Reconnected> {
    const scripted = await ScriptedClient.connected();
    const first = await scripted.subscribe('SELECT * FROM setting', settings(setting('k', 'old')));
    const second = await scripted.subscribe('SELECT * FROM setting WHERE slot > 1000', settings());
    scripted.socket.drop();
    await scripted.comeBack();
    return new Reconnected(scripted, first, second);
  }

  /** The server answers the first set. */
  answerFirst(...rows: readonly Setting[]): void {
    this.scripted.answer(this.#first, settings(...rows));
  }

  /** The server answers the second set, which ends the reconciliation. */
  answerSecond(...rows: readonly Setting[]): void {
    this.scripted.answer(this.#second, settings(...rows));
  }

  /** A transaction that the first set sees. */
  changed(deletes: readonly Setting[], inserts: readonly Setting[]): ServerMessage {
    return transaction(settingChange(this.#first, { deletes, inserts }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scripted[Symbol.asyncDispose]();
    expect(this.scripted.errors).toEqual([]);
  }
}

test('a row that changes while the other sets are outstanding has its last version, in one update', async () => {
  await using client = await Reconnected.make();
  client.answerFirst(setting('k', 'v1'));
  client.scripted.socket.receive(client.changed([setting('k', 'v1')], [setting('k', 'v2')]));
  expect(client.events).toEqual([]);
  client.answerSecond();
  expect(client.events).toEqual(['update k v2 reconnect']);
});

test('a row that is new and changes while the other sets are outstanding is one insert', async () => {
  await using client = await Reconnected.make();
  client.answerFirst(setting('k', 'old'), setting('n', 'v1'));
  client.scripted.socket.receive(client.changed([setting('n', 'v1')], [setting('n', 'v2')]));
  client.answerSecond();
  expect(client.events).toEqual(['insert n v2 reconnect']);
});

test('a row that is taken away and comes back in between is the row of the server, not the old one', async () => {
  await using client = await Reconnected.make();
  client.answerFirst(setting('k', 'v1'));
  const { socket } = client.scripted;
  socket.receive(client.changed([setting('k', 'v1')], []), client.changed([], [setting('k', 'v1')]));
  client.answerSecond();
  expect(client.events).toEqual(['update k v1 reconnect']);
  expect(client.scripted.client.setting.find('k')?.value).toBe('v1');
});

test('a row that changes and changes back in between is no event at all', async () => {
  await using client = await Reconnected.make();
  const row = client.scripted.client.setting.find('k');
  client.answerFirst(setting('k', 'v1'));
  client.scripted.socket.receive(client.changed([setting('k', 'v1')], [setting('k', 'old')]));
  client.answerSecond();
  expect(client.events).toEqual([]);
  expect(client.scripted.client.setting.find('k')).toBe(row);
});

test('a row that leaves one set and enters another in between stays', async () => {
  await using client = await Reconnected.make();
  const row = client.scripted.client.setting.find('k');
  client.answerFirst();
  client.answerSecond(setting('k', 'old'));
  expect(client.events).toEqual([]);
  expect(client.scripted.client.setting.find('k')).toBe(row);
});

describe('calls between a new connection and its rows', () => {
  type Moment = (client: ScriptedClient['client'], act: () => void) => void;
  const moments: Readonly<Record<string, Moment>> = {
    'a listener of rows': ({ score }, act) => void score.onInsert(act),
    'an effect of rows': ({ score }, act) => void effect(() => void (score.count() > 1 && act())),
    'an effect of ready': ({ subscriptions }, act) => void effect(() => void (subscriptions.ready.value && act())),
    'what follows the first rows': ({ subscriptions }, act) =>
      void subscriptions.subscribe('SELECT * FROM note').applied.then(act),
  };

  test.each(Object.entries(moments))('go out in their order, also one of %s', async (_, when) => {
    await using scripted = await ScriptedClient.connected();
    const { client } = scripted;
    const id = await scripted.subscribe(all, scores(1));
    scripted.socket.drop();
    let hasActed = false;
    when(client, () => {
      if (hasActed || client.address.peek() === undefined) return;
      hasActed = true;
      client.reducers.noop().catch(() => undefined);
    });
    await scripted.comeBack();
    client.reducers.addScore({ player: 'ann', points: 2n }).catch(() => undefined);
    for (const { id: other } of client.inspect().querySets) if (other !== id) scripted.answer(other);
    scripted.answer(id, scores(1, 2));
    await settled();
    const calls = scripted.sent.filter((sent) => sent.startsWith('Call'));
    expect(calls).toEqual(['CallReducer add_score', 'CallReducer noop']);
  });

  test('of who hears of the identity wait for the rows too', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client } = scripted;
    const id = await scripted.subscribe(all, scores(1));
    scripted.socket.drop();
    const dispose = effect(() => {
      if (client.address.value !== undefined) client.reducers.noop().catch(() => undefined);
    });
    await scripted.comeBack();
    expect(scripted.sent).toEqual([`Subscribe ${id}`]);
    scripted.answer(id, scores(1));
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${id}`, 'CallReducer noop']);
    dispose();
  });

  test('go on where the connection breaks in the step that shows its rows', async () => {
    await using scripted = await ScriptedClient.connected();
    const { client } = scripted;
    const id = await scripted.subscribe(all, scores(1));
    scripted.socket.drop();
    const stop = client.score.onInsert(() => client.connection.reconnect());
    await scripted.comeBack();
    const lost = client.reducers.noop();
    scripted.answer(id, scores(1, 2));
    await expect(lost).rejects.toMatchObject({ code: 'connection' });
    stop();
    await settled();
    scripted.socket.introduce();
    await settled();
    client.reducers.noop().catch(() => undefined);
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${id}`]);
    scripted.answer(id, scores(1, 2));
    await settled();
    expect(scripted.sent).toEqual([`Subscribe ${id}`, 'CallReducer noop']);
  });
});
