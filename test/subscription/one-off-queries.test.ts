import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ConnectionError, SubscriptionError, TimeoutError } from '../../src/errors.ts';
import { OneOffQueries } from '../../src/subscription/one-off-queries.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { emptyRowList } from '../../src/wire/row-list.ts';
import { FakeClock } from '../support/fake-clock.ts';

function queriesOf(): { queries: OneOffQueries; clock: FakeClock; sent: ClientMessage[] } {
  const clock = new FakeClock();
  const sent: ClientMessage[] = [];
  const ids = { nextRequestId: () => sent.length + 7, nextQuerySetId: () => 1 };
  const connection = { isOpen: true, wasWanted: true, send: (message: ClientMessage) => sent.push(message) };
  const queries = new OneOffQueries({ ids, clock, connection, callTimeoutMs: 1000 });
  return { queries, clock, sent };
}

describe('a one-off query', () => {
  test('gets the rows that answer it, whatever the order of the answers', async () => {
    const { queries, clock, sent } = queriesOf();
    const first = queries.ask('SELECT * FROM a');
    const second = queries.ask('SELECT * FROM b');
    expect(sent).toEqual([
      { tag: 'OneOffQuery', requestId: 7, query: 'SELECT * FROM a' },
      { tag: 'OneOffQuery', requestId: 8, query: 'SELECT * FROM b' },
    ]);
    const rows = (table: string): { table: string; rows: typeof emptyRowList }[] => [{ table, rows: emptyRowList }];
    queries.onResult({ tag: 'OneOffQueryResult', requestId: 8, result: { ok: rows('b') } });
    queries.onResult({ tag: 'OneOffQueryResult', requestId: 7, result: { ok: rows('a') } });
    queries.onResult({ tag: 'OneOffQueryResult', requestId: 999, result: { err: 'the answer to a probe' } });
    expect(await Promise.all([first, second])).toEqual([rows('a'), rows('b')]);
    expect([queries.pending.size, clock.openTimers]).toEqual([0, 0]);
  });

  test('that is refused rejects with the text of the server and the query', async () => {
    const { queries } = queriesOf();
    const { signal } = new AbortController();
    const answer = queries.ask('SELECT * FROM nope', { signal });
    queries.onResult({ tag: 'OneOffQueryResult', requestId: 7, result: { err: 'no such table' } });
    await expect(answer).rejects.toEqual(new SubscriptionError('no such table', ['SELECT * FROM nope']));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('rejects when it takes too long, when the connection breaks, and with the reason of an abort; a late answer troubles nobody', async () => {
    const { queries, clock, sent } = queriesOf();
    const aborting = new AbortController();
    const late = queries.ask('late');
    const aborted = queries.ask('aborted', { signal: aborting.signal, timeoutMs: Infinity });
    const lost = queries.ask('lost', { timeoutMs: 5000 });
    aborting.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    clock.advance(1000);
    await expect(late).rejects.toEqual(new TimeoutError('asking late: no answer within 1000 ms'));
    expect([queries.pending.size, clock.openTimers]).toEqual([3, 1]);
    expect(getEventListeners(aborting.signal, 'abort')).toEqual([]);
    const cause = new ConnectionError('the connection ended');
    queries.failAll(cause);
    await expect(lost).rejects.toMatchObject({
      message: 'asking lost: the connection broke before the answer came; ask again once there is a connection',
      cause,
    });
    for (const { requestId } of sent) queries.onResult({ tag: 'OneOffQueryResult', requestId, result: { ok: [] } });
    await expect(queries.ask('never', { signal: aborting.signal })).rejects.toBe('enough');
    expect([sent.length, queries.pending.size, clock.openTimers]).toEqual([3, 0, 0]);
  });
});
