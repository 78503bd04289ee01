import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import {
  EmbeddedServer,
  type EmbeddedServerOptions,
  type LogRecord,
  ManualClock,
  ModuleLoadError,
  SqlError,
} from '../../src/embedded/index.ts';
import { ConnectionError, isSpacetimeDbError, ReducerError } from '../../src/errors.ts';
import { bsatn } from '../support/embedded-database.ts';
import { identityOfToken } from '../support/golden/replay.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { summary, WireClient } from '../support/wire-client.ts';

const wasm = readFileSync(referenceWasm);

describe('an embedded server', () => {
  let server: EmbeddedServer;
  const log: LogRecord[] = [];

  beforeAll(async () => {
    server = await EmbeddedServer.start({ module: wasm, database: 'chat', log: (record) => log.push(record) });
  });

  afterAll(async () => server.close());

  test('says where it is', async () => {
    expect(server.host).toBe(`127.0.0.1:${server.port}`);
    expect(server.url).toBe(`http://${server.host}`);
    expect(server.database).toBe('chat');
    expect((await fetch(`${server.url}/v1/ping`)).status).toBe(200);
  });

  test('issues tokens: the same subject is the same identity, nobody is somebody new', () => {
    const [first, second, third] = [server.issueToken('ann'), server.issueToken('ann'), server.issueToken()];
    expect(identityOfToken(first)).toEqual(identityOfToken(second));
    expect(identityOfToken(third)).not.toEqual(identityOfToken(first));
  });

  test('calls reducers as the owner, with a list or with BSATN', () => {
    server.call('add_score', ['ann', 9_007_199_254_740_993n]);
    server.call(
      'add_score',
      bsatn((writer) => {
        writer.string('bob');
        writer.i64(-1n);
      }),
    );
    expect(server.query('SELECT * FROM score')).toEqual([
      { player: 'ann', points: 9_007_199_254_740_993n },
      { player: 'bob', points: -1n },
    ]);
    server.call('noop');
  });

  test('throws when a reducer does not commit', () => {
    const failures = [
      ['fail_with', ['nope']] as const,
      ['panic_with', ['boom']] as const,
      ['no_such', []] as const,
    ].map(([reducer, args]) => {
      try {
        server.call(reducer, args);
      } catch (error) {
        return isSpacetimeDbError(error, 'reducer') ? `${error.status}: ${error.message}` : error;
      }
      return 'committed';
    });
    expect(failures).toEqual([
      'failed: reducer fail_with failed: nope',
      'internalError: reducer panic_with died: unreachable; it panicked: boom (src/lib.rs:426)',
      'internalError: reducer no_such: no such reducer',
    ]);
    expect(() => server.call('add_score', ['ann'])).toThrow(ReducerError);
    expect(() => server.call('add_score', [undefined])).toThrow(TypeError);
  });

  test('hands on the log of the module', () => {
    expect(log).toContainEqual(
      expect.objectContaining({ level: 'panic', message: 'boom', functionName: 'panic_with' }),
    );
  });

  test('runs SQL as the owner, with values as everywhere', async () => {
    const token = server.issueToken('ann');
    const client = await WireClient.inMemory(server, { token });
    const [user] = server.query('SELECT * FROM user');
    expect(user).toMatchObject({ identity: identityOfToken(token), name: undefined, status: { tag: 'pending' } });
    expect(user?.['identity']).toBeInstanceOf(Identity);
    expect(server.query('SELECT * FROM secret')).toEqual([{ id: 1, value: 'hidden' }]);
    expect(server.query('SELECT COUNT(*) AS n FROM secret')).toEqual([{ n: 1n }]);
    expect(() => server.query('SELECT * FROM nope')).toThrow(SqlError);
    server.call('spawn', [5, 2]);
    server.call('say', [5, 'hi']);
    const join =
      'SELECT m.text AS what, e.position, e.score, m.id FROM message m JOIN entity e ON m.room = e.entity_id';
    expect(server.query(join)).toEqual([{ what: 'hi', position: { x: 5, y: 0, z: 0 }, score: 0n, id: 1n }]);
    client.leave();
  });

  test('tells clients of what the owner changes by SQL', async () => {
    const client = await WireClient.overWebSocket(server);
    await client.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM setting'] });
    expect(server.query("INSERT INTO setting (key, slot, value) VALUES ('a', 10, 'x'), ('b', 11, 'y')")).toEqual([]);
    expect(server.query("UPDATE setting SET value = 'z' WHERE slot >= 10")).toEqual([]);
    expect(server.query("DELETE FROM setting WHERE key = 'a'")).toEqual([]);
    expect((await client.exchange()).map(summary)).toEqual([
      'TransactionUpdate 1 setting +2 -0',
      'TransactionUpdate 1 setting +2 -2',
      'TransactionUpdate 1 setting +0 -1',
    ]);
    expect(server.query('SELECT key, value FROM setting WHERE slot = 11')).toEqual([{ key: 'b', value: 'z' }]);
    expect(() => server.query("INSERT INTO setting (key, slot, value) VALUES ('b', 12, 'x')")).toThrow(SqlError);
    expect(server.query('SELECT COUNT(*) AS n FROM setting WHERE slot = 12')).toEqual([{ n: 0n }]);
    client.leave();
  });
});

describe('starting', () => {
  test.each([
    ['a file that is not there', '/nowhere/module.wasm', /: there is no /],
    ['a source that is not there', './module.ts', /there is no .*module\.ts/],
    ['a folder without a module', fileURLToPath(new URL('.', import.meta.url)), /has no src\/index\.ts/],
    [
      'a project in Rust',
      fileURLToPath(new URL('../fixtures/rust-module', import.meta.url)),
      /a project in Rust: build it/,
    ],
    ['bytes that are no module', Uint8Array.of(1, 2, 3), /3 bytes are no WebAssembly module/],
  ])('fails with one line for %s', async (_, module, problem) => {
    const starting = EmbeddedServer.start({ module, database: 'chat' });
    await expect(starting).rejects.toThrow(ModuleLoadError);
    await expect(starting).rejects.toThrow(problem);
    await expect(starting).rejects.not.toThrow(/\n/);
  });

  test('fails for a name that no database can have', async () => {
    for (const database of ['', 'Chat', 'a--b', '-a', 'c2'.repeat(32)]) {
      await expect(EmbeddedServer.start({ module: wasm, database })).rejects.toThrow(RangeError);
    }
    // Of a caller without a compiler.
    const options: EmbeddedServerOptions = JSON.parse(JSON.stringify({ module: wasm }));
    await expect(EmbeddedServer.start(options)).rejects.toThrow('database is no name for a database: undefined');
  });

  test('fails when the port is taken', async () => {
    const server = await EmbeddedServer.start({ module: wasm, database: 'chat' });
    const second = EmbeddedServer.start({ module: wasm, database: 'chat', port: server.port });
    await expect(second).rejects.toThrow(ConnectionError);
    await expect(second).rejects.toThrow(`cannot listen at 127.0.0.1:${server.port}`);
    await server.close();
  });

  test('again at the same port is possible after closing, with other tokens and an empty database', async () => {
    const first = await EmbeddedServer.start({ module: wasm, database: 'chat' });
    first.call('add_score', ['ann', 1]);
    await first.close();
    await first.close();
    const second = await EmbeddedServer.start({ module: wasm, database: 'chat', port: first.port });
    expect(second.query('SELECT * FROM score')).toEqual([]);
    await expect(WireClient.inMemory(second, { token: first.ownerToken })).rejects.toThrow('401');
    await second[Symbol.asyncDispose]();
  });
});

test('a server takes its time from outside: schedules and tokens follow it', async () => {
  const clock = new ManualClock();
  const server = await EmbeddedServer.start({ module: wasm, database: 'chat', clock });
  const client = await WireClient.inMemory(server);
  server.call('spawn', [1, 1]);
  await client.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM entity'] });
  server.call('start_ticking', [1000, 0.5]);
  clock.advance(999);
  expect(await client.exchange()).toEqual([]);
  clock.advance(2001);
  expect((await client.exchange()).map(summary)).toEqual(Array(3).fill('TransactionUpdate 1 entity +1 -1'));
  await server.close();
  clock.advance(10_000);
  expect(clock.pendingTimers).toBe(0);
});

/** Whom a server with seeded random bytes makes of an anonymous client. */
async function newcomerOfSeededServer(): Promise<unknown> {
  let seed = 0;
  const random = (size: number): Uint8Array => new Uint8Array(size).fill(++seed);
  const server = await EmbeddedServer.start({ module: wasm, database: 'chat', random, clock: new ManualClock() });
  const client = await WireClient.inMemory(server);
  const [initial] = await client.exchange();
  await server.close();
  return initial?.tag === 'InitialConnection' ? [initial.identity, initial.connectionId] : initial;
}

test('random bytes that are always the same make no second connection, and the server says why', async () => {
  const log: string[] = [];
  const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);
  await using server = await EmbeddedServer.start({
    module: wasm,
    database: 'chat',
    random,
    log: ({ message }) => log.push(message),
  });
  const first = await WireClient.inMemory(server);
  const second = await WireClient.inMemory(server);
  await second.settle();
  expect([first.closed, second.closed]).toEqual([undefined, { code: 1006, reason: '' }]);
  expect(log).toEqual([expect.stringContaining('1000 times the option random gave 16 bytes that are zero or in use')]);
});

test('a server takes its random bytes from outside: two of the same are the same', async () => {
  expect(await newcomerOfSeededServer()).toEqual(await newcomerOfSeededServer());
});
