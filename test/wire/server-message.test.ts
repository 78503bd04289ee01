import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { decode, encode } from '../../src/bsatn/codec.ts';
import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { emptyRowList, type RowList, rowListOf } from '../../src/wire/row-list.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { propertyOptions } from '../support/property.ts';
import { serverMessages } from './arbitraries.ts';
import { plain } from './plain.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

const read = (hex: string): ServerMessage =>
  decode(serverMessageCodec, fromHex(hex.replaceAll(' ', '')), 'ServerMessage');
const rowsFrom = (...hex: readonly string[]): RowList => rowListOf(hex.map(fromHex));

describe('a server message', () => {
  test.each<[string, ServerMessage]>([
    [
      `00 01${'00'.repeat(30)}c2 0500000000000000 0000000000000000 03000000 746f6b`,
      {
        tag: 'InitialConnection',
        identity: Identity.fromHexString(`c2${'00'.repeat(30)}01`),
        connectionId: new ConnectionId(5n),
        token: 'tok',
      },
    ],
    [
      '01 00000000 01000000 01000000 01000000 74 00 0400 08000000 01000000 02000000',
      {
        tag: 'SubscribeApplied',
        requestId: 0,
        querySetId: 1,
        tables: [{ table: 't', rows: rowsFrom('01000000', '02000000') }],
      },
    ],
    ['01 00000000 01000000 00000000', { tag: 'SubscribeApplied', requestId: 0, querySetId: 1, tables: [] }],
    ['02 01000000 01000000 01', { tag: 'UnsubscribeApplied', requestId: 1, querySetId: 1, tables: undefined }],
    ['02 01000000 01000000 00 00000000', { tag: 'UnsubscribeApplied', requestId: 1, querySetId: 1, tables: [] }],
    [
      '03 00 07000000 02000000 03000000 626164',
      { tag: 'SubscriptionError', requestId: 7, querySetId: 2, error: 'bad' },
    ],
    ['03 01 02000000 03000000 626164', { tag: 'SubscriptionError', requestId: undefined, querySetId: 2, error: 'bad' }],
    [
      '04 01000000 01000000 01000000 01000000 74 01000000 00  00 0400 04000000 03000000  01 00000000 00000000',
      {
        tag: 'TransactionUpdate',
        querySets: [
          {
            querySetId: 1,
            tables: [
              { table: 't', rows: [{ tag: 'PersistentTable', inserts: rowsFrom('03000000'), deletes: emptyRowList }] },
            ],
          },
        ],
      },
    ],
    [
      '04 01000000 01000000 01000000 01000000 65 01000000 01 00 0100 01000000 09',
      {
        tag: 'TransactionUpdate',
        querySets: [{ querySetId: 1, tables: [{ table: 'e', rows: [{ tag: 'EventTable', events: rowsFrom('09') }] }] }],
      },
    ],
    [
      '05 02000000 00 01000000 01000000 74 01 00000000 00000000',
      { tag: 'OneOffQueryResult', requestId: 2, result: { ok: [{ table: 't', rows: emptyRowList }] } },
    ],
    ['05 02000000 01 02000000 6e6f', { tag: 'OneOffQueryResult', requestId: 2, result: { err: 'no' } }],
    [
      '06 03000000 0000000000000000 00 00000000 00000000',
      {
        tag: 'ReducerResult',
        requestId: 3,
        timestamp: Timestamp.epoch,
        outcome: { tag: 'Ok', returnValue: new Uint8Array(0), querySets: [] },
      },
    ],
    [
      '06 03000000 0000000000000000 00 02000000 beef 00000000',
      {
        tag: 'ReducerResult',
        requestId: 3,
        timestamp: Timestamp.epoch,
        outcome: { tag: 'Ok', returnValue: Uint8Array.of(0xbe, 0xef), querySets: [] },
      },
    ],
    [
      '06 03000000 0000000000000000 01',
      { tag: 'ReducerResult', requestId: 3, timestamp: Timestamp.epoch, outcome: { tag: 'OkEmpty' } },
    ],
    [
      '06 03000000 0000000000000000 02 08000000 04000000 6e6f7065',
      {
        tag: 'ReducerResult',
        requestId: 3,
        timestamp: Timestamp.epoch,
        outcome: { tag: 'Err', error: fromHex('040000006e6f7065') },
      },
    ],
    [
      '06 03000000 0000000000000000 03 0f000000 6e6f20737563682072656475636572',
      {
        tag: 'ReducerResult',
        requestId: 3,
        timestamp: Timestamp.epoch,
        outcome: { tag: 'InternalError', message: 'no such reducer' },
      },
    ],
    [
      '07 00 01000000 01 0000000000000000 fa00000000000000 04000000',
      {
        tag: 'ProcedureResult',
        requestId: 4,
        status: { tag: 'Returned', value: Uint8Array.of(1) },
        timestamp: Timestamp.epoch,
        duration: new TimeDuration(250n),
      },
    ],
    [
      '07 01 02000000 6e6f ffffffffffffffff 0000000000000000 04000000',
      {
        tag: 'ProcedureResult',
        requestId: 4,
        status: { tag: 'InternalError', message: 'no' },
        timestamp: new Timestamp(-1n),
        duration: new TimeDuration(0n),
      },
    ],
  ])('is %s', (hex, message) => {
    expect(toHex(encode(serverMessageCodec, message))).toBe(hex.replaceAll(' ', ''));
    expect(plain(read(hex))).toStrictEqual(plain(message));
  });

  test('is read as it was written, to the same bytes', () => {
    const roundTrip = fc.property(serverMessages, (message) => {
      const bytes = encode(serverMessageCodec, message);
      const again = decode(serverMessageCodec, bytes, 'ServerMessage');
      expect(plain(again)).toEqual(plain(message));
      expect(toHex(encode(serverMessageCodec, again))).toBe(toHex(bytes));
      expect(bytes.length).toBeGreaterThanOrEqual(serverMessageCodec.minSize);
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test.each([
    ['a message', '08', 'ServerMessage at offset 0 of ServerMessage: unknown tag 0x8'],
    ['dropped rows', '02 01000000 01000000 02', 'option at offset 9 of ServerMessage: unknown tag 0x2'],
    ['an optional request id', '03 02', 'option at offset 1 of ServerMessage: unknown tag 0x2'],
    [
      'changes of a table',
      '04 01000000 01000000 01000000 01000000 74 01000000 02 00000000000000',
      'TableUpdateRows at offset 22 of ServerMessage: unknown tag 0x2',
    ],
    [
      'a size hint',
      '01 00000000 01000000 01000000 01000000 74 02 0400 00000000',
      'RowSizeHint at offset 18 of ServerMessage: unknown tag 0x2',
    ],
    ['a one-off result', '05 02000000 02', 'result at offset 5 of ServerMessage: unknown tag 0x2'],
    ['an outcome', '06 03000000 0000000000000000 04', 'ReducerOutcome at offset 13 of ServerMessage: unknown tag 0x4'],
    ['a status', '07 02', 'ProcedureStatus at offset 1 of ServerMessage: unknown tag 0x2'],
  ])('with an unknown tag for %s is refused', (_, hex, message) => {
    expect(() => read(hex)).toThrow(`reading ${message}`);
  });

  test.each([
    ['tables of rows', '01 00000000 01000000 02000000 00000000 00 0400 00000000 00000000 00 0400 00000000'],
    ['query sets', '04 02000000 01000000 00000000 02000000 00000000'],
    ['tables', '04 01000000 01000000 02000000 00000000 00000000 00000000 00000000'],
    ['changes', '04 01000000 01000000 01000000 00000000 02000000 01 00 0400 00000000 01 00 0400 00000000'],
    ['offsets', `01 00000000 01000000 01000000 00000000 01 02000000 ${'00'.repeat(16)} 00000000`],
  ])('with the shortest possible %s is not refused for their count', (_, hex) => {
    expect(toHex(encode(serverMessageCodec, read(hex)))).toBe(hex.replaceAll(' ', ''));
  });

  test.each([
    ['rows of queries', '01 00000000 01000000 ffffffff', 'QueryRows at offset 9'],
    ['query sets', '04 ffffffff', 'QuerySetUpdate at offset 1'],
    ['tables', '04 01000000 01000000 ffffffff', 'TableUpdate at offset 9'],
    ['changes', '04 01000000 01000000 01000000 00000000 ffffffff 00000000', 'TableUpdateRows at offset 17'],
    ['offsets', '01 00000000 01000000 01000000 00000000 01 ffffffff 00000000', 'RowSizeHint at offset 18'],
  ])('with more %s than it has room for is refused', (_, hex, place) => {
    expect(() => read(hex)).toThrow(
      new RegExp(`^reading ${place} of ServerMessage: a count of 4294967295, where at most`),
    );
  });
});
