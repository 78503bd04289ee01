import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bsatn/bytes.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { ProtocolError } from '../../src/errors.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { propertyOptions } from '../support/property.ts';
import { serverMessages } from './arbitraries.ts';
import { plain } from './plain.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

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
