import { expect, test } from 'vitest';
import { SchemaError } from '../../src/errors.ts';
import { schemaJson } from '../../src/module-def/index.ts';
import {
  committed,
  motd,
  ScriptedClient,
  scoreChange,
  scores,
  settings,
  transaction,
} from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { eventually } from '../support/live-clients.ts';
import { otherModel, retyped } from './other-version.ts';

/** A client that compares at every connection with a server whose scores differ, and whose schema comes when `answerSchema` says so. */
async function withHeldSchema(): Promise<{
  scripted: ScriptedClient;
  answerSchema: () => Promise<void>;
  waiting: (() => void)[];
}> {
  const schema = schemaJson(otherModel({ Score: retyped('points', { tag: 'F64' }) }), 10);
  const waiting: (() => void)[] = [];
  const scripted = await ScriptedClient.connected({
    checkSchema: 'connect',
    fetch: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return new Response(schema);
    },
  });
  const answerSchema = async (): Promise<void> => {
    const before = scripted.errors.length;
    await eventually('the schema is asked for', () => waiting.length > 0);
    for (const answer of waiting.splice(0)) answer();
    await eventually('the difference is told', () => scripted.errors.length > before);
  };
  return { scripted, answerSchema, waiting };
}

test('rows that are on their way when their set is given up are never shown', async () => {
  const { scripted, answerSchema } = await withHeldSchema();
  await using _ = scripted;
  const { client } = scripted;
  const handle = client.subscriptions.subscribe('SELECT * FROM score');
  await settled();
  await answerSchema();
  await expect(handle.applied).rejects.toThrow(SchemaError);
  expect(handle.state.value).toMatchObject({ status: 'failed', error: { table: 'score' } });
  scripted.answer(handle.querySetId, scores(1, 2));
  scripted.socket.receive(transaction(scoreChange(handle.querySetId, { inserts: [3], deletes: [1] })));
  expect(scripted.points).toEqual([]);
  scripted.end(handle.querySetId);
  expect(handle.state.value.status).toBe('failed');
  expect(scripted.status).toBe('connected');
  expect(scripted.errors).toHaveLength(1);
});

test('a set is gone at once, and what the server still says of it changes nothing', async () => {
  const { scripted, answerSchema } = await withHeldSchema();
  await using _ = scripted;
  const { client } = scripted;
  const scoreSet = await scripted.subscribe('SELECT * FROM score', scores(1, 2));
  await scripted.subscribe('SELECT * FROM setting', settings(motd));
  await answerSchema();
  expect(scripted.points).toEqual([]);
  expect(client.setting.count()).toBe(1);
  const call = client.reducers.noop();
  await settled();
  const [requestId = 0] = scripted.socket.messages.flatMap((message) =>
    message.tag === 'CallReducer' ? [message.requestId] : [],
  );
  scripted.socket.receive(committed(requestId, scoreChange(scoreSet, { inserts: [4], deletes: [2] })));
  await call;
  expect(scripted.points).toEqual([]);
  expect(scripted.sent.slice(-2)).toEqual([`Unsubscribe ${scoreSet}`, 'CallReducer noop']);
  scripted.end(scoreSet);
  expect(scripted.status).toBe('connected');
});

test('a set that is given up while the rows of a new connection are gathered keeps nobody waiting', async () => {
  const { scripted, answerSchema } = await withHeldSchema();
  await using _ = scripted;
  const { client } = scripted;
  const scoreSet = await scripted.subscribe('SELECT * FROM score', scores(1, 2));
  const settingSet = await scripted.subscribe('SELECT * FROM setting', settings(motd));
  scripted.socket.drop();
  await settled();
  await scripted.comeBack();
  scripted.answer(scoreSet, scores(1, 2));
  await answerSchema();
  scripted.answer(settingSet, settings({ ...motd, value: 'Again' }));
  expect(scripted.points).toEqual([]);
  expect(client.setting.key.find('motd')?.value).toBe('Again');
  scripted.end(scoreSet);
  expect(client.subscriptions.ready.value).toBe(true);
});

test('a schema that comes when its connection is gone says nothing of the next one', async () => {
  const { scripted, answerSchema, waiting } = await withHeldSchema();
  await using _ = scripted;
  const scoreSet = await scripted.subscribe('SELECT * FROM score', scores(1, 2));
  await eventually('the schema is asked for', () => waiting.length === 1);
  scripted.socket.drop();
  await settled();
  await scripted.comeBack();
  scripted.answer(scoreSet, scores(1, 3));
  await eventually('it is asked for again', () => waiting.length === 2);
  waiting.shift()?.();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(scripted.points).toEqual([1, 3]);
  await answerSchema();
  expect(scripted.points).toEqual([]);
});

test('sets that the server gives up after their rows came have the schema compared once, and are told of in one error where that says why', async () => {
  const schema = schemaJson(otherModel({ Score: retyped('points', { tag: 'F64' }) }), 10);
  let asked = 0;
  await using scripted = await ScriptedClient.connected({
    fetch: async () => {
      asked++;
      return new Response(schema);
    },
  });
  const causes: unknown[] = [];
  scripted.client.onError((error) => causes.push(error instanceof Error && error.cause));
  const queries = ['SELECT * FROM score', 'SELECT * FROM score WHERE points > 0', 'SELECT * FROM setting'];
  const sets: number[] = [];
  for (const query of queries)
    sets.push(await scripted.subscribe(query, query === queries[2] ? settings(motd) : scores(1)));
  for (const querySetId of sets.slice(0, 2)) {
    scripted.socket.receive({ tag: 'SubscriptionError', requestId: undefined, querySetId, error: 'not as it was' });
  }
  expect(scripted.client.setting.count()).toBe(1);
  const [, , querySetId = 0] = sets;
  const error = 'of another kind';
  scripted.socket.receive({ tag: 'SubscriptionError', requestId: undefined, querySetId, error });
  await eventually('the last is told', () => scripted.errors.some((told) => String(told).includes(error)));
  expect(scripted.errors.map(String)).toEqual([
    expect.stringContaining('table score of the server does not fit'),
    `SubscriptionError: ${error}`,
  ]);
  expect(causes).toMatchObject([{ message: 'not as it was' }, undefined]);
  expect(asked).toBe(1);
});
