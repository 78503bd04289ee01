import { expect, onTestFinished, test } from 'vitest';
import { EmbeddedServer, type LogRecord, ManualClock } from '../../../src/embedded/index.ts';
import { patienceMs } from '../../support/patience.ts';
import { typescriptProject } from '../../support/typescript-project.ts';

/** A module whose schedule calls a procedure, which notes how many rows of the schedule there are while it runs, and asks the server itself in between. */
const source = `import { ScheduleAt, schema, t, table } from 'spacetimedb/server';
const timer = table({ name: 'timer', public: true }, { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt(), url: t.string() });
const seen = table({ name: 'seen', public: true }, { id: t.u32().primaryKey().autoInc(), text: t.string() });
const spacetimedb = schema({ timer, seen });
export default spacetimedb;
const see = (tx, text) => tx.db.seen.insert({ id: 0, text });
export const once = spacetimedb.reducer({ url: t.string() }, (ctx, { url }) => {
  ctx.db.timer.insert({ id: 0n, at: ScheduleAt.time(ctx.timestamp.microsSinceUnixEpoch + 60_000_000n), url });
});
export const often = spacetimedb.reducer({ url: t.string() }, (ctx, { url }) => {
  ctx.db.timer.insert({ id: 0n, at: ScheduleAt.interval(60_000_000n), url });
});
export const ring = spacetimedb.procedure({ onSchedule: timer }, { due: timer.rowType }, t.unit(), (ctx, { due }) => {
  const { status } = ctx.http.fetch(due.url);
  const caller = ctx.sender.isEqual(ctx.databaseIdentity) ? 'the database' : 'somebody';
  ctx.withTx((tx) => see(tx, 'called by ' + caller + ', ' + status + ', rows ' + tx.db.timer.count()));
  if (due.url.endsWith('?fail')) throw new Error('rings no more');
  return {};
});
`;

async function start(): Promise<{
  readonly server: EmbeddedServer;
  readonly clock: ManualClock;
  readonly log: LogRecord[];
}> {
  const [clock, log] = [new ManualClock(), [] as LogRecord[]];
  const module = typescriptProject(source);
  const server = await EmbeddedServer.start({ module, database: 'a', clock, log: (record) => log.push(record) });
  onTestFinished(async () => server.close());
  return { server, clock, log };
}

/** Waits until the procedure has noted so much; it runs on a thread of its own. */
async function seen(server: EmbeddedServer, count: number): Promise<readonly unknown[]> {
  const texts = (): readonly unknown[] => server.query('SELECT text FROM seen').map(({ text }) => text);
  await expect.poll(() => texts().length, { timeout: patienceMs }).toBe(count);
  return texts();
}

test('a procedure that is scheduled for once has its row taken away before it runs, and may ask its own server', async () => {
  const { server, clock, log } = await start();
  server.call('once', [`${server.url}/v1/ping`]);
  clock.advance(59_999);
  expect(server.query('SELECT id FROM timer')).toHaveLength(1);
  clock.advance(1);
  expect(server.query('SELECT id FROM timer')).toEqual([]);
  expect(await seen(server, 1)).toEqual(['called by the database, 200, rows 0']);
  expect(log).toEqual([]);
  await expect(server.as('ann').callProcedure('ring', [])).rejects.toThrow('No such procedure');
});

test('a procedure with an interval keeps its row, also over a restart and when it fails', async () => {
  const { server, clock, log } = await start();
  server.call('often', [`${server.url}/v1/ping?fail`]);
  const rings = async (count: number): Promise<void> => {
    clock.advance(60_000);
    expect(await seen(server, count)).toHaveLength(count);
    // It has noted what it saw, and dies.
    await expect.poll(() => log.length, { timeout: patienceMs }).toBe(count);
  };
  await rings(1);
  await rings(2);
  await server.restart();
  await rings(3);
  expect(new Set(await seen(server, 3))).toEqual(new Set(['called by the database, 200, rows 1']));
  for (const { message } of log) expect(message).toContain('procedure ring died: Uncaught Error: rings no more');
});
