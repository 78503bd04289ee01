import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EmbeddedServer, type EmbeddedServerOptions, ManualClock } from '../../src/embedded/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function start(options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> {
  const server = await EmbeddedServer.start({ module: referenceWasm, database: 'a', log: () => undefined, ...options });
  onTestFinished(async () => server.close().catch(() => undefined));
  return server;
}

const rows = (server: EmbeddedServer): number => server.query('SELECT * FROM score').length;

/** Does something again and again until `end`; the result is how often it went well. */
async function repeatedly(attempt: () => boolean | Promise<boolean>, end: Promise<unknown>): Promise<number> {
  const state = { isOver: false };
  void end.finally(() => {
    state.isOver = true;
  });
  let count = 0;
  while (!state.isOver) {
    // Also between microtasks, of which a restart may consist.
    for (let tries = 0; tries < 50; tries++) if (await attempt()) count++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return count;
}

test.each([false, true])(
  'while a server starts anew nothing is accepted that would be lost (kept on disk: %s)',
  async (isKept) => {
    const server = await start(isKept ? { dataDir: temporaryFolder() } : {});
    let points = 0;
    const add = (): boolean => {
      try {
        server.call('add_score', ['ann', points++]);
        return true;
      } catch {
        return false;
      }
    };
    const addOverHttp = async (): Promise<boolean> => {
      const [headers, body] = [{ 'content-type': 'application/json' }, `["bob", ${points++}]`];
      const url = `${server.url}/v1/database/a/call/add_score`;
      const { status } = await fetch(url, { method: 'POST', headers, body });
      expect([200, 503]).toContain(status);
      return status === 200;
    };
    const anew = (async () => {
      for (let count = 0; count < 5; count++) await server.restart();
    })();
    const counts = await Promise.all([repeatedly(add, anew), repeatedly(addOverHttp, anew)]);
    await anew;
    expect(rows(server)).toBe(counts[0] + counts[1]);
  },
);

test('restarts, resets and reloads that are asked for at once come one after the other', async () => {
  const options = { dataDir: temporaryFolder() };
  const server = await start(options);
  server.call('add_score', ['ann', 1]);
  await Promise.all([server.reset(), server.restart(), server.reload(), server.restart(), server.reload()]);
  expect(rows(server)).toBe(0);
  server.call('add_score', ['bob', 1]);
  await Promise.all([server.restart(), server.reload(), server.restart()]);
  server.call('add_score', ['cid', 1]);
  await server.close();
  expect(rows(await start(options))).toBe(2);
});

test('a server that is closed while it starts anew stays closed, and leaves nothing behind', async () => {
  const clock = new ManualClock();
  const options = { clock, dataDir: temporaryFolder() };
  const server = await start(options);
  server.call('spawn', [0, 1]);
  server.call('start_ticking', [1000, 1]);
  const anew = server.restart().then(String, String);
  await server.close();
  expect(await anew).toContain('is closed');
  expect(clock.pendingTimers).toBe(0);
  expect(() => server.call('spawn', [1, 1])).toThrow('closed');
  expect((await start(options)).query('SELECT * FROM entity')).toHaveLength(1);
});

test('a server that did not start anew takes no other module until it has', async () => {
  const dataDir = temporaryFolder();
  const server = await start({ dataDir });
  server.call('add_score', ['ann', 1]);
  const log = join(dataDir, 'a', 'commits.log');
  const kept = readFileSync(log);
  writeFileSync(log, 'damaged');
  await expect(server.restart()).rejects.toThrow('is not a log of commits');
  await expect(server.reload()).rejects.toThrow('did not start anew; restart or reset it first');
  writeFileSync(log, kept);
  await server.restart();
  await server.reload();
  expect(rows(server)).toBe(1);
  expect((await fetch(`${server.url}/v1/database/a/identity`)).status).toBe(200);
});
