import { createServer, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { Identity } from '../../../src/bsatn/index.ts';
import { deferred } from '../../../src/deferred.ts';
import { WorkerPool } from '../../../src/embedded/procedures/worker-pool.ts';
import { EmbeddedServer, type LogRecord } from '../../../src/embedded/index.ts';
import { typescriptProject } from '../../support/typescript-project.ts';
import { listenOnLoopback } from '../../support/loopback.ts';

/** A module with procedures that reach for the network. */
const source = `import { TimeDuration } from 'spacetimedb'; import { schema, t, table } from 'spacetimedb/server';
const seen = table({ name: 'seen', public: true }, { id: t.u32().primaryKey().autoInc(), text: t.string() });
const spacetimedb = schema({ seen });
export default spacetimedb;
const see = (tx, text) => tx.db.seen.insert({ id: 0, text }).id;
export const look = spacetimedb.reducer({ text: t.string() }, (ctx, { text }) => void see(ctx, text));
export const visit = spacetimedb.procedure({ url: t.string() }, t.string(), (ctx, { url }) => {
  ctx.withTx((tx) => see(tx, 'before'));
  const answer = ctx.http.fetch(url, { method: 'POST', body: 'hi', headers: { 'x-mark': 'm' } });
  const id = ctx.withTx((tx) => see(tx, 'after ' + [...tx.db.seen].length));
  console.log('visited', url.slice(0, 7));
  return answer.status + ' ' + answer.text() + ' ' + answer.headers.get('x-back') + ' ' + id;
});
export const tryHttp = spacetimedb.procedure({ url: t.string() }, t.string(), (ctx, { url }) => {
  try { ctx.withTx(() => ctx.http.fetch(url)); } catch (error) { console.log(String(error)); }
  try { ctx.http.fetch('http://127.0.0.1:1/'); } catch (error) { return error.name; }
});
export const fail = spacetimedb.procedure(t.unit(), () => {
  throw new TypeError('lost');
});
export const stay = spacetimedb.procedure({ url: t.string() }, t.string(), (ctx, { url }) =>
  ctx.http.fetch(url, { headers: { 'x-mark': 'm' }, timeout: TimeDuration.fromMillis(170_000) }).text());
`;

/** A server of another kind; \`wait\` is what it does before it answers. */
async function otherServer(wait: (request: IncomingMessage) => Promise<unknown>): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      await wait(request);
      response.writeHead(201, { 'x-back': request.headers['x-mark'] });
      response.end(`got ${body}`);
    })();
  });
  const port = await listenOnLoopback(server);
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}/`;
}

async function start(): Promise<{ readonly server: EmbeddedServer; readonly log: readonly LogRecord[] }> {
  const log: LogRecord[] = [];
  const module = typescriptProject(source);
  const server = await EmbeddedServer.start({ module, database: 'a', log: (record) => log.push(record) });
  onTestFinished(async () => server.close());
  return { server, log };
}

test('a request that nobody answers ends with the server, and keeps no process alive', async () => {
  const { server } = await start();
  const [asked, gone] = [deferred<void>(), deferred<void>()];
  const url = await otherServer(async (request) => {
    request.socket.once('close', () => gone.resolve());
    asked.resolve();
    await gone.promise;
  });
  const outcome = server.callProcedure('stay', [url]).then(String, String);
  await asked.promise;
  await server.close();
  expect(await outcome).toContain('its database was closed');
  await gone.promise;
});

test('a thread that has ended while it had nothing to do is replaced', async () => {
  const threads: { isOver: boolean }[] = [];
  const pool = new WorkerPool(async () => {
    const name = `thread ${threads.length}`;
    const thread = { isOver: false };
    threads.push(thread);
    return {
      get isOver() {
        return thread.isOver;
      },
      // What has ended answers nobody.
      call: async () => (thread.isOver ? new Promise<never>(() => undefined) : new TextEncoder().encode(name)),
      terminate: () => undefined,
    };
  });
  const ask = async (): Promise<string> => {
    const call = { id: 0, sender: new Identity(0n), connectionId: undefined, timestamp: 0n, args: new Uint8Array() };
    const context = { within: <T>(run: () => T) => run(), isInTransaction: () => false, abandon: () => undefined };
    return new TextDecoder().decode(await pool.call(call, context));
  };
  expect([await ask(), await ask()]).toEqual(['thread 0', 'thread 0']);
  const [first] = threads;
  if (first !== undefined) first.isOver = true;
  expect([await ask(), await ask()]).toEqual(['thread 1', 'thread 1']);
  expect(threads).toHaveLength(2);
});

test('a procedure in TypeScript waits for the network while others go on, even those that it waits for', async () => {
  const { server, log } = await start();
  const url = await otherServer(async () => {
    server.call('look', ['between']);
    const [args, headers] = [JSON.stringify(['asked']), { 'content-type': 'application/json' }];
    await fetch(`${server.url}/v1/database/a/call/look`, { method: 'POST', headers, body: args });
  });
  expect(await server.callProcedure('visit', [url])).toBe('201 got hi m 4');
  expect(server.query('SELECT text FROM seen').map(({ text }) => text)).toEqual([
    'before',
    'between',
    'asked',
    'after 3',
  ]);
  expect(log).toMatchObject([
    { level: 'info', filename: 'src/index.ts', lineNumber: 11, functionName: 'visit', message: 'visited http://' },
  ]);
});

test('its requests are refused in transactions, and fail by an error that it can catch', async () => {
  const { server, log } = await start();
  expect(await server.callProcedure('try_http', [await otherServer(async () => undefined)])).toBe('HttpError');
  expect(log.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^WouldBlockTransaction: procedure try_http makes an HTTP request in a transaction/),
  ]);
});

test('what it throws is in the log with its line, and the next one runs', async () => {
  const { server, log } = await start();
  await expect(server.callProcedure('fail')).rejects.toThrow('Uncaught TypeError: lost');
  expect(log).toMatchObject([{ level: 'error', filename: 'src/index.ts', lineNumber: 19 }]);
  await expect(server.callProcedure('fail')).rejects.toThrow('Uncaught TypeError: lost');
});

test('it ends with an error when its module is reloaded meanwhile', async () => {
  const { server } = await start();
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const url = await otherServer(async () => {
    isAsked();
    await new Promise(() => undefined);
  });
  const lost = server.callProcedure('visit', [url]);
  await asked;
  await Promise.all([expect(lost).rejects.toThrow('its database was closed'), server.reload()]);
  expect(server.query('SELECT text FROM seen')).toEqual([{ text: 'before' }]);
});
