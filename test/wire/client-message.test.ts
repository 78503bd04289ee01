import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { decode } from '../../src/bsatn/codec.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { propertyOptions } from '../support/property.ts';
import { clientMessages } from './arbitraries.ts';
import { clientMessageCodec, encodeClientMessage } from '../support/message-codecs.ts';

const selectFromT = '53454c454354202a2046524f4d2074';
const read = (hex: string): ClientMessage =>
  decode(clientMessageCodec, fromHex(hex.replaceAll(' ', '')), 'ClientMessage');

describe('a client message', () => {
  test.each<[string, ClientMessage]>([
    [
      `00 00000000 01000000 01000000 0f000000 ${selectFromT}`,
      { tag: 'Subscribe', requestId: 0, querySetId: 1, queries: ['SELECT * FROM t'] },
    ],
    ['00 00000000 01000000 00000000', { tag: 'Subscribe', requestId: 0, querySetId: 1, queries: [] }],
    ['01 01000000 01000000 01', { tag: 'Unsubscribe', requestId: 1, querySetId: 1, sendDroppedRows: true }],
    ['01 01000000 01000000 00', { tag: 'Unsubscribe', requestId: 1, querySetId: 1, sendDroppedRows: false }],
    [`02 02000000 0f000000 ${selectFromT}`, { tag: 'OneOffQuery', requestId: 2, query: 'SELECT * FROM t' }],
    [
      '03 03000000 00 03000000 616464 07000000 03000000 426f62',
      { tag: 'CallReducer', requestId: 3, reducer: 'add', args: fromHex('03000000426f62') },
    ],
    [
      '03 03000000 00 04000000 70696e67 00000000',
      { tag: 'CallReducer', requestId: 3, reducer: 'ping', args: new Uint8Array(0) },
    ],
    [
      '04 04000000 00 01000000 70 00000000',
      { tag: 'CallProcedure', requestId: 4, procedure: 'p', args: new Uint8Array(0) },
    ],
  ])('is %s', (hex, message) => {
    expect(toHex(encodeClientMessage(message))).toBe(hex.replaceAll(' ', ''));
    expect(read(hex)).toStrictEqual(message);
  });

  test('is read as it was written', () => {
    const roundTrip = fc.property(clientMessages, (message) => {
      const bytes = encodeClientMessage(message);
      expect(decode(clientMessageCodec, bytes, 'ClientMessage')).toEqual(message);
      expect(bytes.length).toBeGreaterThanOrEqual(clientMessageCodec.minSize);
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test.each([
    ['05', 'reading ClientMessage at offset 0 of ClientMessage: unknown tag 0x5'],
    ['ff', 'reading ClientMessage at offset 0 of ClientMessage: unknown tag 0xff'],
    ['01 01000000 01000000 02', 'reading UnsubscribeFlags at offset 9 of ClientMessage: unknown tag 0x2'],
    [
      '03 01000000 07 00000000 00000000',
      'reading call flags at offset 5 of ClientMessage: invalid call reducer flag 7',
    ],
    [
      '04 01000000 01 00000000 00000000',
      'reading call flags at offset 5 of ClientMessage: invalid call procedure flag 1',
    ],
    [
      '00 01000000 01000000 ffffffff 00000000',
      'reading query strings at offset 9 of ClientMessage: a count of 4294967295, where at most 1 elements fit',
    ],
    ['02 01000000 01000000 ff', 'reading string at offset 5 of ClientMessage: invalid utf8'],
  ])('is not %s', (hex, message) => {
    expect(() => read(hex)).toThrow(message);
  });

  test.each<[string, ClientMessage]>([
    ['a request id', { tag: 'OneOffQuery', requestId: 2 ** 32, query: '' }],
    ['a negative request id', { tag: 'OneOffQuery', requestId: -1, query: '' }],
    ['a query set id', { tag: 'Unsubscribe', requestId: 1, querySetId: 0.5, sendDroppedRows: true }],
  ])('does not take %s that is no u32', (_, message) => {
    expect(() => encodeClientMessage(message)).toThrow(RangeError);
  });
});
