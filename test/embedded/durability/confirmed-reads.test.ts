import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CommitLog } from '../../../src/embedded/durability/commit-log.ts';
import { whenDurable } from '../../../src/embedded/durability/journal.ts';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { StorageError } from '../../../src/errors.ts';
import { bsatn } from '../../support/embedded-database.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { isAnswered, openSlowServer } from '../../support/slow-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { summary, WireClient } from '../../support/wire-client.ts';

const say = (text: string, requestId: number) =>
  ({
    tag: 'CallReducer',
    requestId,
    reducer: 'say',
    args: bsatn((writer) => {
      writer.u32(1);
      writer.string(text);
    }),
  }) as const;
const subscribe = { tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM message'] } as const;

test('a client that asks for confirmed reads hears of a commit when it is durable, in order; one that does not, at once', async () => {
  const server = await openSlowServer();
  const patient = await WireClient.inMemory(server, { query: '&confirmed=true' });
  const hasty = await WireClient.inMemory(server, { query: '&confirmed=false' });
  expect((await patient.exchange()).map(summary)).toEqual(['InitialConnection']);
  expect((await patient.exchange(subscribe)).map(summary)).toEqual([]);
  await hasty.exchange(subscribe);
  expect((await hasty.exchange(say('one', 2))).map(summary)).toEqual([expect.stringMatching(/^ReducerResult/)]);
  server.journal.reach(server.journal.lastCommit - 1);
  expect((await patient.exchange()).map(summary)).toEqual([expect.stringMatching(/^SubscribeApplied/)]);
  // It failed and changed nothing, but what was said before it comes before it.
  expect(await patient.exchange(say('', 3))).toEqual([]);
  server.journal.reach();
  expect((await patient.exchange()).map(summary)).toEqual([
    expect.stringMatching(/^TransactionUpdate/),
    expect.stringMatching(/^ReducerResult/),
  ]);
  expect(server.journal.listeners.size).toBe(1);
  patient.leave();
  await patient.settle();
  expect(server.journal.listeners.size).toBe(0);
});

test('confirmed reads are what a client gets that does not say', async () => {
  const server = await openSlowServer();
  const client = await WireClient.inMemory(server);
  await client.exchange();
  expect(await client.exchange(say('one', 1))).toEqual([]);
  server.journal.reach();
  expect((await client.exchange()).map(summary)).toEqual([expect.stringMatching(/^ReducerResult/)]);
});

test('a client that waits for what the disk does not keep is told what it does keep, and why there is no more', async () => {
  const server = await openSlowServer();
  const client = await WireClient.inMemory(server);
  const other = await WireClient.inMemory(server, { query: '&confirmed=false' });
  expect((await client.exchange(say('one', 1), say('two', 2))).map(summary)).toEqual(['InitialConnection']);
  await other.exchange();
  server.journal.durableCommit = server.journal.lastCommit - 1;
  server.journal.fail();
  expect((await client.exchange()).map(summary)).toEqual(['ReducerResult Ok']);
  expect(client.closed).toEqual({ code: 1011, reason: 'syncing the log: the disk is gone' });
  expect((await other.exchange(say('three', 3))).map(summary)).toEqual([
    expect.stringMatching(/^ReducerResult InternalError/),
  ]);
  expect(server.host.sessionCount).toBe(1);
  // That they leave cannot be kept either, which is no reason to fall over.
  other.leave();
  await other.settle();
  expect(server.host.sessionCount).toBe(0);
  const late = await WireClient.inMemory(server);
  await late.settle();
  expect([late.messages, late.closed]).toEqual([[], { code: 1006, reason: '' }]);
});

describe('a statement over HTTP', () => {
  test('is answered when what it tells of is durable', async () => {
    const server = await openSlowServer();
    for (const query of ['', '?confirmed=true']) {
      const insert = server.sql("INSERT INTO score (player, points) VALUES ('ann', 1)", query);
      expect(await isAnswered(insert)).toBe(false);
      // Others see it already, and hear of it no sooner.
      const select = server.sql('SELECT points FROM score', query);
      expect(await isAnswered(select)).toBe(false);
      server.journal.reach();
      expect(await insert).toContain('"rows_inserted":1');
      expect(await select).toContain('"rows":[[1]]');
      await server.sql('DELETE FROM score', '?confirmed=false');
    }
    expect(server.journal.listeners.size).toBe(0);
  });

  test('is answered at once when it says so, and when it failed', async () => {
    const server = await openSlowServer();
    const insert = server.sql("INSERT INTO score (player, points) VALUES ('ann', 1)", '?confirmed=false');
    expect(await insert).toContain('"rows_inserted":1');
    expect(await server.sql('SELECT * FROM nope')).toMatch(/^400 no such table/);
    expect(server.journal.durableCommit).toBe(0);
    expect(server.journal.listeners.size).toBe(0);
  });

  test('waits longer than a call, which waits for no disk', async () => {
    const server = await openSlowServer();
    expect(await server.call('add_score', ['ann', 1])).toBe('200 ');
    expect([server.journal.durableCommit, server.journal.listeners.size]).toEqual([0, 0]);
  });

  test('is refused when the disk does not keep what it tells of', async () => {
    const server = await openSlowServer();
    const insert = server.sql("INSERT INTO score (player, points) VALUES ('ann', 1)");
    expect(await isAnswered(insert)).toBe(false);
    server.journal.fail();
    await expect(insert).rejects.toThrow(StorageError);
    expect(server.journal.listeners.size).toBe(0);
  });

  test('says true or false', async () => {
    const server = await openSlowServer();
    expect(await server.sql('SELECT * FROM score', '?confirmed=1')).toBe(
      '400 Failed to deserialize query string: confirmed: provided string was not `true` or `false`',
    );
    expect(server.journal.lastCommit).toBe(0);
  });
});

describe.each([
  ['no folder', {}],
  ['a folder', { durable: false }],
  ['a folder and a sync for each commit', { durable: true }],
])('a server with %s', (_, { durable }: { readonly durable?: boolean }) => {
  test.each(['', 'confirmed=true', 'confirmed=false'])('answers a client and a statement with "%s"', async (query) => {
    const folder = durable === undefined ? {} : { dataDir: temporaryFolder(), durable };
    const server = await EmbeddedServer.start({ module: referenceWasm, database: 'kept', ...folder });
    const client = await WireClient.overWebSocket(server, { query: query && `&${query}` });
    client.send(subscribe, say('one', 2));
    await client.told(3);
    expect(client.messages.map(summary)).toEqual([
      'InitialConnection',
      'SubscribeApplied 1',
      'ReducerResult Ok 1 message +1 -0',
    ]);
    const url = `${server.url}/v1/database/kept/sql?${query}`;
    expect(await (await fetch(url, { method: 'POST', body: 'SELECT text FROM message' })).text()).toContain(
      '[["one"]]',
    );
    client.leave();
    await server.close();
  });
});

test('what waits for the disk is answered when the log ends', async () => {
  const { log } = CommitLog.open({
    path: join(temporaryFolder(), 'commits.log'),
    durable: false,
    warn: () => undefined,
  });
  log.begin(() => ({ definition: Uint8Array.of(1), tables: new Map(), connections: [] }));
  log.append({ timestamp: 1n, client: undefined, tables: [] });
  expect([log.lastCommit, log.durableCommit]).toEqual([1, 0]);
  const isSafe = whenDurable(log, log.lastCommit);
  log.close();
  await isSafe;
  expect(log.durableCommit).toBe(1);
});
