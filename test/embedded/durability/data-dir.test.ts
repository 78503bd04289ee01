import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LogFile } from '../../../src/embedded/durability/log-file.ts';
import {
  EmbeddedServer,
  type EmbeddedServerOptions,
  type LogRecord,
  ManualClock,
} from '../../../src/embedded/index.ts';
import { StorageError } from '../../../src/errors.ts';
import { newLockName, thisProcess } from '../../../src/platform/file-lock-owner.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';
import { identityOfToken } from '../../support/golden/replay.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { WireClient } from '../../support/wire-client.ts';

let dataDir: string;
const servers: EmbeddedServer[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-data-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(dataDir, { recursive: true });
});

async function start(options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> {
  const server = await EmbeddedServer.start({ module: referenceWasm, database: 'kept', dataDir, ...options });
  servers.push(server);
  return server;
}

describe.each([true, false])('a server that keeps its data (durable: %s)', (durable) => {
  test('goes on where it was: rows, sequences, private tables, tokens and the owner', async () => {
    const first = await start({ durable });
    first.as('ann').call('say', [1, 'before']);
    first.query("DELETE FROM setting WHERE key = 'motd'");
    first.call('put_setting', ['mine', 7, 'x']);
    first.call('put_setting', ['mine', 8, 'y']);
    const [token, ownerToken] = [first.as('ann').token, first.ownerToken];
    await first.close();
    const second = await start({ durable });
    expect(identityOfToken(second.ownerToken)).toEqual(identityOfToken(ownerToken));
    expect(second.query('SELECT * FROM setting')).toEqual([{ key: 'mine', slot: 8, value: 'y' }]);
    expect(second.query('SELECT * FROM secret')).toEqual([{ id: 1, value: 'hidden' }]);
    const client = await SpacetimeDbClient.create({ host: second.host, database: 'kept', token });
    await client.connect({ initialSubscriptions: ['SELECT * FROM message'] });
    await client.reducers.say({ room: 1, text: 'after' });
    expect(client.message.rows.value.map(({ id, text }) => [id, text])).toEqual([
      [1n, 'before'],
      [2n, 'after'],
    ]);
    expect(client.identity.value).toEqual(second.as('ann').identity);
    await client.dispose();
  });

  test('has its schedules go on, also through restarts and with what came due meanwhile', async () => {
    const clock = new ManualClock();
    const first = await start({ clock, durable });
    first.call('spawn', [0, 1]);
    first.call('start_ticking', [1000, 1]);
    first.call('tick_once', [5000, 100]);
    first.clock.advance(2500);
    await first.close();
    clock.advance(60_000);
    const second = await start({ clock, durable });
    second.clock.advance(1000);
    await second.restart();
    second.clock.advance(1000);
    expect(second.query('SELECT "position" FROM entity')).toEqual([{ position: { x: 104, y: 0, z: 0 } }]);
    expect(second.query('SELECT COUNT(*) AS n FROM tick_timer')).toEqual([{ n: 1n }]);
  });

  test('disconnects who was connected when it ended, once', async () => {
    const first = await start({ durable });
    await WireClient.overWebSocket(first, { token: first.as('ann').token });
    await first.close();
    for (let count = 0; count < 2; count++) {
      const next = await start({ durable });
      expect(next.query('SELECT online FROM user')).toEqual([{ online: false }]);
      next.query('UPDATE user SET online = false');
      await next.close();
    }
  });
});

test('a reset forgets the rows on the disk too, but not who is who', async () => {
  const server = await start();
  server.as('ann').call('say', [1, 'gone']);
  await server.reset();
  server.as('ann').call('say', [1, 'first']);
  const token = server.as('ann').token;
  await server.close();
  const next = await start();
  expect(next.query('SELECT id, text FROM message')).toEqual([{ id: 1n, text: 'first' }]);
  await expect(WireClient.inMemory(next, { token })).resolves.toBeInstanceOf(WireClient);
});

test('event tables and transactions that fail leave nothing on the disk', async () => {
  const server = await start();
  const path = join(dataDir, 'kept', 'commits.log');
  const size = statSync(path).size;
  server.call('announce', [1, ['a', 'b']]);
  expect(() => server.call('say', [1, ''])).toThrow('say something');
  expect(statSync(path).size).toBe(size);
  server.call('add_score', ['ann', 1]);
  expect(statSync(path).size).toBeGreaterThan(size);
});

test('a log that grows is written anew', async () => {
  const server = await start();
  const path = join(dataDir, 'kept', 'commits.log');
  server.call('spawn', [0, 500]);
  let largest = 0;
  for (let step = 0; step < 150; step++) {
    server.call('move_many', [0, 500, 1]);
    largest = Math.max(largest, statSync(path).size);
    await Promise.resolve();
  }
  expect(largest).toBeLessThan(1_200_000);
  await server.close();
  expect((await start()).query('SELECT COUNT(*) AS n FROM entity')).toEqual([{ n: 500n }]);
});

describe('a disk that brings nothing to safety', () => {
  const gone = new StorageError('syncing: the disk is gone');
  afterEach(() => void vi.restoreAllMocks());

  test('is told to who waits for it over HTTP, and ends the connections that do', async () => {
    const syncSoon = vi.spyOn(LogFile.prototype, 'syncSoon').mockImplementation(() => undefined);
    const server = await start({ durable: false });
    const client = await WireClient.overWebSocket(server);
    client.send({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM message'] });
    const url = `${server.url}/v1/database/kept/sql`;
    const headers = { authorization: `Bearer ${server.ownerToken}` };
    const insert = fetch(url, {
      method: 'POST',
      headers,
      body: "INSERT INTO score (player, points) VALUES ('ann', 1)",
    });
    await vi.waitUntil(() => server.query('SELECT * FROM score').length === 1, { timeout: 60_000 });
    vi.spyOn(LogFile.prototype, 'sync').mockImplementation(() => {
      throw gone;
    });
    for (const [done] of syncSoon.mock.calls) done(gone);
    const answer = await insert;
    expect([answer.status, await answer.text()]).toEqual([500, gone.message]);
    expect(() => server.call('say', [1, 'lost'])).toThrow(gone.message);
    await vi.waitUntil(() => client.closed !== undefined, { timeout: 60_000 });
    expect(client.closed).toEqual({ code: 1011, reason: gone.message });
    await server.close();
  });

  test('is told to who calls where each commit waits for it, and what was refused is not there later', async () => {
    const first = await start({ durable: true });
    first.as('ann').call('say', [1, 'kept']);
    vi.spyOn(LogFile.prototype, 'sync').mockImplementation(() => {
      throw gone;
    });
    expect(() => first.as('ann').call('say', [1, 'refused'])).toThrow(gone.message);
    expect(first.query('SELECT text FROM message')).toEqual([{ text: 'kept' }]);
    vi.restoreAllMocks();
    await first.restart();
    expect(first.query('SELECT text FROM message')).toEqual([{ text: 'kept' }]);
    first.as('ann').call('say', [1, 'kept too']);
    await first.close();
    const second = await start({ durable: true });
    expect(second.query('SELECT text FROM message')).toEqual([{ text: 'kept' }, { text: 'kept too' }]);
  });

  test('keeps no server from being closed, which says so', async () => {
    const first = await start();
    first.as('ann').call('say', [1, 'perhaps']);
    vi.spyOn(LogFile.prototype, 'sync').mockImplementation(() => {
      throw gone;
    });
    await expect(first.close()).rejects.toBe(gone);
    servers.length = 0;
    vi.restoreAllMocks();
    const second = await start({ port: first.port });
    expect(second.query('SELECT text FROM message')).toEqual([{ text: 'perhaps' }]);
  });
});

test('one server at a time uses a folder; the lock of one that died is taken over', async () => {
  const first = await start();
  await expect(start()).rejects.toThrow(StorageError);
  await expect(start()).rejects.toThrow(`is in use by the process ${process.pid}`);
  await start({ database: 'other' });
  await first.close();
  // No process has this number: it is above the highest that there may be. And this one did not begin with the machine.
  const dead = [
    { ...thisProcess(), pid: 4_194_999 },
    ...(process.platform === 'linux' ? [{ ...thisProcess(), started: '1' }] : []),
  ];
  for (const owner of dead) {
    writeFileSync(join(dataDir, 'kept', newLockName(owner)), '');
    await (await start()).close();
  }
  expect(readdirSync(join(dataDir, 'kept')).sort()).toEqual(['commits.log', 'server.json']);
});

test('a server that cannot be started lets go of its folder', async () => {
  await expect(start({ module: Uint8Array.of(1) })).rejects.toThrow('no WebAssembly module');
  const busy = await start({ database: 'other' });
  await expect(start({ port: busy.port })).rejects.toThrow('cannot listen');
  const secrets = join(dataDir, 'kept', 'server.json');
  writeFileSync(secrets, '{}');
  for (let count = 0; count < 2; count++) await expect(start()).rejects.toThrow('it does not hold a key and an owner');
  rmSync(secrets);
  await start();
});

test('a tail that was not written to its end is cut off, and the log says so', async () => {
  const first = await start();
  first.call('add_score', ['ann', 1]);
  await first.close();
  writeFileSync(join(dataDir, 'kept', 'commits.log'), Uint8Array.of(50, 0, 0, 0, 1, 2, 3), { flag: 'a' });
  const lines: LogRecord[] = [];
  const second = await start({ log: (record) => lines.push(record) });
  expect(second.query('SELECT * FROM score')).toEqual([{ player: 'ann', points: 1n }]);
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    expect.stringMatching(/^warn .*commits\.log: the last 7 bytes were not written to their end and are cut off$/),
  ]);
});
