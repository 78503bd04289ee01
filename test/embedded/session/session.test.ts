import { beforeEach, describe, expect, test } from 'vitest';
import { fromHex } from '../../../src/bsatn/bytes.ts';
import { bsatn } from '../../support/embedded-database.ts';
import { openTestHost, type TestHost } from '../../support/test-host.ts';
import { summary, WireClient } from '../../support/wire-client.ts';
import { encodeClientMessage } from '../../support/message-codecs.ts';

let server: TestHost;

beforeEach(async () => {
  server = await openTestHost();
});

let requestId = 0;

const call = (reducer: string, args: Uint8Array = new Uint8Array()) =>
  ({ tag: 'CallReducer', requestId: ++requestId, reducer, args }) as const;
const addScore = (player: string, points: bigint) =>
  call(
    'add_score',
    bsatn((writer) => {
      writer.string(player);
      writer.i64(points);
    }),
  );
const slowSay = () =>
  ({
    tag: 'CallProcedure',
    requestId: ++requestId,
    procedure: 'slow_say',
    args: bsatn((writer) => {
      writer.u32(1);
      writer.string('x');
    }),
  }) as const;
const subscribe = (querySetId: number, ...queries: readonly string[]) =>
  ({ tag: 'Subscribe', requestId: ++requestId, querySetId, queries }) as const;
const scores = 'SELECT * FROM score';

describe('a session', () => {
  test('begins with InitialConnection, with the token of the client', async () => {
    const token = server.host.tokens.issue('ann');
    const client = await WireClient.inMemory(server, { token });
    const [first, ...rest] = await client.exchange();
    expect(first).toMatchObject({ tag: 'InitialConnection', token });
    expect(rest).toEqual([]);
  });

  test('answers messages in the order in which they came, in one frame when they came in one', async () => {
    const client = await WireClient.inMemory(server);
    await client.exchange();
    client.frames.length = 0;
    const answers = await client.exchange(
      subscribe(1, scores),
      addScore('ann', 1n),
      subscribe(2, scores),
      call('noop'),
    );
    expect(answers.map(summary)).toEqual([
      'SubscribeApplied 1',
      'ReducerResult Ok 1 score +1 -0',
      'SubscribeApplied 2 score 1',
      'ReducerResult Ok',
    ]);
    expect(client.frames).toEqual(['none']);
  });

  test('sends one message a frame on v2', async () => {
    const client = await WireClient.inMemory(server, { version: 'v2' });
    const answers = await client.exchange(subscribe(1, scores), addScore('ann', 1n));
    expect(answers).toHaveLength(3);
    expect(client.frames).toHaveLength(3);
  });

  test('ignores what follows the message of a v2 frame', async () => {
    const client = await WireClient.inMemory(server, { version: 'v2' });
    await client.exchange();
    client.sendRaw(Buffer.concat([encodeClientMessage(addScore('ann', 1n)), encodeClientMessage(call('noop'))]));
    expect((await client.exchange()).map(summary)).toEqual(['ReducerResult Ok']);
  });

  test('carries out what stands before a message that it cannot read, and answers it before it closes', async () => {
    const client = await WireClient.inMemory(server);
    await client.exchange();
    client.sendRaw(Buffer.concat([encodeClientMessage(addScore('ann', 1n)), fromHex('0901')]));
    expect((await client.exchange()).map(summary)).toEqual(['ReducerResult Ok']);
    expect(client.closed).toEqual({ code: 1011, reason: 'unknown tag 0x9 for sum type ClientMessage' });
    expect(server.host.database.table('score')?.size).toBe(1);
  });

  test.each([
    ['v3', '', 'v3 websocket binary payload must contain at least one v2 client message'],
    ['v2', '', 'data too short for u8: Expected 1, given 0'],
    ['v2', '0304000000', 'data too short for u8: Expected 1, given 0'],
  ] as const)('closes a %s connection for the frame %j', async (version, hex, reason) => {
    const client = await WireClient.inMemory(server, { version });
    client.sendRaw(fromHex(hex));
    await client.settle();
    expect(client.closed).toEqual({ code: 1011, reason });
  });

  test.each(['v2', 'v3'] as const)('closes a %s connection for a text', async (version) => {
    const client = await WireClient.inMemory(server, { version });
    client.sendRaw('hello');
    await client.settle();
    expect(client.closed).toEqual({ code: 1011, reason: `${version} websocket does not support text messages` });
  });

  test('disconnects the client from the module when it ends, and tells the others', async () => {
    const [ann, bob] = [await WireClient.inMemory(server), await WireClient.inMemory(server)];
    await ann.exchange(subscribe(1, 'SELECT * FROM user WHERE online = true'));
    bob.leave();
    expect((await ann.exchange()).map(summary)).toEqual(['TransactionUpdate 1 user +0 -1']);
    bob.leave();
    expect(await ann.exchange()).toEqual([]);
  });

  test('hears nothing more once it is over', async () => {
    const client = await WireClient.inMemory(server);
    client.sendRaw(fromHex('09'));
    client.send(addScore('ann', 1n));
    await client.settle();
    expect(server.host.database.table('score')?.size).toBe(0);
  });
});

describe('who hears of a transaction', () => {
  test('the caller only in the result of his reducer, others in an update, those it does not concern not at all', async () => {
    const [ann, bob, cy] = [
      await WireClient.inMemory(server),
      await WireClient.inMemory(server),
      await WireClient.inMemory(server),
    ];
    await ann.exchange(subscribe(1, scores));
    await bob.exchange(subscribe(1, scores));
    await cy.exchange(subscribe(1, "SELECT * FROM score WHERE player = 'cy'"));
    expect((await ann.exchange(addScore('ann', 1n))).map(summary)).toEqual(['ReducerResult Ok 1 score +1 -0']);
    expect((await bob.exchange()).map(summary)).toEqual(['TransactionUpdate 1 score +1 -0']);
    expect(await cy.exchange()).toEqual([]);
  });

  test('another connection of the caller, in an update', async () => {
    const token = server.host.tokens.issue('ann');
    const [first, second] = [
      await WireClient.inMemory(server, { token }),
      await WireClient.inMemory(server, { token }),
    ];
    await second.exchange(subscribe(1, scores));
    await first.exchange(addScore('ann', 1n));
    expect((await second.exchange()).map(summary)).toEqual(['TransactionUpdate 1 score +1 -0']);
  });

  test('the caller of a procedure in updates before its result', async () => {
    const client = await WireClient.inMemory(server);
    await client.exchange(subscribe(1, scores));
    client.send(slowSay());
    const told = async (): Promise<readonly string[]> => {
      server.clock.advance(50);
      await client.settle();
      return client.messages.map(summary);
    };
    await expect
      .poll(told)
      .toEqual(['TransactionUpdate 1 score +1 -0', 'TransactionUpdate 1 score +1 -0', 'ProcedureResult']);
  });

  test('nobody, when the reducer fails', async () => {
    const [ann, bob] = [await WireClient.inMemory(server), await WireClient.inMemory(server)];
    await bob.exchange(subscribe(1, scores));
    const fail = call(
      'write_then_fail',
      bsatn((writer) => writer.string('ann')),
    );
    await ann.exchange();
    expect((await ann.exchange(fail)).map(summary)).toEqual(['ReducerResult Err']);
    expect(await bob.exchange()).toEqual([]);
  });

  test('does not carry rows of one call into the result of the next', async () => {
    const client = await WireClient.inMemory(server);
    await client.exchange(subscribe(1, scores));
    const answers = await client.exchange(addScore('ann', 1n), call('no_such_reducer'), call('noop'));
    expect(answers.map(summary)).toEqual([
      'ReducerResult Ok 1 score +1 -0',
      'ReducerResult InternalError',
      'ReducerResult Ok',
    ]);
  });
});

test('a fault of the server itself closes the connection, and is in the log', async () => {
  const broken = await openTestHost();
  broken.host.database.callReducer = () => {
    throw new Error('a fault of the server');
  };
  const client = await WireClient.inMemory(broken);
  client.send(call('noop'));
  await client.settle();
  expect(client.closed).toEqual({ code: 1011, reason: 'a fault of the server' });
  expect(broken.host.logs.print(1)).toContain('a fault of the server');
});
