import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../../../src/embedded/clock.ts';
import { EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { HttpFront } from '../../../src/embedded/fronts/http-front.ts';
import { type ReducerReturn } from '../../../src/embedded/module-host.ts';
import { rowsOf } from '../../../src/wire/row-list.ts';
import { type ServerMessage } from '../../../src/wire/server-message.ts';
import { bsatn } from '../../support/embedded-database.ts';
import { sendRequest } from '../../support/golden/http-request.ts';
import { littleEndian } from '../../support/golden/labels.ts';
import { identityOfToken } from '../../support/golden/replay.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { eventually } from '../../support/live-clients.ts';
import { scriptedHost } from '../../support/scripted-host.ts';
import { openTestHost } from '../../support/test-host.ts';
import { summary, WireClient } from '../../support/wire-client.ts';
import { encodeClientMessage } from '../../support/message-codecs.ts';

let server: EmbeddedServer;

beforeEach(async () => {
  server = await EmbeddedServer.start({ module: referenceWasm, database: 'chat' });
});

afterEach(async () => server.close());

const subscribe = (query: string) => ({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: [query] }) as const;
const spawn = (first: number, count: number) =>
  ({
    tag: 'CallReducer',
    requestId: 2,
    reducer: 'spawn',
    args: bsatn((writer) => {
      writer.u32(first);
      writer.u32(count);
    }),
  }) as const;

/** The id of the first entity that a message brings. */
function firstInserted(message: ServerMessage): number {
  const querySets =
    message.tag === 'TransactionUpdate'
      ? message.querySets
      : message.tag === 'ReducerResult' && message.outcome.tag === 'Ok'
        ? message.outcome.querySets
        : [];
  const update = querySets[0]?.tables[0]?.rows[0];
  if (update?.tag !== 'PersistentTable') return -1;
  return Math.min(...rowsOf(update.inserts).map((row) => Number(littleEndian(row.subarray(0, 4)))));
}

const urlOf = (query = ''): string => `ws://${server.host}/v1/database/chat/subscribe${query}`;

describe('clients over WebSockets', () => {
  test('all see the same transactions in the same order, each in the version and compression of its own', async () => {
    const clients = [
      await WireClient.overWebSocket(server),
      await WireClient.overWebSocket(server, { version: 'v2' }),
      await WireClient.overWebSocket(server, { compression: 'gzip' }),
      await WireClient.overWebSocket(server, { version: 'v2', compression: 'gzip' }),
    ];
    for (const client of clients) {
      const answers = await client.exchange(subscribe('SELECT * FROM entity'));
      expect(answers.map(summary)).toEqual(['InitialConnection', 'SubscribeApplied 1']);
      client.frames.length = 0;
    }
    for (const [index, client] of clients.entries()) client.send(spawn(index * 100, 100));
    for (const client of clients) await client.settle();
    for (const client of clients) await client.settle();
    for (const [index, client] of clients.entries()) {
      const updates = client.messages.map(summary);
      expect(updates.filter((update) => update === 'TransactionUpdate 1 entity +100 -0')).toHaveLength(3);
      expect(updates.filter((update) => update === 'ReducerResult Ok 1 entity +100 -0')).toHaveLength(1);
      expect(new Set(client.frames)).toEqual(new Set([index < 2 ? 'none' : 'gzip']));
      client.leave();
    }
    const [first, ...others] = clients.map((client) => client.messages.map(firstInserted));
    expect([...(first ?? [])].sort((a, b) => a - b)).toEqual([0, 100, 200, 300]);
    for (const other of others) expect(other).toEqual(first);
  });

  test('get a version that both sides speak', async () => {
    const old = await EmbeddedServer.start({ module: referenceWasm, database: 'chat', protocols: ['v2'] });
    const socket = new WebSocket(`ws://${old.host}/v1/database/chat/subscribe`, [
      'v3.bsatn.spacetimedb',
      'v2.bsatn.spacetimedb',
    ]);
    await new Promise((resolve) => socket.once('open', resolve));
    expect(socket.protocol).toBe('v2.bsatn.spacetimedb');
    socket.terminate();
    await old.close();
  });

  test('are told who they are in the headers of the answer', async () => {
    const token = server.issueToken('ann');
    const socket = new WebSocket(urlOf(`?token=${token}`), ['v3.bsatn.spacetimedb']);
    const headers = await new Promise<Readonly<Record<string, unknown>>>((resolve) => {
      socket.once('upgrade', (response) => resolve(response.headers));
    });
    expect(headers).toMatchObject({
      'spacetime-identity': identityOfToken(token).toHexString(),
      'spacetime-identity-token': token,
    });
    socket.terminate();
  });

  test('that send too much in one message are dropped without a close frame', async () => {
    const client = await WireClient.overWebSocket(server);
    client.sendRaw(new Uint8Array(32 * 1024 * 1024 + 1));
    await client.settle();
    expect(client.closed).toEqual({ code: 1006, reason: '' });
    const other = await WireClient.overWebSocket(server);
    expect((await other.exchange()).map(summary)).toEqual(['InitialConnection']);
    other.leave();
  });

  test('that do not read are dropped once too much waits for them, and nobody else is', async () => {
    const reader = await WireClient.overWebSocket(server);
    const idle = new WebSocket(urlOf('?compression=None'), ['v3.bsatn.spacetimedb']);
    await new Promise((resolve) => idle.once('open', resolve));
    idle.pause();
    expect(server.statistics.connections).toBe(2);
    // More than the system itself keeps for a socket goes into the queue.
    server.call('say', [1, 'x'.repeat(2000)]);
    const question = encodeClientMessage({ tag: 'OneOffQuery', requestId: 1, query: 'SELECT * FROM message' });
    const questions = Buffer.concat(Array.from({ length: 500 }, () => question));
    let asked = 0;
    for (; asked < 100_000 && server.statistics.connections === 2; asked += 500) {
      idle.send(questions);
      await reader.settle();
    }
    expect(server.statistics.connections).toBe(1);
    expect(asked).toBeGreaterThan(16_384);
    expect((await reader.exchange()).map(summary)).toEqual(['InitialConnection']);
    reader.leave();
    idle.terminate();
  });

  test('that ping faster than they are answered get an answer to the last ping, and stay', async () => {
    const client = new WebSocket(urlOf('?compression=None'), ['v3.bsatn.spacetimedb']);
    await new Promise((resolve) => client.once('open', resolve));
    const answers: string[] = [];
    client.on('pong', (payload) => answers.push(payload.toString()));
    const count = 20_000;
    client.pause();
    for (let ping = 1; ping <= count; ping++) client.ping(String(ping));
    client.resume();
    await eventually('an answer to the last ping', () => answers.at(-1) === String(count));
    // Nothing waits but the newest.
    expect(answers.length).toBeLessThan(count);
    expect(server.statistics.connections).toBe(1);
    client.terminate();
  });

  // On v3 many messages share a frame.
  test.each([
    ['v2', 20_000],
    ['v3', 40_000],
  ] as const)('that read get all that happens in one go, in however many frames: %s', async (version, count) => {
    const reader = await WireClient.overWebSocket(server, { version });
    await reader.exchange(subscribe('SELECT * FROM entity'));
    for (let id = 0; id < count; id++) server.call('spawn', [id, 1]);
    await reader.settle();
    expect(reader.closed).toBeUndefined();
    expect(reader.messages.map(firstInserted).slice(-count)).toEqual(Array.from({ length: count }, (_, id) => id));
    reader.leave();
  });

  test('are closed when the server is', async () => {
    const client = await WireClient.overWebSocket(server);
    await server.close();
    await client.settle();
    expect(client.closed).toEqual({ code: 1001, reason: 'module exited' });
  });

  test('cannot upgrade any other path', async () => {
    const headers = new Map([
      ['connection', 'upgrade'],
      ['upgrade', 'websocket'],
    ]);
    expect(await sendRequest(server, { method: 'GET', path: '/v1/ping', headers })).toMatchObject({ status: 404 });
  });

  test('may hang up in the middle of the handshake', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(
      'GET /v1/database/nope/subscribe HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    socket.destroy();
    const client = await WireClient.overWebSocket(server);
    expect((await client.exchange()).map(summary)).toEqual(['InitialConnection']);
    client.leave();
  });
});

test('a client that the module refuses sees its WebSocket open and then gone, without a close frame', async () => {
  const refusal: ReducerReturn = { tag: 'error', message: 'not you' };
  const { host } = await openTestHost(scriptedHost({ reducers: { on_connect: () => refusal } }));
  const front = new HttpFront(host);
  const port = await front.listen(0, '127.0.0.1');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/database/test/subscribe`, ['v3.bsatn.spacetimedb']);
  const told: string[] = [];
  socket.on('open', () => told.push('open'));
  socket.on('message', () => told.push('message'));
  const code = await new Promise((resolve) => socket.once('close', resolve));
  expect([...told, code]).toEqual(['open', 1006]);
  await front.close();
});

test('clients are pinged at once and every 15 seconds, and dropped after 30 seconds of silence', async () => {
  const { host } = await openTestHost();
  const network = new ManualClock();
  const front = new HttpFront(host, network);
  const port = await front.listen(0, '127.0.0.1');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/database/test/subscribe`, ['v3.bsatn.spacetimedb'], {
    autoPong: false,
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', resolve);
  });
  const ping = async (): Promise<void> => new Promise((resolve) => socket.once('ping', () => resolve()));
  await ping();
  socket.pong();
  socket.ping();
  await new Promise((resolve) => socket.once('pong', resolve));
  const second = ping();
  network.advance(15_000);
  await second;
  network.advance(29_000);
  expect(await closed).toBe(1006);
  await front.close();
});
