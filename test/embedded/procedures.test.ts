import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { EmbeddedServer, type EmbeddedServerOptions, ManualClock } from '../../src/embedded/index.ts';
import { makeHttpRequest } from '../../src/embedded/procedures/http-request.ts';
import { ProcedureError } from '../../src/errors.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { bundleProcess } from '../support/bundle-process.ts';
import { bsatn, openTestDatabase, type TestDatabase } from '../support/embedded-database.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { patienceMs } from '../support/patience.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { spacetimeModule } from '../support/spacetime-module.ts';
import { code, type ImportedFunction } from '../support/wasm-module.ts';
import { listenOnLoopback } from '../support/loopback.ts';

const owned: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function start(
  options: Pick<EmbeddedServerOptions, 'clock'> = {},
): Promise<{ readonly server: EmbeddedServer; readonly client: SpacetimeDbClient }> {
  const server = await EmbeddedServer.start({ module: referenceWasm, database: 'slow', ...options });
  const client = await SpacetimeDbClient.create({ host: server.host, database: 'slow' });
  owned.push(server, client);
  await client.connect({ initialSubscriptions: ['SELECT * FROM score', 'SELECT * FROM message'] });
  return { server, client };
}

describe('a procedure that sleeps', () => {
  test('stops nobody: others commit before it ends', async () => {
    const clock = new ManualClock();
    const { client } = await start({ clock });
    const order: string[] = [];
    const slow = client.procedures.slowSay({ room: 7, text: 'x' }).then(() => order.push('slow'));
    for (let count = 0; count < 5; count++) {
      await client.reducers.say({ room: 1, text: `${count}` });
      order.push('said');
    }
    const ends = (): number => {
      clock.advance(100);
      return order.length;
    };
    await expect.poll(ends, { timeout: patienceMs }).toBe(6);
    await slow;
    expect(order).toEqual([...Array.from({ length: 5 }, () => 'said'), 'slow']);
    expect(client.score.rows.value.map(({ player }) => player).sort()).toEqual(['done x', 'slow x']);
  });

  test('sleeps beside others of its kind, more than there are threads', async () => {
    const { client } = await start();
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    const results = await Promise.all(texts.map((text) => client.procedures.slowSay({ room: 3, text })));
    expect(results).toEqual(texts.map(() => ({ tag: 'Active', value: 3n })));
    expect(client.score.count()).toBe(40);
  });

  test('keeps no timer running when its server is closed', async () => {
    const clock = new ManualClock();
    const server = await EmbeddedServer.start({ module: referenceWasm, database: 'slow', clock });
    const before = clock.pendingTimers;
    const outcome = server.callProcedure('slow_say', [1, 'x']).then(String, String);
    await expect.poll(() => clock.pendingTimers, { timeout: patienceMs }).toBe(before + 1);
    await server.close();
    expect(await outcome).toContain('its database was closed');
    expect(clock.pendingTimers).toBe(0);
  });

  test('ends with an error when its server is closed or starts anew', async () => {
    const { server, client } = await start();
    const lost = client.procedures.slowSay({ room: 7, text: 'x' });
    const mine = server.as('ann').callProcedure('slow_say', [1, 'y']);
    await server.restart();
    await expect(lost).rejects.toThrow('the connection broke before the answer came');
    await expect(mine).rejects.toThrow(ProcedureError);
    await expect(mine).rejects.toThrow('its database was closed');
    expect(await server.callProcedure('add', [1, 2])).toBe(3n);
  });
});

test('procedures that panic lose their thread and nothing else', async () => {
  const { client } = await start();
  await expect(client.procedures.panicProcedure()).rejects.toThrow('unreachable');
  expect(await client.procedures.add({ left: 1n, right: 2n })).toBe(3n);
  await client.reducers.say({ room: 1, text: 'still here' });
});

/** A definition with the unit type and one procedure without parameters, `run`, that returns a string. */
const withProcedure = [
  ...bsatn((writer) => {
    writer.u32(1);
    writer.u8(4);
    writer.u32(1);
    writer.string('run');
    writer.u32(0);
    writer.u8(4);
    writer.u8(1);
  }),
];

const hostFunction = (module: string, name: string, params: number): ImportedFunction => ({
  module,
  name,
  params: Array.from({ length: params }, () => 'i32' as const),
  results: ['i32'],
});

const addresses = { bodySource: 132, sinkLength: 252, text: 256, request: 512 };

/** Calls a procedure that asks for `uri` and answers the text that it gets; when it gets none it dies with the error number. */
async function fetchInProcedure(
  uri: string,
  beforeRequest: readonly number[] = [],
): Promise<TestDatabase['procedure']> {
  const request = bsatn((writer) => {
    writer.u8(0);
    writer.u32(0);
    writer.u8(1);
    writer.string(uri);
    writer.u8(2);
  });
  const module = spacetimeModule({
    definition: withProcedure,
    imports: [
      hostFunction('spacetime_10.3', 'procedure_http_request', 5),
      hostFunction('spacetime_10.0', 'bytes_source_read', 3),
      hostFunction('spacetime_10.3', 'procedure_start_mut_tx', 1),
    ],
    functions: [
      {
        name: '__call_procedure__',
        params: ['i32', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i32', 'i32'],
        results: ['i32'],
        code: [
          ...beforeRequest,
          ...[addresses.request, request.length, addresses.request, 0, 128].flatMap((value) => code.i32(value)),
          ...code.call(1),
          // An error number other than 0 is the answer.
          0x22,
          0,
          0x04,
          0x40,
          0x20,
          0,
          0x0f,
          0x0b,
          ...code.i32(addresses.bodySource),
          0x28,
          2,
          0,
          ...[addresses.text + 4, addresses.text].flatMap((value) => code.i32(value)),
          ...code.call(2),
          ...code.drop,
          ...code.parameter(9),
          ...[addresses.text, addresses.sinkLength].flatMap((value) => code.i32(value)),
          ...code.call(0),
          ...code.drop,
          ...code.i32(0),
        ],
      },
    ],
    texts: {
      // A string of five bytes goes into the sink, with its length before it; the buffer for it takes 96.
      [addresses.sinkLength]: '\u0009\0\0\0',
      [addresses.text]: '\u0060\0\0\0',
      [addresses.request]: String.fromCharCode(...request),
    },
  });
  return (await openTestDatabase(module)).procedure;
}

/** A server that answers `hello` to whoever asks for `/hello`. */
async function greeter(): Promise<string> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/hello' ? 200 : 404;
    response.end(request.url === '/hello' ? 'hello' : 'nobody');
  });
  const port = await listenOnLoopback(server);
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}`;
}

describe('an HTTP request of a procedure', () => {
  test('is made, and the procedure gets the answer', async () => {
    const procedure = await fetchInProcedure(`${await greeter()}/hello`);
    expect(await procedure('run')).toMatchObject({ tag: 'returned', value: bsatn((writer) => writer.string('hello')) });
  });

  test('has headers that fit its body, also where that came compressed', async () => {
    const server = createServer((request, response) => {
      const body = gzipSync('hello');
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length, 'x-mark': 'm' });
      response.end(request.url === '/hello' ? body : undefined);
    });
    onTestFinished(() => void server.close());
    const port = await listenOnLoopback(server);
    const answerTo = async (method: string): Promise<{ readonly body: string; readonly response: string }> => {
      const request = { method, headers: [], timeoutMs: 60_000, uri: `http://127.0.0.1:${port}/hello` };
      const outcome = await makeHttpRequest(request, new Uint8Array(), new AbortController().signal);
      if ('problem' in outcome) throw new Error(outcome.problem);
      const [body, response] = [outcome.body, outcome.response].map((bytes) => Buffer.from(bytes).toString('latin1'));
      return { body: body ?? '', response: response ?? '' };
    };
    const { body, response } = await answerTo('GET');
    expect(body).toBe('hello');
    expect(response).toContain('x-mark');
    expect(response).not.toMatch(/content-(encoding|length)/);
    // Nothing comes to this that could have been decoded.
    expect((await answerTo('HEAD')).response).toMatch(/content-encoding.*gzip.*content-length/s);
  });

  test('that nobody answers is an error that the module may handle', async () => {
    const procedure = await fetchInProcedure('http://127.0.0.1:1/hello');
    expect(await procedure('run')).toMatchObject({ message: expect.stringContaining('answered the status 21') });
  });

  test('is refused in a transaction, which is taken back when the procedure ends', async () => {
    const inTransaction = [...code.i32(128), ...code.call(3), ...code.drop];
    const procedure = await fetchInProcedure(`${await greeter()}/hello`, inTransaction);
    expect(await procedure('run')).toMatchObject({ message: expect.stringContaining('answered the status 17') });
    expect(await procedure('run')).toMatchObject({ message: expect.stringContaining('answered the status 17') });
  });

  test('has to be one: other bytes are an error number', async () => {
    const procedure = await fetchInProcedure(`${await greeter()}/hello`, [
      ...code.i32(addresses.request),
      ...code.i32(99),
      ...code.storeByte,
    ]);
    expect(await procedure('run')).toMatchObject({ message: expect.stringContaining('answered the status 3') });
  });
});

test('the thread of a procedure loads nothing that is meant for the process, such as a tracer', async () => {
  const folder = temporaryFolder();
  const program = await bundleProcess(new URL('procedures-main.ts', import.meta.url), folder);
  const preload = (name: string): string => {
    const path = join(folder, `${name}.mjs`);
    const source = "import { isMainThread } from 'node:worker_threads'; import { writeSync } from 'node:fs';";
    writeFileSync(path, `${source} writeSync(1, '${name} in a thread: ' + !isMainThread + '; ');`);
    return path;
  };
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload('option')}` };
  const args = ['--import', preload('argument'), program, referenceWasm];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  expect(stdout.trim()).toBe("option in a thread: false; argument in a thread: false; { tag: 'active', value: 3n }");
});
