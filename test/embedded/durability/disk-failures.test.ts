import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DataFolder } from '../../../src/embedded/durability/data-folder.ts';
import { LogFile } from '../../../src/embedded/durability/log-file.ts';
import { EmbeddedServer, type EmbeddedServerOptions, ManualClock } from '../../../src/embedded/index.ts';
import { StorageError } from '../../../src/errors.ts';
import { isLockName } from '../../../src/platform/file-lock-owner.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { typescriptProject } from '../../support/typescript-project.ts';
import { WireClient } from '../../support/wire-client.ts';

const gone = new StorageError('syncing: the disk is gone');

afterEach(() => void vi.restoreAllMocks());

/** Starts a server in `dataDir`; `said` gets its log. */
async function start(dataDir: string, options: Partial<EmbeddedServerOptions> = {}, said: string[] = []) {
  const log: EmbeddedServerOptions['log'] = ({ message }) => void said.push(message);
  const server = await EmbeddedServer.start({ module: referenceWasm, database: 'kept', dataDir, log, ...options });
  onTestFinished(() => server.close());
  return server;
}

const textsOf = (server: EmbeddedServer): unknown[] => server.query('SELECT text FROM message').map(({ text }) => text);

describe('a disk that failed', () => {
  test.each([true, false])(
    'is tried again by those who commit, and has all rows then (durable: %s)',
    async (durable) => {
      const dataDir = temporaryFolder();
      const said: string[] = [];
      const first = await start(dataDir, { durable }, said);
      const ann = first.as('ann');
      ann.call('say', [1, 'before']);
      vi.spyOn(LogFile.prototype, 'syncSoon').mockImplementation((done) => done(gone));
      vi.spyOn(LogFile.prototype, 'sync').mockImplementation(() => {
        throw gone;
      });
      if (durable) expect(() => ann.call('say', [1, 'lost'])).toThrow(gone.message);
      else ann.call('say', [1, 'kept in memory']);
      await vi.waitUntil(() => said.includes(gone.message), { timeout: 60_000 });
      expect(() => ann.call('say', [1, 'refused'])).toThrow(
        `${gone.message}; no commit is taken until the disk works again, which each call tries`,
      );
      await Promise.resolve();
      // A disk that fails still is left alone for a while.
      const isTried = vi.spyOn(LogFile, 'replace');
      expect(() => ann.call('say', [1, 'refused'])).toThrow(gone.message);
      await Promise.resolve();
      expect(isTried).not.toHaveBeenCalled();
      vi.restoreAllMocks();
      const later = performance.now() + 2000;
      vi.spyOn(performance, 'now').mockReturnValue(later);
      expect(() => ann.call('say', [1, 'refused'])).toThrow(gone.message);
      await Promise.resolve();
      ann.call('say', [1, 'after']);
      expect(said.at(-1)).toMatch(/commits\.log: the disk works again, and has all rows$/);
      const kept = durable ? ['before', 'after'] : ['before', 'kept in memory', 'after'];
      expect(textsOf(first)).toEqual(kept);
      vi.restoreAllMocks();
      await first.close();
      expect(textsOf(await start(dataDir))).toEqual(kept);
      expect(readdirSync(join(dataDir, 'kept')).filter((name) => name.endsWith('.new'))).toEqual([]);
    },
  );

  test('is told to the author of the module as what it is: nothing of his died', async () => {
    const said: string[] = [];
    const server = await start(temporaryFolder(), { durable: true }, said);
    vi.spyOn(LogFile.prototype, 'append').mockImplementation(() => {
      throw new StorageError('writing: ENOSPC: no space left on device');
    });
    const why = 'was rolled back: its changes could not be stored: writing: ENOSPC: no space left on device';
    expect(() => server.call('say', [1, 'refused'])).toThrow(new RegExp(`^reducer say ${why}$`));
    expect(() => server.query("INSERT INTO secret (id, value) VALUES (7, 'x')")).toThrow(/no space left on device/);
    expect(said).toEqual([`reducer say ${why}`]);
  });

  test('disconnects those who wait for it when the commit is over that it refused', async () => {
    const said: string[] = [];
    const server = await start(temporaryFolder(), {}, said);
    const client = await WireClient.inMemory(server);
    await client.exchange();
    // What has been committed is never brought to the disk, and then nothing can be written at all.
    vi.spyOn(LogFile.prototype, 'syncSoon').mockImplementation(() => undefined);
    server.call('say', [1, 'told to nobody yet']);
    expect(await client.exchange({ tag: 'OneOffQuery', requestId: 1, query: 'SELECT * FROM message' })).toEqual([]);
    vi.spyOn(LogFile.prototype, 'append').mockImplementation(() => {
      throw gone;
    });
    vi.spyOn(LogFile.prototype, 'isBroken', 'get').mockReturnValue(true);
    expect(() => server.call('say', [1, 'refused'])).toThrow(gone.message);
    await client.settle();
    expect(client.closed).toEqual({ code: 1011, reason: gone.message });
    expect(said.filter((line) => line.includes('transaction is open'))).toEqual([]);
    expect(said).toContainEqual(
      expect.stringMatching(/^reducer on_disconnect was rolled back: its changes could not be stored: /),
    );
  });

  test('leaves a schedule that has run to the next start, and the process alone', async () => {
    const said: string[] = [];
    const clock = new ManualClock();
    const server = await start(temporaryFolder(), { clock, durable: true }, said);
    server.call('tick_once', [1000, 1]);
    vi.spyOn(LogFile.prototype, 'sync').mockImplementation(() => {
      throw gone;
    });
    clock.advance(2000);
    expect(said.at(-1)).toMatch(
      /^the row of table tick_timer whose time has come could not be deleted and comes again at the next start: .*the disk is gone/,
    );
    expect(server.query('SELECT * FROM tick_timer')).toHaveLength(1);
    vi.restoreAllMocks();
    await server.restart();
    clock.advance(1000);
    expect(server.query('SELECT * FROM tick_timer')).toEqual([]);
  });

  test('or a server that was closed meanwhile leaves no schedules of a database that nobody uses', async () => {
    const module = typescriptProject(`import { ScheduleAt } from 'spacetimedb';
      import { schema, t, table } from 'spacetimedb/server';
      const timer = table({ name: 'timer', scheduled: () => ring }, { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt() });
      const spacetimedb = schema({ timer });
      export default spacetimedb;
      export const ring = spacetimedb.reducer({ arg: timer.rowType }, () => {});
      export const init = spacetimedb.init((ctx) => void ctx.db.timer.insert({ id: 0n, at: ScheduleAt.interval(1_000_000n) }));`);
    const clock = new ManualClock();
    const server = await start(temporaryFolder(), { module, clock });
    expect(clock.pendingTimers).toBe(1);
    const [outcome] = await Promise.allSettled([server.reset(), server.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/is closed$/) } });
    expect(clock.pendingTimers).toBe(0);
    vi.spyOn(LogFile, 'replace').mockImplementation(() => {
      throw gone;
    });
    await expect(start(temporaryFolder(), { module, clock })).rejects.toThrow(gone.message);
    expect(clock.pendingTimers).toBe(0);
  });

  test('keeps a module from being reloaded, and the former one goes on; the next reload has it', async () => {
    const source = (columns: string): string => `import { schema, t, table } from 'spacetimedb/server';
      const spacetimedb = schema({ item: table({ name: 'item', public: true }, { id: t.u32().primaryKey() ${columns} }) });
      export default spacetimedb;
      export const put = spacetimedb.reducer({ id: t.u32() }, (ctx, { id }) => void ctx.db.item.insert({ id, label: '' }));`;
    const dataDir = temporaryFolder();
    const [old, young] = ['', `, label: t.string().default('new')`].map((columns) =>
      typescriptProject(source(columns)),
    );
    const first = await start(dataDir, { module: old ?? '' });
    first.call('put', [1]);
    // Where the new log is to be written there is something that cannot be taken away.
    const draft = join(dataDir, 'kept', 'commits.log.new');
    mkdirSync(draft);
    await expect(first.reload(young)).rejects.toThrow(/^writing .*commits\.log: /);
    first.call('put', [2]);
    expect(first.query('SELECT * FROM item')).toEqual([{ id: 1 }, { id: 2 }]);
    rmdirSync(draft);
    await first.reload(young);
    first.call('put', [3]);
    const rows = [
      { id: 1, label: 'new' },
      { id: 2, label: 'new' },
      { id: 3, label: '' },
    ];
    expect(first.query('SELECT * FROM item')).toEqual(rows);
    await first.close();
    expect((await start(dataDir, { module: young ?? '' })).query('SELECT * FROM item')).toEqual(rows);
  });
});

describe('a folder that another process took over', () => {
  /** As if its server were of another machine, and had been given up. */
  function takeAway(dataDir: string): void {
    const folder = join(dataDir, 'kept');
    for (const name of readdirSync(folder)) if (isLockName(name)) rmSync(join(folder, name));
  }

  test('is written to no more: not by calls, reloads, resets, restarts or the end of the server', async () => {
    const dataDir = temporaryFolder();
    const said: string[] = [];
    const first = await start(dataDir, {}, said);
    first.as('ann').call('say', [1, 'before']);
    takeAway(dataDir);
    const second = await start(dataDir);
    second.as('ann').call('say', [1, 'theirs']);
    const log = join(dataDir, 'kept', 'commits.log');
    const theirs = readFileSync(log);
    // The first one stood still for long.
    const late = Date.now() + 60_000;
    vi.spyOn(Date, 'now').mockReturnValue(late);
    const problem = /the data folder .*kept is that of another process now: .* start the server again$/;
    expect(() => first.as('ann').call('say', [1, 'refused'])).toThrow(/is that of another process now: /);
    expect(said.filter((line) => problem.test(line))).toHaveLength(2);
    expect(textsOf(first)).toEqual(['before']);
    for (const write of [() => first.restart(), () => first.reset()]) await expect(write()).rejects.toThrow(problem);
    expect(() => first.as('ann').call('say', [1, 'refused'])).toThrow(/is that of another process now: /);
    await Promise.resolve();
    expect(textsOf(first)).toEqual(['before']);
    await first.close();
    vi.restoreAllMocks();
    expect(readFileSync(log)).toEqual(theirs);
    second.as('ann').call('say', [1, 'theirs too']);
    await second.close();
    expect(textsOf(await start(dataDir))).toEqual(['before', 'theirs', 'theirs too']);
  });

  test('is noticed by its former owner without being asked', async () => {
    const dataDir = temporaryFolder();
    const folder = await DataFolder.open(dataDir, 'kept', { beatMs: 5, leaseMs: 20_000, pollMs: 1000 });
    onTestFinished(() => folder.close());
    const lost: StorageError[] = [];
    folder.onLost((error) => lost.push(error));
    folder.requireWriter();
    takeAway(dataDir);
    while (lost.length === 0) await wait(5);
    expect(lost).toEqual([expect.any(StorageError)]);
    expect(() => folder.requireWriter()).toThrow(lost[0]?.message);
    expect(() => folder.clear()).toThrow(StorageError);
  });
});
