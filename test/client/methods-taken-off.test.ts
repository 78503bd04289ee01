// oxlint-disable typescript/unbound-method -- that is what this is about.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LiveServer, startLiveServer } from '../support/live-clients.ts';

describe('methods', () => {
  let live: LiveServer;

  beforeAll(async () => {
    live = await startLiveServer();
  });

  afterAll(async () => {
    await live[Symbol.asyncDispose]();
    expect(live.errors).toEqual([]);
  });

  test('of a table that were taken off it say so', async () => {
    const client = await live.connect([]);
    const { find, row, count, iter, onInsert, onUpdate, onDelete } = client.note;
    const methods = [
      () => find(1n),
      () => row(1n),
      count,
      iter,
      () => onInsert(() => 0),
      () => onUpdate(() => 0),
      () => onDelete(() => 0),
    ];
    for (const method of methods) expect(method).toThrow('the table: call the method on it');
  });

  test('of anything else may be taken off', async () => {
    const client = await live.connect(['SELECT * FROM message']);
    const { say, onSay } = client.reducers;
    const { add } = client.procedures;
    const { subscribe, oneOffQuery } = client.subscriptions;
    const { checkHealth } = client.connection;
    const { filter, rows } = client.message.room;
    const said: string[] = [];
    onSay((_, { text }) => said.push(text));
    await say({ room: 7, text: 'off' });
    expect([filter(7).length, rows(7).value.length, said]).toEqual([1, 1, ['off']]);
    expect(await Promise.all([add({ left: 1n, right: 2n }), checkHealth()])).toEqual([3n, true]);
    expect(await oneOffQuery('SELECT * FROM note')).toEqual([]);
    await subscribe('SELECT * FROM note').applied;
  });
});
