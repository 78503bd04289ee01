import { queryObjects } from 'node:v8';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { ClientFrameError, ClientFrameReader } from '../../../src/embedded/session/client-frame.ts';
import { Session } from '../../../src/embedded/session/session.ts';
import { closeReason } from '../../../src/embedded/session/transport.ts';
import { type ClientMessage } from '../../../src/wire/client-message.ts';
import { type ServerMessage } from '../../../src/wire/server-message.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { eventually } from '../../support/live-clients.ts';
import { propertyOptions } from '../../support/property.ts';
import { summary, WireClient } from '../../support/wire-client.ts';
import { frameOf, frameStarts, RawWebSocket } from './raw-web-socket.ts';
import { encodeClientMessage } from '../../support/message-codecs.ts';

/** Messages that change nothing for anybody: each is answered once. */
const arbitraryMessage: fc.Arbitrary<ClientMessage> = fc
  .record({ requestId: fc.nat(3), id: fc.nat(2) })
  .chain(({ requestId, id: querySetId }) => {
    const query = fc.constantFrom(
      'SELECT * FROM message',
      'SELECT * FROM nope',
      '',
      "SELECT * FROM note WHERE title = 'é'",
    );
    return fc.oneof(
      fc
        .array(query, { maxLength: 3 })
        .map((queries) => ({ tag: 'Subscribe' as const, requestId, querySetId, queries })),
      fc.boolean().map((sendDroppedRows) => ({ tag: 'Unsubscribe' as const, requestId, querySetId, sendDroppedRows })),
      query.map((text) => ({ tag: 'OneOffQuery' as const, requestId, query: text })),
      fc.constantFrom('nope', 'add_score', 'on_connect').map((reducer) => {
        return { tag: 'CallReducer' as const, requestId, reducer, args: new Uint8Array() };
      }),
      fc.constantFrom('nope', 'add').map((procedure) => {
        return { tag: 'CallProcedure' as const, requestId, procedure, args: new Uint8Array(3) };
      }),
    );
  });

/** The messages of a frame, damaged in some places. */
const arbitraryPayload: fc.Arbitrary<Uint8Array> = fc
  .record({
    messages: fc.array(arbitraryMessage, { minLength: 1, maxLength: 5 }),
    damage: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 2 },
    ),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined, freq: 4 }),
    rest: fc.oneof(
      { weight: 4, arbitrary: fc.constant(new Uint8Array()) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }) },
    ),
  })
  .map(({ messages, damage, cut = 1, rest }) => {
    const payload = Uint8Array.from(Buffer.concat([...messages.map(encodeClientMessage), rest]));
    for (const { at, bytes } of damage) {
      payload.set(bytes.subarray(0, payload.length), Math.floor(at * Math.max(payload.length - bytes.length, 0)));
    }
    return payload.slice(0, Math.floor(cut * payload.length));
  });

/** Bytes for the socket, and how the server is to end the connection for them; `undefined`: not at all. Without a code it ends without a close frame. */
interface Act {
  readonly bytes: Uint8Array;
  readonly answers: number;
  readonly closed: { readonly code: number | undefined; readonly reason?: string } | undefined;
}

/** What a server makes of a payload: an answer for each message up to the first that cannot be read, for which it closes. */
function outcomeOf(payload: Uint8Array): Pick<Act, 'answers' | 'closed'> {
  if (payload.length === 0) {
    const reason = 'v3 websocket binary payload must contain at least one v2 client message';
    return { answers: 0, closed: { code: 1011, reason } };
  }
  const reader = new ClientFrameReader(payload);
  let answers = 0;
  try {
    for (; !reader.isAtEnd; answers++) reader.message();
    return { answers, closed: undefined };
  } catch (error) {
    if (!(error instanceof ClientFrameError)) throw error;
    return { answers, closed: { code: 1011, reason: closeReason(error.message) } };
  }
}

/** One message as several frames, with a ping between them. */
function fragments(payload: Uint8Array, at: number): Uint8Array {
  const middle = Math.floor(at * payload.length);
  return Buffer.concat([
    frameOf(frameStarts.binaryBegin, payload.subarray(0, middle)),
    frameOf(frameStarts.ping, Uint8Array.of(1, 2, 3)),
    frameOf(frameStarts.fragment, new Uint8Array()),
    frameOf(frameStarts.lastFragment, payload.subarray(middle)),
  ]);
}

const one = encodeClientMessage({ tag: 'OneOffQuery', requestId: 1, query: 'SELECT * FROM message' });
const broken = (bytes: Uint8Array, code: number | undefined, reason?: string): Act => {
  return { bytes, answers: 0, closed: { code, ...(reason !== undefined && { reason }) } };
};

/** What the protocol of WebSockets forbids, and what this one does. */
const breaches: readonly Act[] = [
  broken(frameOf(frameStarts.binary, one, { isMasked: false }), 1002),
  broken(frameOf(0xc2, one), 1002),
  broken(frameOf(0x83, one), 1002),
  broken(frameOf(frameStarts.lastFragment, one), 1002),
  broken(Buffer.concat([frameOf(frameStarts.binaryBegin, one), frameOf(frameStarts.binary, one)]), 1002),
  broken(frameOf(frameStarts.ping, new Uint8Array(126)), 1002),
  broken(frameOf(frameStarts.close, Uint8Array.of(3)), 1002),
  broken(frameOf(frameStarts.close, Uint8Array.of(0x03, 0xed)), 1002),
  broken(frameOf(frameStarts.text, Uint8Array.of(0xff)), 1007),
  broken(frameOf(frameStarts.text, Buffer.from('hello')), 1011, 'v3 websocket does not support text messages'),
  broken(frameOf(frameStarts.binary, one, { length: 32 * 1024 * 1024 + 1 }), undefined),
  broken(frameOf(frameStarts.binary, one, { length: Number.MAX_SAFE_INTEGER }), undefined),
  broken(frameOf(frameStarts.close, Uint8Array.of(0x03, 0xe8)), 1000),
];

const arbitraryAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: arbitraryPayload.map((payload) => ({
      bytes: frameOf(frameStarts.binary, payload),
      ...outcomeOf(payload),
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(arbitraryPayload, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([payload, at]) => ({ bytes: fragments(payload, at), ...outcomeOf(payload) })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ bytes: frameOf(frameStarts.ping, new Uint8Array(125)), answers: 0, closed: undefined }),
  },
  { weight: 1, arbitrary: fc.constantFrom(...breaches) },
);

interface Attack {
  readonly acts: readonly Act[];
  /** Where the bytes are cut in pieces, each a write of its own. */
  readonly cuts: readonly number[];
  readonly ending: 'end' | 'reset' | 'half a frame';
}

const arbitraryAttack: fc.Arbitrary<Attack> = fc.record({
  acts: fc.array(arbitraryAct, { minLength: 1, maxLength: 5 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  ending: fc.constantFrom('end', 'reset', 'half a frame'),
});

/** The last question of a connection that is still open: its answer comes behind all others. */
const last = { tag: 'OneOffQuery', requestId: 0xffff_ffff, query: 'SELECT * FROM setting' } as const;
const isAnswer = ({ tag }: ServerMessage): boolean => tag !== 'InitialConnection' && tag !== 'TransactionUpdate';

let server: EmbeddedServer;
let witness: WireClient;
beforeAll(async () => {
  server = await EmbeddedServer.start({ module: referenceWasm, database: 'hostile', log: () => undefined });
  witness = await WireClient.inMemory(server);
  const queries = ['message', 'note', 'score', 'entity', 'setting'].map((table) => `SELECT * FROM ${table}`);
  await witness.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries });
});
afterAll(async () => server.close());

async function attack({ acts, cuts, ending }: Attack): Promise<void> {
  const client = await RawWebSocket.open(server.port, server.database);
  const fatal = acts.findIndex(({ closed }) => closed !== undefined);
  const closed = acts[fatal]?.closed;
  const carriedOut = fatal === -1 ? acts : acts.slice(0, fatal + 1);
  const whole = Buffer.concat([
    ...acts.map(({ bytes }) => bytes),
    ...(closed === undefined ? [frameOf(frameStarts.binary, encodeClientMessage(last))] : []),
  ]);
  const ends = [...cuts.map((cut) => Math.floor(cut * whole.length)).sort((left, right) => left - right), whole.length];
  let start = 0;
  for (const end of ends) {
    client.write(whole.subarray(start, end));
    start = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answers = (): readonly ServerMessage[] => client.messages.filter(isAnswer);
  const due = carriedOut.reduce((sum, act) => sum + act.answers, 0);
  if (closed === undefined) {
    await eventually('the last answer', () => answers().length > due || client.isGone);
    expect([client.isGone, client.closeFrame]).toEqual([false, undefined]);
    expect(answers().at(-1)).toMatchObject({ tag: 'OneOffQueryResult', requestId: last.requestId });
    expect(answers()).toHaveLength(due + 1);
    if (ending === 'half a frame') client.write(frameOf(frameStarts.binary, one).subarray(0, 9));
    if (ending === 'reset') client.reset();
    else client.end();
  } else {
    await eventually('the end of the connection', () => client.isGone);
    const { code, reason } = closed;
    // Who breaks the protocol of WebSockets itself, or leaves, may not hear what the server was about to say.
    if (code === 1011) expect(answers()).toHaveLength(due);
    else expect(answers().length).toBeLessThanOrEqual(due);
    expect(client.closeFrame?.code).toBe(code);
    if (reason !== undefined) expect(client.closeFrame?.reason).toBe(reason);
  }
  await eventually('the session to end', () => server.statistics.connections === 1);
}

test('whatever comes over a socket is answered up to the first fault, which ends this connection and touches no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryAttack, { minLength: 1, maxLength: 3 }), async (attacks) => {
      for (const each of attacks) await attack(each);
      expect(await witness.exchange()).toEqual([]);
      server.call('say', [1, 'still here']);
      expect((await witness.exchange()).map(summary)).toEqual(['TransactionUpdate 1 message +1 -0']);
      server.query('DELETE FROM message');
      expect((await witness.exchange()).map(summary)).toEqual(['TransactionUpdate 1 message +0 -1']);
    }),
    propertyOptions(60),
  );
  // Counting collects what nobody holds; whoever is still on the stack is gone a turn later.
  let sessions = Infinity;
  for (let round = 0; sessions > 1 && round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10 * round));
    sessions = queryObjects(Session, { format: 'count' });
  }
  expect(sessions).toBe(1);
});
