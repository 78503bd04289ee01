import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EmbeddedServer, type LogRecord, ManualClock } from '../../../src/embedded/index.ts';
import { eventually } from '../../support/live-clients.ts';
import { typescriptProject } from '../../support/typescript-project.ts';
import { WireClient } from '../../support/wire-client.ts';

/** What reached the process, which would have ended it. */
const escaped: unknown[] = [];
const note = (reason: unknown): void => void escaped.push(reason);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(async () => {
  // Node looks for such promises when a task ends.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  vi.restoreAllMocks();
  expect(escaped.splice(0)).toEqual([]);
});

const clock = new ManualClock();

/** A server of a module with the table `item`, and what it says. */
async function start(
  source: string,
  options: { readonly isQuiet?: boolean } = {},
): Promise<{ readonly server: EmbeddedServer; readonly said: readonly string[]; readonly records: LogRecord[] }> {
  const module = typescriptProject(`import { ScheduleAt } from 'spacetimedb';
import { schema, t, table } from 'spacetimedb/server';
const item = table({ name: 'item', public: true }, { id: t.u32().primaryKey() });
const timer = table({ name: 'timer', scheduled: () => run }, { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt() });
const spacetimedb = schema({ item, timer });
export default spacetimedb;
const put = (ctx, id) => ctx.db.item.insert({ id });
export const run = spacetimedb.reducer({ arg: timer.rowType }, async () => { throw new Error('rang'); });
${source}`);
  const records: LogRecord[] = [];
  const said: string[] = [];
  const log = (record: LogRecord): void => {
    records.push(record);
    said.push(`${record.level} ${record.message.split('\n')[0]}`);
  };
  const server = await EmbeddedServer.start({ module, database: 'a', clock, ...(options.isQuiet !== true && { log }) });
  onTestFinished(() => server.close());
  return { server, said, records };
}

const ids = (server: EmbeddedServer): unknown => server.query('SELECT id FROM item').map(({ id }) => id);

const rejected = (who: string, reason: string): string =>
  `error ${who} has a promise that was rejected, which takes back nothing of what it wrote: ${reason}; no function of a module may be async`;
const unsettled = (who: string): string =>
  `warn ${who} has a promise that is not settled when it ends; what waits for it may never be carried out; no function of a module may be async`;
const unused = (who: string): string =>
  `warn ${who} has a promise whose value nobody waits for; no function of a module may be async`;

describe('a reducer that is async by mistake', () => {
  test('goes on after each await within its transaction, as on a server, and what it throws is in the log', async () => {
    const { server, said, records } = await start(`
      export const early = spacetimedb.reducer(async (ctx) => { put(ctx, 1); throw new Error('early'); });
      export const late = spacetimedb.reducer(async (ctx) => {
        put(ctx, 2);
        await null;
        for await (const id of [3, 4]) put(ctx, id);
        throw new TypeError('late');
      });
      export const quiet = spacetimedb.reducer(async (ctx) => { put(ctx, await 5); });`);
    for (const name of ['early', 'late', 'quiet']) server.call(name);
    expect(ids(server)).toEqual([1, 2, 3, 4, 5]);
    const why = [rejected('reducer early', 'Error: early'), rejected('reducer late', 'TypeError: late')];
    expect(said).toEqual([...why, unused('reducer quiet')]);
    expect(records.map(({ filename, lineNumber, functionName }) => [filename, lineNumber, functionName])).toEqual([
      ['src/index.ts', 10, 'early'],
      ['src/index.ts', 15, 'late'],
      ['__spacetimedb__', undefined, 'quiet'],
    ]);
  });

  test('is not waited for where it waits for what never comes', async () => {
    const { server, said } = await start(`
      let go;
      export const wait = spacetimedb.reducer(async (ctx) => { await new Promise((done) => { go = done; }); put(ctx, 1); });
      export const next = spacetimedb.reducer(() => go());`);
    server.call('wait');
    expect(ids(server)).toEqual([]);
    // Then it is another's call, and another's transaction.
    server.call('next');
    expect(ids(server)).toEqual([1]);
    expect(said).toEqual([unsettled('reducer wait')]);
  });

  test('leaves nothing to the next call when it dies itself', async () => {
    const { server, said } = await start(`
      export const die = spacetimedb.reducer((ctx) => { void Promise.resolve(1).then((id) => put(ctx, id)); throw new Error('no'); });
      export const next = spacetimedb.reducer((ctx) => void put(ctx, 2));`);
    expect(() => server.call('die')).toThrow('reducer die died: Uncaught Error: no');
    server.call('next');
    expect(ids(server)).toEqual([2]);
    expect(said).toHaveLength(1);
  });

  test('is named wherever it is called from: at the start, by clients, by schedules', async () => {
    const { server, said } = await start(`
      void Promise.reject(new Error('at once'));
      export const init = spacetimedb.init(async (ctx) => {
        ctx.db.timer.insert({ id: 0n, at: ScheduleAt.interval(1_000_000n) });
        throw new Error('no luck');
      });
      export const come = spacetimedb.clientConnected(async () => { throw new Error('hello'); });
      export const leave = spacetimedb.clientDisconnected(async () => { throw new Error('bye'); });`);
    const client = await WireClient.inMemory(server);
    await client.settle();
    client.leave();
    await client.settle();
    clock.advance(1000);
    expect(said).toEqual([
      rejected('the module', 'Error: at once'),
      rejected('reducer init', 'Error: no luck'),
      rejected('reducer come', 'Error: hello'),
      rejected('reducer leave', 'Error: bye'),
      rejected('reducer run', 'Error: rang'),
    ]);
  });

  test('is told on standard error where nobody listens to the log, also when it ran before the server was there', async () => {
    const printed: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: unknown) => void printed.push(String(line)));
    await start(`export const init = spacetimedb.init(async () => { throw new Error('no luck'); });`, {
      isQuiet: true,
    });
    expect(printed).toEqual([
      expect.stringContaining(rejected('reducer init', 'Error: no luck').replace('error ', '')),
    ]);
  });
});

test('views and procedures that are async fail, or return what they never meant, and say why', async () => {
  const { server, said } = await start(`
    export const few = spacetimedb.anonymousView({ name: 'few', public: true }, t.array(item.rowType), async () => []);
    export const none = spacetimedb.procedure(t.unit(), async () => { throw new Error('lost'); });
    export const later = spacetimedb.procedure(t.unit(), (ctx) => {
      ctx.withTx(async (tx) => { put(tx, 1); await null; put(tx, 2); });
      return {};
    });`);
  expect(() => server.query('SELECT * FROM few')).toThrow(
    /^the view few failed: .*; perhaps because it is async: no function of a module may be async$/,
  );
  await server.callProcedure('none');
  await server.callProcedure('later');
  expect(ids(server)).toEqual([1]);
  expect(said).toEqual([
    unused('view few'),
    expect.stringMatching(
      /^error view few died: .*; perhaps because it is async: no function of a module may be async$/,
    ),
    rejected('procedure none', 'Error: lost'),
    expect.stringMatching(
      /^error procedure later has a promise that was rejected.*procedure later has no open transaction/,
    ),
  ]);
});

test('what has nothing to do with promises is not blamed on them', async () => {
  const { server, said } = await start(`
    const careful = () => void Promise.reject(new Error('caught')).catch(() => {});
    const careless = () => void Promise.resolve(1);
    export const reduce = spacetimedb.reducer(() => { careful(); careless(); throw new Error('no'); });
    export const view = spacetimedb.anonymousView({ name: 'few', public: true }, t.array(item.rowType), () => {
      careful();
      throw new Error('no');
    });
    export const proceed = spacetimedb.procedure(t.unit(), () => { careful(); throw new Error('no'); });`);
  // One that is async does not throw.
  expect(() => server.call('reduce')).toThrow(/^reducer reduce died: Uncaught Error: no$/m);
  expect(() => server.query('SELECT * FROM few')).toThrow(/^the view few failed: Uncaught Error: no$/m);
  await expect(server.callProcedure('proceed')).rejects.toThrow(/died: Uncaught Error: no$/m);
  const died = (who: string): string => `error ${who} died: Uncaught Error: no`;
  expect(said).toEqual([unused('reducer reduce'), died('reducer reduce'), died('view few'), died('procedure proceed')]);
});

test('a view that fails in the commit of a procedure is not told of the promises of an earlier call', async () => {
  const { server, said } = await start(`
    export const few = spacetimedb.anonymousView({ name: 'few', public: true }, t.array(item.rowType), (ctx) => {
      if (ctx.db.item.count() > 0n) throw new Error('too many');
      return [];
    });
    export const early = spacetimedb.reducer(() => void Promise.resolve());
    export const add = spacetimedb.procedure(t.unit(), (ctx) => { ctx.withTx((tx) => void put(tx, 1)); return {}; });`);
  const client = await WireClient.inMemory(server);
  await client.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM few'] });
  server.call('early');
  await expect(server.callProcedure('add')).rejects.toThrow('procedure add died');
  expect(said.slice(0, 2)).toEqual([
    unused('reducer early'),
    'error a transaction of procedure add was rolled back: the view few failed: Uncaught Error: too many',
  ]);
});

test('on the thread of procedures that wait it is the same', async () => {
  const { server, said } = await start(`// http
    export const none = spacetimedb.procedure(t.unit(), async (ctx) => {
      await null;
      throw new Error('lost');
    });
    export const fine = spacetimedb.procedure(t.u32(), (ctx) => 7);`);
  await server.callProcedure('none');
  expect(await server.callProcedure('fine')).toBe(7);
  expect(said).toEqual([rejected('procedure none', 'Error: lost')]);
});

test('code that a module compiles itself ends no thread with its promises', async () => {
  const { server, said } = await start(`// http
    const fail = new Function('return (async () => { throw new Error("lost"); })()');
    export const none = spacetimedb.procedure(t.unit(), () => { void fail(); return {}; });
    export const fine = spacetimedb.procedure(t.u32(), () => 7);`);
  await server.callProcedure('none');
  await eventually('what was rejected', () => said.length > 0);
  expect(await server.callProcedure('fine')).toBe(7);
  expect(said).toEqual([rejected('the module', 'Error: lost')]);
});

test('a class of promises may say itself what its promises derive', async () => {
  const { server, said } = await start(`
    class Same extends Promise { static get [Symbol.species]() { return Same; } }
    class Plain extends Promise { static get [Symbol.species]() { return Promise; } }
    class Other extends Plain { constructor() { super((done) => done(3)); } }
    export const go = spacetimedb.reducer((ctx) => {
      void Same.resolve(1).then((id) => put(ctx, id));
      void Plain.resolve(2).then((id) => put(ctx, id));
      void new Other().then((id) => put(ctx, id));
    });
    export const fail = spacetimedb.reducer(() => void Same.reject(new Error('lost')));`);
  server.call('go');
  server.call('fail');
  expect(ids(server)).toEqual([1, 2, 3]);
  expect(said).toEqual([rejected('reducer fail', 'Error: lost')]);
});

test('promises that somebody looks after, and what the language makes of itself, disturb nobody', async () => {
  const { server, said } = await start(`
    const ready = new Promise(() => {});
    export const go = spacetimedb.reducer((ctx) => {
      const fail = async () => { throw new Error('caught'); };
      void Promise.allSettled([fail(), 1]).then(([{ status }]) => console.log(status));
      void Promise.resolve().then(fail).catch((error) => console.log(error.message)).finally(() => console.log('finally'));
      console.log(Promise.resolve(1) instanceof Promise, ready.constructor === Promise, Promise.name);
    });
    export const odd = spacetimedb.reducer(() => {
      WebAssembly.compile(new Uint8Array(3));
      const name = './nowhere';
      void import(name);
    });`);
  server.call('go');
  expect(said).toEqual([
    'info true true Promise',
    'info rejected',
    'info caught',
    'info finally',
    unused('reducer go'),
  ]);
  server.call('odd');
  expect(said.slice(5)).toEqual([
    expect.stringMatching(/^error reducer odd has a promise that was rejected.*"\.\/nowhere"/),
    unsettled('reducer odd'),
  ]);
});
