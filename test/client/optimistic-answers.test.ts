import { describe, expect, test } from 'vitest';
import { ConnectionError, TimeoutError } from '../../src/errors.ts';
import { OptimisticChange } from '../../src/index.ts';
import { type TransactionResult } from '../../src/calls/result.ts';
import { settled } from '../support/fake-clock.ts';
import { committed, scoreChange, ScriptedClient, scores } from './scripted-client.ts';

/** Predicts a score, as the reducer of the test makes it. */
function expectScore(
  scripted: ScriptedClient,
  points: number,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<TransactionResult> {
  const change = OptimisticChange.insertRow(scripted.client.score, { player: 'ann', points: BigInt(points) });
  return scripted.client.reducers.addScore(
    { player: 'ann', points: BigInt(points) },
    { ...options, optimisticChanges: [change] },
  );
}

/** The request id of the last call. */
function lastCall(scripted: ScriptedClient): number {
  const call = scripted.socket.messages.filter(({ tag }) => tag === 'CallReducer').at(-1);
  if (call === undefined) throw new Error('nothing was called');
  return call.requestId;
}

/** What happens to scores, in words. */
function heardOf(scripted: ScriptedClient): string[] {
  const heard: string[] = [];
  scripted.client.score.onInsert(({ row, context }) => heard.push(`+${row.points} ${context.event.kind}`));
  scripted.client.score.onDelete(({ row, context }) => heard.push(`-${row.points} ${context.event.kind}`));
  return heard;
}

describe('an optimistic call', () => {
  test('that takes too long keeps its changes: the answer confirms them when it comes', async () => {
    await using scripted = await ScriptedClient.connected();
    const set = await scripted.subscribe('SELECT * FROM score', scores(1));
    const heard = heardOf(scripted);
    const call = expectScore(scripted, 2, { timeoutMs: 10 });
    await settled();
    scripted.clock.advance(10);
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
    expect(scripted.points).toEqual([1, 2]);
    scripted.socket.receive(committed(lastCall(scripted), scoreChange(set, { inserts: [2] })));
    expect(scripted.points).toEqual([1, 2]);
    expect(heard).toEqual(['+2 optimistic']);
    expect(scripted.client.score.pending.value.size).toBe(0);
  });

  test('that is aborted has its answer applied like any other, whatever it says', async () => {
    await using scripted = await ScriptedClient.connected();
    const set = await scripted.subscribe('SELECT * FROM score', scores(1));
    const heard = heardOf(scripted);
    const aborting = new AbortController();
    const call = expectScore(scripted, 2, { signal: aborting.signal });
    await settled();
    aborting.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    scripted.socket.receive(committed(lastCall(scripted), scoreChange(set, { inserts: [3] })));
    expect(scripted.points).toEqual([1, 3]);
    expect(heard.sort()).toEqual(['+2 optimistic', '+3 reducer', '-2 reducer']);
  });

  test('that waits for the rows of a new connection shows at once, and keeps showing over them', async () => {
    await using scripted = await ScriptedClient.connected();
    const set = await scripted.subscribe('SELECT * FROM score', scores(1));
    scripted.socket.drop();
    await scripted.comeBack();
    const heard = heardOf(scripted);
    const call = expectScore(scripted, 2);
    expect(scripted.points).toEqual([1, 2]);
    scripted.answer(set, scores(1, 5));
    await settled();
    expect(scripted.points).toEqual([1, 2, 5]);
    scripted.socket.receive(committed(lastCall(scripted), scoreChange(set, { inserts: [2] })));
    await call;
    expect(heard).toEqual(['+2 optimistic', '+5 reconnect']);
    expect(scripted.client.score.pending.value.size).toBe(0);
  });

  test('that is aborted before it was sent is taken back, since no answer will come', async () => {
    await using scripted = await ScriptedClient.connected();
    const set = await scripted.subscribe('SELECT * FROM score', scores(1));
    scripted.socket.drop();
    await scripted.comeBack();
    const heard = heardOf(scripted);
    const aborting = new AbortController();
    const call = expectScore(scripted, 2, { signal: aborting.signal });
    aborting.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    scripted.answer(set, scores(1));
    await settled();
    expect(scripted.points).toEqual([1]);
    expect(heard).toEqual(['+2 optimistic', '-2 rollback']);
    expect(scripted.sent).not.toContain('CallReducer add_score');
  });

  test('whose answer has rows that cannot be is over all the same', async () => {
    await using scripted = await ScriptedClient.connected();
    await scripted.subscribe('SELECT * FROM score', scores(1));
    const call = expectScore(scripted, 2);
    call.catch(() => undefined);
    await settled();
    scripted.socket.receive(committed(lastCall(scripted), scoreChange(99, { inserts: [2] })));
    await call;
    expect(scripted.points).toEqual([1]);
    expect(scripted.client.score.pending.value.size).toBe(0);
    expect(scripted.errors).toHaveLength(1);
  });

  test('is taken back when the client disconnects or is disposed of, time-outs included', async () => {
    await using scripted = await ScriptedClient.connected();
    await scripted.subscribe('SELECT * FROM score', scores(1));
    const heard = heardOf(scripted);
    const timedOut = expectScore(scripted, 2, { timeoutMs: 10 });
    const other = expectScore(scripted, 3);
    scripted.clock.advance(10);
    await expect(timedOut).rejects.toBeInstanceOf(TimeoutError);
    await scripted.client.disconnect();
    await expect(other).rejects.toBeInstanceOf(ConnectionError);
    expect(scripted.points).toEqual([1]);
    expect(heard).toEqual(['+2 optimistic', '+3 optimistic', '-2 rollback', '-3 rollback']);
  });
});
