import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../src/bsatn/bytes.ts';
import { ClientFrameError, ClientFrameReader } from '../../../src/embedded/session/client-frame.ts';
import { type ClientMessage } from '../../../src/wire/client-message.ts';
import { encodeClientMessage } from '../../support/message-codecs.ts';

const messages: readonly ClientMessage[] = [
  { tag: 'Subscribe', requestId: 1, querySetId: 2, queries: ['SELECT * FROM t', '\u{feff}grün'] },
  { tag: 'Unsubscribe', requestId: 3, querySetId: 2, sendDroppedRows: true },
  { tag: 'Unsubscribe', requestId: 4, querySetId: 2, sendDroppedRows: false },
  { tag: 'OneOffQuery', requestId: 5, query: '' },
  { tag: 'CallReducer', requestId: 6, reducer: 'add', args: Uint8Array.of(1, 2) },
  { tag: 'CallProcedure', requestId: 4_294_967_295, procedure: 'p', args: Uint8Array.of() },
];

const readAll = (bytes: Uint8Array): ClientMessage[] => {
  const reader = new ClientFrameReader(bytes);
  const read: ClientMessage[] = [];
  while (!reader.isAtEnd) read.push(reader.message());
  return read;
};

describe('ClientFrameReader', () => {
  test('reads what the client side writes, message after message', () => {
    expect(readAll(Buffer.concat(messages.map(encodeClientMessage)))).toEqual(messages);
  });

  test.each([
    ['090000', 'unknown tag 0x9 for sum type ClientMessage'],
    ['ff', 'unknown tag 0xff for sum type ClientMessage'],
    ['00010000', 'data too short for u32: Expected 4, given 3'],
    ['02010000000500000061', 'data too short for [u8]: Expected 5, given 1'],
    ['020100000001000000ff', 'invalid utf8'],
    ['030100000007040000006e6f6f7000000000', 'invalid call reducer flag 7'],
    ['040100000001040000006e6f6f7000000000', 'invalid call procedure flag 1'],
    ['01010000000100000005', 'unknown tag 0x5 for sum type UnsubscribeFlags'],
    ['000100000001000000ffffffff', 'data too short for u32: Expected 4, given 0'],
  ])('says of %s what a server says', (hex, reason) => {
    expect(() => readAll(fromHex(hex))).toThrow(new ClientFrameError(reason));
  });

  test('fails on every beginning of a message instead of reading past it', () => {
    for (const message of messages) {
      const bytes = encodeClientMessage(message);
      for (let length = 1; length < bytes.length; length++) {
        expect(() => readAll(bytes.subarray(0, length))).toThrow(ClientFrameError);
      }
    }
  });
});
