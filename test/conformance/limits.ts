import { expect } from 'vitest';
import { outgoingQueue } from '../../src/embedded/fronts/outgoing-queue.ts';
import { ManualClock } from '../../src/embedded/index.ts';
import { closeReason } from '../../src/embedded/session/transport.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { summary, WireClient } from '../support/wire-client.ts';
import { type Difference, startChecked } from './features.ts';
import { encodeClientMessage } from '../support/message-codecs.ts';

const megabyte = 1024 * 1024;

const oneOff = (query: string): Extract<ClientMessage, { tag: 'OneOffQuery' }> => ({
  tag: 'OneOffQuery',
  requestId: 1,
  query,
});

/** The limits of a server, each tried at it and one above. */
export const limits: readonly Difference[] = [
  {
    feature: 'A message of a client: 33,554,432 bytes',
    here: 'a longer one ends the connection without a close frame',
    check: async (server) => {
      const overhead = encodeClientMessage(oneOff('')).length;
      for (const connect of ['inMemory', 'overWebSocket'] as const) {
        const client = await WireClient[connect](server, { version: 'v2' });
        await client.exchange();
        const [answer] = await client.exchange(oneOff(' '.repeat(32 * megabyte - overhead)));
        expect(answer).toMatchObject({ tag: 'OneOffQueryResult', result: { err: expect.stringContaining('exceeds') } });
        client.send(oneOff(' '.repeat(32 * megabyte - overhead + 1)));
        await client.settle();
        expect(client.closed).toEqual({ code: 1006, reason: '' });
      }
    },
  },
  {
    feature: 'Messages that a client sent and the server did not carry out: 16,384 (1013 `too many requests`)',
    here: 'each is carried out when it comes, so that nothing but a single frame of v3 with more messages reaches it; the first 16,384 of that are carried out',
    check: async (server) => {
      const client = await WireClient.inMemory(server);
      await client.exchange();
      const questions = Array.from({ length: 16_384 }, () => oneOff(''));
      expect(await client.exchange(...questions)).toHaveLength(16_384);
      expect(await client.exchange(...questions)).toHaveLength(16_384);
      expect(await client.exchange(...questions, oneOff(''))).toHaveLength(16_384);
      expect(client.closed).toEqual({ code: 1013, reason: 'too many requests' });
    },
  },
  {
    feature: 'Messages for a client that does not read: 16,384',
    here: 'the next one ends the connection without a close frame, as does one when 268,435,456 bytes wait behind what is being sent; what comes together is taken together',
    check: () => {
      const done: (() => void)[] = [];
      let overflows = 0;
      const queue = outgoingQueue({ write: (_, written) => done.push(written), overflow: () => overflows++ });
      const send = (...counts: readonly number[]): void =>
        queue(counts.map((messages) => ({ bytes: Uint8Array.of(messages), messages })));
      send(16_383);
      send(1, 20_000);
      expect([done.length, overflows]).toEqual([3, 0]);
      send(1);
      expect([done.length, overflows]).toEqual([3, 1]);
      done[2]?.();
      send(1);
      expect([done.length, overflows]).toEqual([3, 2]);
      done[1]?.();
      send(1);
      expect([done.length, overflows]).toEqual([4, 2]);
      for (const written of [done[0], done[3]]) written?.();
      // However large it is, a client that reads may be at it.
      const half = { bytes: new Uint8Array(128 * megabyte), messages: 1 };
      queue([half, half, half]);
      queue([half]);
      queue([half]);
      expect([done.length, overflows]).toEqual([9, 2]);
      send(1);
      expect([done.length, overflows]).toEqual([9, 3]);
      done[4]?.();
      done[5]?.();
      send(1);
      expect([done.length, overflows]).toEqual([9, 4]);
      done[6]?.();
      send(1);
      expect([done.length, overflows]).toEqual([10, 4]);
    },
  },
  {
    feature: 'The reason of a close frame: 123 bytes',
    here: 'a longer one is cut at the end of a character',
    check: () => {
      expect(closeReason('x'.repeat(123))).toHaveLength(123);
      expect(closeReason('x'.repeat(124))).toHaveLength(123);
      expect(closeReason(`${'x'.repeat(122)}é`)).toBe('x'.repeat(122));
    },
  },
  {
    feature: 'A statement of SQL: 50,000 bytes',
    here: '`SQL query exceeds maximum allowed length: "…"`, with its first 120 characters',
    check: async (server) => {
      const statement = (bytes: number): string => 'SELECT * FROM score'.padEnd(bytes);
      const tooLong = `SQL query exceeds maximum allowed length: "${statement(50_001).slice(0, 120)}..."`;
      expect(server.query(statement(50_000))).toEqual([]);
      expect(() => server.query(statement(50_001))).toThrow(tooLong);
      const client = await WireClient.inMemory(server);
      await client.exchange();
      const answers = await client.exchange(oneOff(statement(50_000)), oneOff(statement(50_001)));
      expect(answers.map(summary)[0]).toBe('OneOffQueryResult score 0');
      expect(answers[1]).toMatchObject({ result: { err: tooLong } });
      client.leave();
    },
  },
  {
    feature: 'The body of a request: 2,097,152 bytes',
    here: '413 `Failed to buffer the request body: length limit exceeded`',
    check: async (server) => {
      const post = async (bytes: number): Promise<string> => {
        const url = `${server.url}/v1/database/${server.database}/sql`;
        const response = await fetch(url, { method: 'POST', body: ' '.repeat(bytes) });
        return `${response.status} ${await response.text()}`;
      };
      expect(await post(2 * megabyte)).toContain('400 SQL query exceeds maximum allowed length');
      const refused = '413 Failed to buffer the request body: length limit exceeded';
      expect([await post(2 * megabyte + 1), await post(24 * megabyte)]).toEqual([refused, refused]);
    },
  },
  {
    feature: 'Lists and objects within each other in the JSON of arguments: 127',
    here: '400 `invalid arguments for reducer …: recursion limit exceeded`',
    check: async (server) => {
      const call = async (levels: number): Promise<string> => {
        const url = `${server.url}/v1/database/${server.database}/call/fail_with`;
        const headers = { 'content-type': 'application/json' };
        const body = '['.repeat(levels) + ']'.repeat(levels);
        const response = await fetch(url, { method: 'POST', headers, body });
        return `${response.status} ${await response.text()}`;
      };
      expect(await call(127)).toMatch(/^400 invalid arguments for reducer fail_with: .*: invalid type: sequence/);
      expect(await call(128)).toMatch(/^400 invalid arguments for reducer fail_with: .*: recursion limit exceeded/);
    },
  },
  {
    feature: 'The claims `iss` and `sub` of a token: 1 to 128 bytes',
    here: '401 with other ones',
    check: async (server) => {
      const ask = async (sub: string): Promise<number> => {
        const headers = { authorization: `Bearer ${server.issueToken(sub)}` };
        return (await fetch(`${server.url}/v1/ping`, { headers })).status;
      };
      expect([await ask('x'.repeat(128)), await ask('x'.repeat(129)), await ask('')]).toEqual([200, 401, 401]);
    },
  },
  {
    feature: 'The delay of a schedule: 68,719,476,735 milliseconds (about two years)',
    here: 'a row with a longer one is not inserted (errno 13)',
    check: async () => {
      const server = await startChecked(new ManualClock());
      const longest = 64n ** 6n - 1n;
      expect(() => server.call('tick_once', [longest + 1n, 1])).toThrow('(error 13)');
      server.call('tick_once', [longest, 1]);
      expect(server.query('SELECT * FROM tick_timer')).toHaveLength(1);
      await server.close();
    },
  },
  {
    feature: 'Query sets of a connection, queries of a set, sizes of rows and arguments',
    here: 'no limit of their own is known, here or there: a call has to fit into a message',
    check: async (server) => {
      const client = await WireClient.inMemory(server);
      await client.exchange();
      const sets = Array.from({ length: 1000 }, (_, id) => ({
        tag: 'Subscribe' as const,
        requestId: id,
        querySetId: id,
        queries: [`SELECT * FROM score WHERE points = ${id}`],
      }));
      const all = {
        tag: 'Subscribe',
        requestId: 1000,
        querySetId: 1000,
        queries: Array.from({ length: 20_000 }, (_, points) => `SELECT * FROM score WHERE points = ${points}`),
      } as const;
      const answers = await client.exchange(...sets, all);
      expect(answers.map(({ tag }) => tag)).toEqual(Array.from({ length: 1001 }, () => 'SubscribeApplied'));
      client.leave();
    },
  },
];
