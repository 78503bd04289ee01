import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { ProtocolError } from '../../src/errors.ts';
import { encodeClientMessage, packFrames, readServerPayload } from '../../src/wire/frame.ts';
import { serverMessageCodec } from '../../src/wire/server-message.ts';
import { propertyOptions } from '../support/property.ts';
import { serverMessages } from './arbitraries.ts';
import { plain } from './plain.ts';

const unsubscribed = '02010000000100000001';
const okEmpty = '0603000000000000000000000001';

describe('a payload of the server', () => {
  test.each(['v2', 'v3'] as const)('of %s holds a message', (version) => {
    expect(readServerPayload(fromHex(unsubscribed), version)).toEqual([
      { tag: 'UnsubscribeApplied', requestId: 1, querySetId: 1, tables: undefined },
    ]);
  });

  test('of v3 holds as many messages as there are bytes for, in order', () => {
    const messages = readServerPayload(fromHex(unsubscribed + okEmpty + unsubscribed), 'v3');
    expect(messages.map(({ tag }) => tag)).toEqual(['UnsubscribeApplied', 'ReducerResult', 'UnsubscribeApplied']);
  });

  test('of v3 gives back all messages that went into it', () => {
    const all = fc.property(fc.array(serverMessages, { minLength: 1, maxLength: 4 }), (messages) => {
      const payload = Buffer.concat(messages.map((message) => encode(serverMessageCodec, message)));
      expect(plain(readServerPayload(payload, 'v3'))).toEqual(plain(messages));
    });
    fc.assert(all, propertyOptions(100));
  });

  test('of v2 holds no second message, and not a byte more', () => {
    expect(() => readServerPayload(fromHex(unsubscribed + okEmpty), 'v2')).toThrow(
      new ProtocolError('reading ServerMessage at offset 10 of ServerMessage: 14 bytes are left after its end'),
    );
    expect(() => readServerPayload(fromHex(`${unsubscribed}00`), 'v2')).toThrow(ProtocolError);
  });

  test('of v3 is refused as a whole when its second message is cut', () => {
    expect(() => readServerPayload(fromHex(unsubscribed + okEmpty.slice(0, -2)), 'v3')).toThrow(
      new ProtocolError('reading u8 at offset 23 of ServerMessage: needs 1 bytes, 0 are left'),
    );
    expect(() => readServerPayload(fromHex(`${unsubscribed}08`), 'v3')).toThrow('unknown tag 0x8');
  });

  test('that is empty is refused', () => {
    expect(() => readServerPayload(new Uint8Array(0), 'v3')).toThrow('it holds no message');
    expect(() => readServerPayload(new Uint8Array(0), 'v2')).toThrow('needs 1 bytes, 0 are left');
    expect(() => readServerPayload(new Uint8Array(0), 'v3')).toThrow(ProtocolError);
    expect(() => readServerPayload(new Uint8Array(0), 'v2')).toThrow(ProtocolError);
  });
});

const message = (length: number, fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(fill);
const sizes = (frames: readonly Uint8Array[]): number[] => frames.map((frame) => frame.length);

describe('packFrames', () => {
  test('joins the messages of the example', () => {
    const messages = [
      encodeClientMessage({ tag: 'CallReducer', requestId: 3, reducer: 'ping', args: new Uint8Array(0) }),
      encodeClientMessage({ tag: 'Unsubscribe', requestId: 1, querySetId: 1, sendDroppedRows: false }),
    ];
    expect(packFrames(messages, 'v3', 256).map((frame) => toHex(frame))).toEqual([
      '0303000000000400000070696e670000000001010000000100000000',
    ]);
  });

  test('fills a v3 frame up to its limit', () => {
    expect(sizes(packFrames([message(4, 1), message(6, 2), message(1, 3)], 'v3', 10))).toEqual([10, 1]);
    expect(sizes(packFrames([message(4, 1), message(7, 2), message(3, 3)], 'v3', 10))).toEqual([4, 10]);
  });

  test('sends a message that is larger than the limit alone', () => {
    expect(sizes(packFrames([message(1, 1), message(20, 2), message(1, 3), message(1, 4)], 'v3', 10))).toEqual([
      1, 20, 2,
    ]);
    expect(sizes(packFrames([message(20, 1), message(20, 2)], 'v3', 10))).toEqual([20, 20]);
  });

  test('makes no frame of no messages', () => {
    expect([packFrames([], 'v3', 10), packFrames([], 'v2', 10)]).toEqual([[], []]);
  });

  const someMessages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 12 }), { maxLength: 12 });

  test('keeps every byte in order, fills no v3 frame beyond the limit and none less than it could', () => {
    const packs = fc.property(someMessages, fc.integer({ min: 1, max: 20 }), (messages, limit) => {
      const frames = packFrames(
        messages.map((bytes) => Uint8Array.from(bytes)),
        'v3',
        limit,
      );
      expect(Buffer.concat(frames).equals(Buffer.concat(messages))).toBe(true);
      expect(sizes(frames)).toEqual(modelSizes(sizes(messages), limit));
    });
    fc.assert(packs, propertyOptions(100));
  });

  test('puts every message into a v2 frame of its own, whatever the limit', () => {
    const packs = fc.property(someMessages, fc.integer({ min: 1, max: 20 }), (messages, limit) => {
      expect(
        packFrames(
          messages.map((bytes) => Uint8Array.from(bytes)),
          'v2',
          limit,
        ),
      ).toEqual(messages);
    });
    fc.assert(packs, propertyOptions(100));
  });
});

/** Frames as a naive reader of the rule sees them: each takes the next message while both fit. */
function modelSizes(messages: readonly number[], limit: number): number[] {
  return messages.reduce<number[]>((frames, size) => {
    const last = frames.at(-1);
    return last !== undefined && last + size <= limit ? [...frames.slice(0, -1), last + size] : [...frames, size];
  }, []);
}
