import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Codec, decode, encode } from '../../src/bsatn/codec.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { propertyOptions } from '../support/property.ts';
import { clientMessagesByTag, serverMessagesByTag } from './arbitraries.ts';
import { goldenFrames, readClientFrame } from './golden.ts';
import { clientMessageCodec, serverMessageCodec } from '../support/message-codecs.ts';

/** Every beginning of `bytes` that is not refused as it should be: by a protocol error that names a type and an offset within. */
function badCuts<T>(codec: Codec<T>, bytes: Uint8Array, subject: string): readonly string[] {
  const cuts = Array.from({ length: bytes.length }, (_, length) => ({
    length,
    error: errorOf(codec, bytes.subarray(0, length), subject),
  }));
  return cuts
    .filter(({ length, error }) => !isRefusal(error, length, subject))
    .map(({ length, error }) => `${length} of ${bytes.length} bytes: ${String(error)}`);
}

function errorOf<T>(codec: Codec<T>, bytes: Uint8Array, subject: string): unknown {
  try {
    decode(codec, bytes, subject);
    return undefined;
  } catch (error) {
    return error;
  }
}

const refusal = /^reading [A-Za-z0-9 ]+ at offset (\d+) of (\w+): ./;

function isRefusal(error: unknown, length: number, subject: string): boolean {
  if (!isSpacetimeDbError(error, 'protocol')) return false;
  const [, offset, named] = refusal.exec(error.message) ?? [];
  return offset !== undefined && Number(offset) <= length && named === subject;
}

/** Every input is tried at every length, so fewer inputs do. */
const fewer = propertyOptions(30);

const serverKinds = Object.entries(serverMessagesByTag);
const clientKinds = Object.entries(clientMessagesByTag);

describe('every beginning of a message is refused by type and offset:', () => {
  test.each(serverKinds)('a generated %s', (_, messages: fc.Arbitrary<ServerMessage>) => {
    const cuts = fc.property(messages, (message) => {
      expect(badCuts(serverMessageCodec, encode(serverMessageCodec, message), 'ServerMessage')).toEqual([]);
    });
    fc.assert(cuts, fewer);
  });

  test.each(clientKinds)('a generated %s', (_, messages: fc.Arbitrary<ClientMessage>) => {
    const cuts = fc.property(messages, (message) => {
      expect(badCuts(clientMessageCodec, encode(clientMessageCodec, message), 'ClientMessage')).toEqual([]);
    });
    fc.assert(cuts, fewer);
  });

  const serverFrames = goldenFrames.flatMap(({ server }) => server.filter(({ body }) => body.length < 2000));
  const recorded = serverFrames.flatMap(({ body, version }) => readServerPayload(body, version));

  test.each(serverKinds)('a recorded %s of a real server', (tag) => {
    const bytes = recorded
      .filter((message) => message.tag === tag)
      .map((message) => encode(serverMessageCodec, message));
    const [longest] = bytes.sort((left, right) => right.length - left.length);
    expect(longest && badCuts(serverMessageCodec, longest, 'ServerMessage')).toEqual([]);
  });

  const clientFrames = goldenFrames.flatMap(({ client }) => client.filter(({ isBroken }) => !isBroken));
  const sent = clientFrames.flatMap(readClientFrame);

  test.each(clientKinds)('a recorded %s of its clients', (tag) => {
    const bytes = sent.filter((message) => message.tag === tag).map((message) => encode(clientMessageCodec, message));
    const [longest] = bytes.sort((left, right) => right.length - left.length);
    expect(longest && badCuts(clientMessageCodec, longest, 'ClientMessage')).toEqual([]);
  });
});

describe('any bytes', () => {
  test('are read as a message or refused, and nothing else is thrown', () => {
    const noise = fc.property(fc.nat(9), fc.uint8Array({ maxLength: 80 }), (tag, rest) => {
      const bytes = Uint8Array.of(tag, ...rest);
      const error = errorOf(serverMessageCodec, bytes, 'ServerMessage');
      const problem = error instanceof Error ? String(error) : '';
      expect(problem).toMatch(/^$|^ProtocolError: reading .+ at offset \d+ of ServerMessage: ./);
    });
    fc.assert(noise, propertyOptions(100));
  });

  test('that differ in one byte from a message do not throw anything else', () => {
    const flips = fc.property(
      fc.oneof(...Object.values(serverMessagesByTag)),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (message, at, change) => {
        const bytes = encode(serverMessageCodec, message);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        const error = errorOf(serverMessageCodec, bytes, 'ServerMessage');
        expect(error === undefined || isSpacetimeDbError(error, 'protocol')).toBe(true);
      },
    );
    fc.assert(flips, propertyOptions(100));
  });
});
