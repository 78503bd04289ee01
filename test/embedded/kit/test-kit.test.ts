import { afterEach, describe, expect, test } from 'vitest';
import { EmbeddedServer, type EmbeddedServerOptions, ManualClock, SqlError } from '../../../src/embedded/index.ts';
import { Identity, Timestamp } from '../../../src/bsatn/index.ts';
import { ProcedureError, ReducerError } from '../../../src/errors.ts';
import { firstWhere } from '../../../src/helpers.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';
import { identityOfToken } from '../../support/golden/replay.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { WireClient } from '../../support/wire-client.ts';

const owned: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(disposable: T): T {
  owned.push(disposable);
  return disposable;
}

async function start(options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> {
  return own(await EmbeddedServer.start({ module: referenceWasm, database: 'kit', ...options }));
}

async function connect(
  server: EmbeddedServer,
  options: { readonly token?: string } = {},
  queries: readonly string[] = ['SELECT * FROM message', 'SELECT * FROM setting'],
): Promise<SpacetimeDbClient> {
  const retry = { baseDelayMs: 1, maxDelayMs: 5 };
  const client = own(await SpacetimeDbClient.create({ host: server.host, database: 'kit', retry, ...options }));
  await client.connect({ initialSubscriptions: queries });
  return client;
}

describe('somebody to act as', () => {
  test('is always the same identity for the same name, and a client with his token is the same', async () => {
    const server = await start();
    const ann = server.as('ann');
    ann.call('say', [1, 'by hand']);
    const client = await connect(server, { token: server.as('ann').token });
    await client.reducers.say({ room: 1, text: 'by a client' });
    expect(client.identity.value).toEqual(ann.identity);
    const senders = server.query('SELECT sender, text FROM message');
    expect(senders).toEqual([
      { sender: ann.identity, text: 'by hand' },
      { sender: ann.identity, text: 'by a client' },
    ]);
    expect(server.as('bob').identity).not.toEqual(ann.identity);
  });

  test('sees what he may see, and changes nothing by SQL', async () => {
    const server = await start();
    expect(() => server.as('ann').query('SELECT * FROM secret')).toThrow(SqlError);
    expect(() => server.as('ann').query('DELETE FROM setting')).toThrow('is not authorized to run SQL DML statements');
    expect(server.query('SELECT * FROM secret')).toEqual([{ id: 1, value: 'hidden' }]);
  });

  test('by an identity can do the same, but has no token', async () => {
    const server = await start();
    const client = await connect(server);
    const identity = client.identity.value ?? new Identity(0n);
    server.as(identity).call('say', [2, 'for a client']);
    expect(client.message.rows.value.map(({ sender }) => sender)).toEqual([]);
    await firstWhere(client.message.rows, (rows) => rows.length === 1);
    expect(client.message.rows.value[0]?.sender).toEqual(identity);
    expect(() => server.as(identity).token).toThrow(RangeError);
  });

  test('is told what went wrong as a client is', async () => {
    const server = await start();
    expect(() => server.as('ann').call('say', [1, ''])).toThrow(ReducerError);
    expect(() => server.as('ann').call('tick')).toThrow('no such reducer');
    await expect(server.as('ann').callProcedure('nope')).rejects.toThrow(ProcedureError);
    expect(await server.as('ann').callProcedure('add', [2, 40])).toBe(42n);
    expect(await server.callProcedure('add', [1, 1])).toBe(2n);
  });
});

describe('a call that is spelled as generated code spells it, or does not fit', () => {
  test('is told the name that the server knows, of what may be called only', async () => {
    const server = await start();
    expect(() => server.call('createNote', [])).toThrow(
      'reducer createNote: no such reducer; it is called create_note',
    );
    expect(() => server.call('add', [1, 2])).toThrow('no such reducer; add is a procedure: use callProcedure');
    await expect(server.callProcedure('slowSay')).rejects.toThrow('No such procedure; it is called slow_say');
    await expect(server.callProcedure('say')).rejects.toThrow('No such procedure; say is a reducer: use call');
    expect(() => server.as('ann').call('Tick')).toThrow(/no such reducer$/);
    expect(() => server.call('nope')).toThrow(/no such reducer$/);
  });

  test('is told once which argument does not fit', async () => {
    const server = await start();
    expect(() => server.call('say', [1])).toThrow(
      /^reducer say: it takes \[room, text\]: invalid length 1, expected reducer args for say with 2 elements$/,
    );
    expect(() => server.call('say', ['x', 'hello'])).toThrow(
      /^reducer say: argument \[0\]: invalid type: string "x", expected u32$/,
    );
    await expect(server.callProcedure('add', [1, 2, 3])).rejects.toThrow(
      /^procedure add: it takes \[left, right\]: trailing characters$/,
    );
  });

  test('is told that arguments are a list', async () => {
    const server = await start();
    const problem = new TypeError(
      'calling reducer say: arguments are a list here, one item for each parameter: [room, text]',
    );
    // @ts-expect-error -- generated reducers take an object
    expect(() => server.call('say', { room: 1, text: 'hello' })).toThrow(problem);
    // @ts-expect-error -- nothing is no list
    expect(() => server.call('say', null)).toThrow(problem);
    // @ts-expect-error -- generated procedures take an object
    const procedure = server.callProcedure('add', { left: 1, right: 2 });
    await expect(procedure).rejects.toThrow('calling procedure add: arguments are a list here');
    expect(server.query('SELECT * FROM message')).toEqual([]);
  });
});

test('a clock that a test puts forward fires schedules, whatever clock it is', async () => {
  for (const clock of [undefined, new ManualClock()]) {
    const server = await start(clock && { clock });
    server.call('spawn', [0, 1]);
    server.call('start_ticking', [60_000, 1]);
    server.clock.advance(10 * 60_000);
    expect(server.query('SELECT "position" FROM entity')).toEqual([{ position: { x: 10, y: 0, z: 0 } }]);
  }
});

test('clients stay connected when the clock is put forward', async () => {
  const server = await start();
  const client = await connect(server);
  server.clock.advance(3_600_000);
  await client.reducers.say({ room: 1, text: 'an hour later' });
  const [message] = client.message.rows.value;
  expect(message?.sent.micros).toBeGreaterThan(Timestamp.now().micros + 3_500_000_000n);
});

describe('frames', () => {
  test('are what both sides sent, decoded, each in a line', async () => {
    const server = await start({ recordFrames: true });
    const client = await connect(server);
    await client.reducers.say({ room: 3, text: 'hello' });
    await client.procedures.add({ left: 1n, right: 2n });
    await client.subscriptions.oneOffQuery('SELECT * FROM note');
    expect(server.frames.map(String)).toEqual([
      'server: InitialConnection',
      'client: Subscribe 1: SELECT * FROM message; SELECT * FROM setting',
      'server: SubscribeApplied 1: setting 1',
      'client: CallReducer say [3,"hello"]',
      'server: ReducerResult Ok 1: message +1 -0',
      'client: CallProcedure add [1,2]',
      'server: ProcedureResult Returned',
      'client: OneOffQuery SELECT * FROM note',
      'server: OneOffQueryResult: note 0',
    ]);
    const [initial] = server.frames;
    expect(initial).toMatchObject({
      from: 'server',
      identity: client.identity.value,
      connectionId: client.address.value,
    });
    expect(initial?.messages).toMatchObject([{ tag: 'InitialConnection', token: client.token }]);
  });

  test('are decoded however they are compressed, and on both protocols', async () => {
    const server = await start({ recordFrames: true, protocols: ['v2'] });
    server.call('spawn', [0, 200]);
    for (const compression of ['none', 'gzip', 'brotli'] as const) {
      const client = own(await SpacetimeDbClient.create({ host: server.host, database: 'kit', compression }));
      await client.connect({ initialSubscriptions: ['SELECT * FROM entity'] });
      const last = server.frames.at(-1);
      expect([String(last), last?.bytes[0]]).toEqual([
        'server: SubscribeApplied 1: entity 200',
        { none: 0, brotli: 1, gzip: 2 }[compression],
      ]);
    }
  });

  test('that hold no message are kept too, and say so when they are read', async () => {
    const server = await start({ recordFrames: true });
    const client = await WireClient.inMemory(server);
    client.sendRaw(Uint8Array.of(9));
    await client.settle();
    const broken = server.frames.find(({ from }) => from === 'client');
    expect(() => broken?.messages).toThrow('ClientMessage');
  });

  test('are kept only where somebody asked for it', async () => {
    const server = await start();
    expect(() => server.frames).toThrow('recordFrames: true');
  });
});

describe('a restart', () => {
  test('keeps rows, sequences and tokens; clients come back by themselves', async () => {
    const server = await start();
    const client = await connect(server);
    await client.reducers.say({ room: 1, text: 'before' });
    const identity = client.identity.value;
    const reconnected = firstWhere(client.connection.state, ({ status }) => status === 'reconnecting');
    await server.restart();
    await reconnected;
    await firstWhere(client.subscriptions.ready, (isReady) => isReady);
    expect(client.identity.value).toEqual(identity);
    await client.reducers.say({ room: 1, text: 'after' });
    expect(client.message.rows.value.map(({ id, text }) => [id, text])).toEqual([
      [1n, 'before'],
      [2n, 'after'],
    ]);
  });

  test('disconnects to the module who was connected, once, and does not run init again', async () => {
    const server = await start();
    const client = await WireClient.overWebSocket(server, { token: server.as('ann').token });
    server.query("DELETE FROM setting WHERE key = 'motd'");
    const online = (): unknown => server.query('SELECT online FROM user');
    expect(online()).toEqual([{ online: true }]);
    await server.restart();
    expect(online()).toEqual([{ online: false }]);
    await client.settle();
    expect(client.closed?.code).toBe(1006);
    expect(server.query('SELECT * FROM setting')).toEqual([]);
    await server.restart();
    expect(online()).toEqual([{ online: false }]);
  });

  test('arms schedules again: intervals from then on, what is overdue at once', async () => {
    const clock = new ManualClock();
    const server = await start({ clock });
    server.call('spawn', [0, 1]);
    server.call('start_ticking', [100, 1]);
    server.call('tick_once', [250, 100]);
    server.clock.advance(150);
    await server.restart();
    const x = (): unknown => server.query('SELECT "position" FROM entity').map(({ position }) => position);
    expect(x()).toEqual([{ x: 1, y: 0, z: 0 }]);
    clock.advance(99);
    expect(x()).toEqual([{ x: 1, y: 0, z: 0 }]);
    clock.advance(1);
    expect(x()).toEqual([{ x: 102, y: 0, z: 0 }]);
    await server.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

test('a reset is a fresh database at the same port: init runs, rows and sequences begin anew, tokens stay good', async () => {
  const server = await start();
  const token = server.as('ann').token;
  server.as('ann').call('say', [1, 'gone']);
  server.query('DELETE FROM setting');
  const client = await WireClient.overWebSocket(server, { token });
  await server.reset();
  await client.settle();
  expect(client.closed).toEqual({ code: 1001, reason: 'module exited' });
  expect(server.query('SELECT * FROM message')).toEqual([]);
  expect(server.query('SELECT * FROM user')).toEqual([]);
  expect(server.query('SELECT key FROM setting')).toEqual([{ key: 'motd' }]);
  const again = await connect(server, { token });
  await again.reducers.say({ room: 1, text: 'first' });
  expect(again.message.rows.value.map(({ id }) => id)).toEqual([1n]);
  await server.close();
  await expect(server.reset()).rejects.toThrow('is closed');
});

test('servers of one seed make the same identities and take each other’s tokens; others do not', async () => {
  const [one, other, stranger] = [await start({ seed: 7 }), await start({ seed: 7 }), await start({ seed: 8 })];
  expect(identityOfToken(one.issueToken())).toEqual(identityOfToken(other.issueToken()));
  const token = one.as('ann').token;
  expect((await connect(other, { token })).identity.value).toEqual(one.as('ann').identity);
  await expect(connect(stranger, { token })).rejects.toThrow('token');
  expect(other.as('ann').identity).toEqual(stranger.as('ann').identity);
});
