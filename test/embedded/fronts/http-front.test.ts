import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { HttpFront, routerOf } from '../../../src/embedded/fronts/http-front.ts';
import { parseTarget } from '../../../src/embedded/fronts/http-message.ts';
import { type ReducerReturn } from '../../../src/embedded/module-host.ts';
import { moduleFromJson } from '../../../src/module-def/index.ts';
import { type PlainAnswer, sendRequest } from '../../support/golden/http-request.ts';
import { identityOfToken } from '../../support/golden/replay.ts';
import { referenceModule, referenceWasm } from '../../support/golden/reference-schema.ts';
import { scriptedHost } from '../../support/scripted-host.ts';
import { openTestHost } from '../../support/test-host.ts';
import { summary, WireClient } from '../../support/wire-client.ts';

let server: EmbeddedServer;

beforeAll(async () => {
  server = await EmbeddedServer.start({ module: referenceWasm, database: 'chat' });
});

afterAll(async () => server.close());

async function ask(method: string, path: string, more: Parameters<typeof withBody>[0] = {}): Promise<PlainAnswer> {
  return sendRequest(server, { method, path, ...withBody(more) });
}

function withBody(more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string }) {
  return { headers: new Map(Object.entries(more.headers ?? {})), body: more.body };
}

const json = { 'content-type': 'application/json' };
const short = ({ status, body }: PlainAnswer): string => `${status} ${body}`;

describe('calls over HTTP', () => {
  test.each([
    [{}, '400 Header of type `content-type` was missing'],
    [{ 'content-type': 'application/json; charset=utf-8' }, '415 Expected content-type to be application/json'],
    [{ 'content-type': 'text/plain' }, '415 Expected content-type to be application/json'],
  ])('need the content type of JSON and nothing behind it: %j', async (headers, answer) => {
    expect(short(await ask('POST', '/v1/database/chat/call/noop', { headers, body: '[]' }))).toBe(answer);
  });

  test('of a lifecycle reducer are refused', async () => {
    const answer = await ask('POST', '/v1/database/chat/call/on_connect', { headers: json, body: '[]' });
    expect(short(answer)).toBe("400 can't directly call special OnConnect lifecycle reducer");
  });

  test('tell energy and duration', async () => {
    const { headers } = await ask('POST', '/v1/database/chat/call/noop', { headers: json, body: '[]' });
    expect(headers.get('spacetime-energy-used')).toBe('0');
    expect(headers.get('spacetime-execution-duration-micros')).toMatch(/^\d+$/);
  });

  test('of a procedure that dies or gets bad arguments say so', async () => {
    const died = await ask('POST', '/v1/database/chat/call/panic_procedure', { headers: json, body: '[]' });
    expect(died.status).toBe(500);
    expect(died.body).toMatch(/^The module instance encountered a fatal error: /);
    const bad = await ask('POST', '/v1/database/chat/call/add', { headers: json, body: '[1]' });
    expect(bad.status).toBe(400);
    expect(bad.body).toMatch(/^invalid arguments for procedure add: /);
  });

  test('print what a procedure returns by position', async () => {
    const answer = await ask('POST', '/v1/database/chat/call/slow_say', { headers: json, body: '[7, "x"]' });
    expect(short(answer)).toBe('200 [1,7]');
  });

  test('reach the clients that have subscribed, those of the same identity too', async () => {
    const token = server.issueToken('ann');
    const client = await WireClient.inMemory(server, { token });
    await client.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM setting'] });
    const headers = { ...json, authorization: `Bearer ${token}` };
    await ask('POST', '/v1/database/chat/call/put_setting', { headers, body: '["k", 7, "v"]' });
    expect((await client.exchange()).map(summary)).toEqual(['TransactionUpdate 1 setting +1 -0']);
    client.leave();
  });

  test('connect and disconnect the caller, whom the module may refuse', async () => {
    const calls: string[] = [];
    let answer: ReducerReturn = { tag: 'ok' };
    const { host } = await openTestHost(
      scriptedHost({
        reducers: {
          on_connect: () => {
            calls.push('connect');
            return answer;
          },
          noop: () => void calls.push('noop'),
          on_disconnect: () => void calls.push('disconnect'),
        },
      }),
    );
    const request = {
      ...parseTarget('/v1/database/test/call/noop'),
      method: 'POST',
      headers: json,
      body: Buffer.from('[]'),
    };
    const router = routerOf(host);
    expect(await router(request)).toMatchObject({ status: 200 });
    answer = { tag: 'error', message: 'not you' };
    expect(await router(request)).toMatchObject({ status: 403, body: 'not you' });
    expect(calls).toEqual(['connect', 'noop', 'disconnect', 'connect']);
  });
});

describe('other routes', () => {
  test('a short-lived token is of the same identity', async () => {
    const token = server.issueToken('ann');
    const { body } = await ask('POST', '/v1/identity/websocket-token', {
      headers: { authorization: `Bearer ${token}` },
    });
    const answer: unknown = JSON.parse(body);
    const short = typeof answer === 'object' && answer !== null && 'token' in answer ? String(answer.token) : '';
    expect(identityOfToken(short)).toEqual(identityOfToken(token));
    const { headers } = await ask('GET', `/v1/database/chat/identity?token=${short}`);
    expect(headers.get('spacetime-identity-token')).toBe(short);
  });

  test('a new identity does not care for a token, a ping does', async () => {
    const headers = { authorization: 'Bearer broken' };
    expect((await ask('POST', '/v1/identity', { headers })).status).toBe(200);
    expect(short(await ask('GET', '/v1/ping', { headers }))).toBe('401 Invalid token: InvalidToken');
  });

  test('an identity is verified against the token', async () => {
    const token = server.issueToken('ann');
    const headers = { authorization: `Bearer ${token}` };
    const [ann, bob] = [token, server.issueToken('bob')].map((one) => identityOfToken(one).toHexString());
    expect((await ask('GET', `/v1/identity/${ann}/verify`, { headers })).status).toBe(204);
    expect((await ask('GET', `/v1/identity/${bob}/verify`, { headers })).status).toBe(400);
    expect((await ask('GET', `/v1/identity/${ann}/verify`)).status).toBe(401);
    expect((await ask('GET', '/v1/identity/ann/verify', { headers })).status).toBe(400);
  });

  test('the owner has a database, others have none', async () => {
    const owner = identityOfToken(server.ownerToken).toHexString();
    const { body } = await ask('GET', `/v1/identity/${owner}/databases`);
    const { body: identity } = await ask('GET', '/v1/database/chat/identity');
    expect(body).toBe(`{"identities":["${identity}"]}`);
    expect((await ask('GET', `/v1/identity/${identity}/databases`)).body).toBe('{"identities":[]}');
  });

  test('the public key is one', async () => {
    const { headers, body } = await ask('GET', '/v1/identity/public-key');
    expect(headers.get('content-type')).toBe('application/pem-certificate-chain');
    expect(body).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  test.each([9, 10])('the schema of version %i is that of the module', async (version) => {
    const { body } = await ask('GET', `/v1/database/chat/schema?version=${version}`);
    const model = moduleFromJson(body);
    expect(model.tables.map((table) => table.name.canonical).sort()).toEqual(
      referenceModule.tables.map((table) => table.name.canonical).sort(),
    );
  });

  test('the time is that of the server', async () => {
    const { body } = await ask('GET', '/v1/database/chat/unstable/timestamp');
    expect(body).toMatch(/^\{"__timestamp_micros_since_unix_epoch__":\d{16}\}$/);
  });

  test('the log is told line by line, and refuses what it cannot do', async () => {
    const headers = { authorization: `Bearer ${server.ownerToken}` };
    await ask('POST', '/v1/database/chat/call/panic_with', { headers: json, body: '["boom"]' });
    const { body } = await ask('GET', '/v1/database/chat/logs', { headers });
    expect(body).toMatch(/\n$/);
    const lines: unknown[] = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ level: 'Panic', function: 'panic_with', message: 'boom' }));
    expect((await ask('GET', '/v1/database/chat/logs?num_lines=0', { headers })).body).toBe('');
    expect((await ask('GET', '/v1/database/chat/logs?num_lines=x', { headers })).status).toBe(400);
    expect((await ask('GET', '/v1/database/chat/logs?follow=true', { headers })).status).toBe(501);
  });

  test.each([
    ['GET', '/', '404 there is no route GET /'],
    ['GET', '/v2/ping', '404 there is no route GET /v2/ping'],
    ['GET', '/v1/database/chat/nothing', '404 there is no route GET /v1/database/chat/nothing'],
    ['DELETE', '/v1/ping', '405 '],
    ['GET', '/v1/database/chat/sql', '405 '],
    ['GET', '/v1/database/chat/subscribe', '426 This service requires use of the websocket protocol'],
    ['POST', '/v1/database/chat/subscribe', '405 Request method must be `GET`'],
    ['GET', `/v1/database/${'0'.repeat(64)}`, '404 No such database.'],
    ['POST', '/v1/database/Chat/sql', '400 Invalid URL: invalid characters in database name'],
  ])('%s %s is not there', async (method, path, answer) => {
    expect(short(await ask(method, path))).toBe(answer);
  });

  test.each([
    ['PUT', '/v1/database/chat', 'publishing a module'],
    ['DELETE', '/v1/database/chat', 'deleting a database'],
    ['GET', '/v1/database/chat/route/a/b', 'HTTP handlers of modules'],
  ])('%s %s is refused by name', async (method, path, what) => {
    const { status, body } = await ask(method, path);
    expect(status).toBe(501);
    expect(body).toContain(what);
  });

  test('a body of more than 2 MiB is refused', async () => {
    expect((await ask('POST', '/v1/database/chat/sql', { body: ' '.repeat(2 * 1024 * 1024 + 1) })).status).toBe(413);
    expect((await ask('GET', '/v1/ping')).status).toBe(200);
  });

  test('who breaks off a request is nothing to log, and who offers HTTP/2 is answered in HTTP/1.1', async () => {
    const { host } = await openTestHost();
    const log: string[] = [];
    host.logs.listen(({ message }) => log.push(message));
    const front = new HttpFront(host);
    const port = await front.listen(0, '127.0.0.1');
    const talk = async (text: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.write(text);
      const parts: Buffer[] = [];
      for await (const part of socket) {
        parts.push(part);
        if (String(part).startsWith('HTTP/1.1 100 Continue')) break;
      }
      return Buffer.concat(parts).toString();
    };
    const head =
      'POST /v1/database/test/sql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n';
    expect(await talk(`${head}SELECT`)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const offer = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n';
    const answer = await talk(`GET /v1/database/test/identity HTTP/1.1\r\nHost: x\r\n${offer}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.endsWith(`\r\n\r\n${host.identity.toHexString()}`)).toBe(true);
    expect(await talk(`GET /v1/database/test/subscribe HTTP/1.1\r\nHost: x\r\n${offer}`)).toMatch(/^HTTP\/1\.1 426 /);
    await front.close();
    expect(log).toEqual([]);
  });

  test.each([
    ['of a known length', 'Content-Length: 60', (body: string) => body.padEnd(60)],
    [
      'in chunks',
      'Transfer-Encoding: chunked',
      (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])('who offers HTTP/2 with a body %s is answered too, and goes on', async (_, header, framed) => {
    const { host, ownerToken } = await openTestHost();
    const front = new HttpFront(host);
    const port = await front.listen(0, '127.0.0.1');
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const answer = async (): Promise<string> => String((await once(socket, 'data'))[0]);
    const head = `POST /v1/database/test/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ownerToken}\r\n`;
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk';
    const body = framed('SELECT nothing FROM nowhere');
    // The body comes with the head, and in parts behind it.
    socket.write(`${head}${offer}\r\n${header}\r\n\r\n${body}`);
    expect(await answer()).toMatch(/nowhere/);
    socket.write(`${head}${offer}\r\n${header}\r\n\r\n${body.slice(0, 20)}`);
    socket.write(body.slice(20));
    expect(await answer()).toMatch(/nowhere/);
    socket.write('GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await answer()).toMatch(/^HTTP\/1\.1 200 OK/);
    await front.close();
  });

  test.each([
    ['a refused upgrade', 'subscribe', 'Upgrade: websocket', 400],
    ['an offer of HTTP/2', 'identity', 'Upgrade: h2c', 200],
  ])(
    'who keeps his side open after the answer to %s keeps no server from closing',
    async (_, path, upgrade, status) => {
      const { host } = await openTestHost();
      const front = new HttpFront(host);
      const port = await front.listen(0, '127.0.0.1');
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      onTestFinished(() => void socket.destroy());
      // What reaches a socket that the other side has closed breaks it.
      socket.on('error', () => undefined);
      socket.write(`GET /v1/database/test/${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${upgrade}\r\n\r\n`);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      await front.close();
    },
  );

  test.each([
    ['a connection that is kept', 'Connection: keep-alive'],
    ['an offer of HTTP/2', 'Connection: Upgrade\r\nUpgrade: h2c'],
  ])('who does not read the long answer to %s keeps no server from closing', async (_, header) => {
    const { host, ownerToken } = await openTestHost();
    // More than what the two sockets hold.
    host.logError('x'.repeat(32 * 1024 * 1024));
    const front = new HttpFront(host);
    const port = await front.listen(0, '127.0.0.1');
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.write(
      `GET /v1/database/test/logs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ownerToken}\r\n${header}\r\n\r\n`,
    );
    await once(socket, 'readable');
    await front.close();
    expect(String(socket.read(15))).toBe('HTTP/1.1 200 OK');
  });

  test('a fault of the server itself is told and logged', async () => {
    const { host } = await openTestHost();
    host.database.callReducer = () => {
      throw new Error('a fault of the server');
    };
    const front = routerOf(host);
    const request = {
      ...parseTarget('/v1/database/test/call/noop'),
      method: 'POST',
      headers: json,
      body: Buffer.from('[]'),
    };
    await expect(front(request)).rejects.toThrow('a fault of the server');
  });
});
