import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bsatn/bytes.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { ProtocolError } from '../../src/errors.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { type GoldenFrame, goldenFrames, readClientFrame } from './golden.ts';
import { clientMessageCodec, serverMessageCodec } from '../support/message-codecs.ts';

const withClientFrames = goldenFrames.filter(({ client }) => client.length > 0);
const allClientFrames = goldenFrames.flatMap(({ client }) => client);
const allServerFrames = goldenFrames.flatMap(({ server }) => server);

const recorded = ({ where, body }: GoldenFrame): string => `${where}: ${toHex(body)}`;

describe('what a real server sent', () => {
  test.each(goldenFrames)('in $name is read, and written to the same bytes', ({ server }) => {
    const written = server.map(({ where, version, body }) => {
      const messages = readServerPayload(body, version).map((message) => encode(serverMessageCodec, message));
      return `${where}: ${toHex(Buffer.concat(messages))}`;
    });
    expect(written).toEqual(server.map(recorded));
  });

  test('has every kind of message, compressed frames and frames of several messages', () => {
    const counts = allServerFrames.map(({ body, version }) => readServerPayload(body, version));
    const kinds = new Set(counts.flat().map(({ tag }) => tag));
    expect([...kinds].sort()).toEqual([
      'InitialConnection',
      'OneOffQueryResult',
      'ProcedureResult',
      'ReducerResult',
      'SubscribeApplied',
      'SubscriptionError',
      'TransactionUpdate',
      'UnsubscribeApplied',
    ]);
    expect(allServerFrames.length).toBeGreaterThan(450);
    expect(allServerFrames.some(({ version }) => version === 'v2')).toBe(true);
    expect(counts.some((messages) => messages.length > 1)).toBe(true);
    expect(Math.max(...allServerFrames.map(({ body }) => body.length))).toBeGreaterThan(1024);
  });
});

describe('what its clients sent', () => {
  test.each(withClientFrames)('in $name is read, and written to the same bytes', ({ client }) => {
    const frames = client.filter(({ isBroken }) => !isBroken);
    const written = frames.map((frame) => {
      const messages = readClientFrame(frame).map((message) => encode(clientMessageCodec, message));
      return `${frame.where}: ${toHex(Buffer.concat(messages))}`;
    });
    expect(written).toEqual(frames.map(recorded));
  });

  test('is refused exactly where the server refused it', () => {
    const broken = allClientFrames.filter(({ isBroken }) => isBroken);
    expect(broken.length).toBe(4);
    for (const frame of broken) expect(() => readClientFrame(frame)).toThrow(ProtocolError);
  });

  test('has every kind of message, and frames of several messages', () => {
    const frames = allClientFrames.filter(({ isBroken }) => !isBroken).map(readClientFrame);
    const kinds = new Set(frames.flat().map(({ tag }) => tag));
    expect([...kinds].sort()).toEqual(['CallProcedure', 'CallReducer', 'OneOffQuery', 'Subscribe', 'Unsubscribe']);
    expect(frames.some((messages) => messages.length > 1)).toBe(true);
  });
});
