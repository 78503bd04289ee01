import { describe, expect, test } from 'vitest';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { type Expect, loadTranscript } from '../support/golden/transcript.ts';
import { plain } from './plain.ts';

/**
 * Four recorded frames, read by fixed positions instead of by the code under test. Where the code mixes up two fields of one type, such as
 * inserts and deletes, reading and writing agree with each other and every round trip holds; only this does not.
 */

/** Reads a frame at positions that were found by looking at its bytes. */
interface Hand {
  readonly u8: (at: number) => number;
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  readonly i64: (at: number) => bigint;
  readonly text: (from: number, to: number) => string;
  readonly hex: (from: number, to: number) => string;
  readonly length: number;
}

function frameAt(name: string, step: number): Uint8Array {
  const received = loadTranscript(name).steps[step];
  if (received?.kind !== 'receive') throw new Error(`${name}: step ${step} is no frame of the server`);
  return received.frame;
}

function handOn(frame: Uint8Array): Hand {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const bytes = (from: number, to: number): Buffer => Buffer.from(frame).subarray(from, to);
  return {
    u8: (at) => view.getUint8(at),
    u16: (at) => view.getUint16(at, true),
    u32: (at) => view.getUint32(at, true),
    i64: (at) => view.getBigInt64(at, true),
    text: (from, to) => bytes(from, to).toString('utf8'),
    hex: (from, to) => bytes(from, to).toString('hex'),
    length: frame.length,
  };
}

/** What the code under test makes of a frame of one message without compression. */
function messageOf(frame: Uint8Array): ServerMessage | undefined {
  const messages = readServerPayload(frame.subarray(1), 'v3');
  expect([frame[0], messages.length]).toEqual([0, 1]);
  return messages[0];
}

/** The rows of a table that a connection held after a step, or before it: those of the nearest `expect`. */
function heldRows(name: string, from: number, direction: 1 | -1, connection: string, table: string): readonly string[] {
  const { steps } = loadTranscript(name);
  const ordered = direction === 1 ? steps.slice(from) : steps.slice(0, from).reverse();
  const nearest = ordered.find((step): step is Expect => step.kind === 'expect');
  return nearest?.rows.get(connection)?.get(table) ?? [];
}

describe('read by hand,', () => {
  test('a SubscribeApplied says the same', () => {
    const frame = frameAt('handshake-v2', 3);
    const hand = handOn(frame);
    expect([hand.u8(1), hand.u32(10), hand.u8(25), hand.length]).toEqual([1, 1, 0, 53]);
    expect([hand.u16(26), hand.u32(28), 32 + 21]).toEqual([21, 21, hand.length]);
    expect(plain(messageOf(frame))).toEqual({
      tag: 'SubscribeApplied',
      requestId: hand.u32(2),
      querySetId: hand.u32(6),
      tables: [{ table: hand.text(18, 25), rows: [hand.hex(32, 53)] }],
    });
    expect([hand.text(18, 25), hand.text(36, 40), hand.text(46, 53)]).toEqual(['setting', 'motd', 'Welcome']);
  });

  test('a ReducerResult with an insert and a delete says the same', () => {
    const frame = frameAt('overlapping-queries', 18);
    const hand = handOn(frame);
    expect([hand.u8(1), hand.u8(14), hand.u32(15), hand.u32(19), hand.u32(27)]).toEqual([6, 0, 0, 1, 1]);
    expect([hand.u32(41), hand.u8(45), hand.length]).toEqual([1, 0, 118]);
    expect([hand.u8(46), hand.u16(47), hand.u32(49)]).toEqual([0, 29, 29]);
    expect([hand.u8(82), hand.u16(83), hand.u32(85)]).toEqual([0, 29, 29]);
    const [inserted, deleted] = [hand.hex(53, 82), hand.hex(89, 118)];
    const message = messageOf(frame);
    expect(plain(message)).toMatchObject({
      tag: 'ReducerResult',
      requestId: hand.u32(2),
      timestamp: { micros: hand.i64(6) },
      outcome: {
        tag: 'Ok',
        returnValue: '',
        querySets: [
          {
            querySetId: hand.u32(23),
            tables: [
              {
                table: hand.text(35, 41),
                rows: [{ tag: 'PersistentTable', inserts: [inserted], deletes: [deleted] }],
              },
            ],
          },
        ],
      },
    });
    expect(hand.text(35, 41)).toBe('entity');
    expect(heldRows('overlapping-queries', 18, -1, 'a', 'entity')).toContain(deleted);
    expect(heldRows('overlapping-queries', 18, 1, 'a', 'entity')).toContain(inserted);
    expect(heldRows('overlapping-queries', 18, 1, 'a', 'entity')).not.toContain(deleted);
  });

  test('a TransactionUpdate with an insert and a delete says the same', () => {
    const frame = frameAt('compression-gzip', 11);
    const hand = handOn(frame);
    expect([hand.u8(1), hand.u32(2), hand.u32(10), hand.u32(24), hand.u8(28)]).toEqual([4, 1, 1, 1, 0]);
    expect([hand.u8(29), hand.u16(30), hand.u32(32)]).toEqual([0, 29, 29]);
    expect([hand.u8(65), hand.u16(66), hand.u32(68)]).toEqual([0, 29, 29]);
    const [inserted, deleted] = [hand.hex(36, 65), hand.hex(72, 101)];
    expect(plain(messageOf(frame))).toEqual({
      tag: 'TransactionUpdate',
      querySets: [
        {
          querySetId: hand.u32(6),
          tables: [
            {
              table: hand.text(18, 24),
              rows: [{ tag: 'PersistentTable', inserts: [inserted], deletes: [deleted] }],
            },
          ],
        },
      ],
    });
    expect(heldRows('compression-gzip', 11, -1, 'b', 'entity')).toContain(deleted);
    expect(heldRows('compression-gzip', 11, 1, 'b', 'entity')).toContain(inserted);
    expect(heldRows('compression-gzip', 11, 1, 'b', 'entity')).not.toContain(deleted);
  });

  test('a ProcedureResult says the same, its request id last', () => {
    const frame = frameAt('procedures', 9);
    const hand = handOn(frame);
    expect([hand.u8(1), hand.u8(2), hand.u32(3), hand.length]).toEqual([7, 0, 21, 48]);
    expect(plain(messageOf(frame))).toMatchObject({
      tag: 'ProcedureResult',
      status: { tag: 'Returned', value: hand.hex(7, 28) },
      timestamp: { micros: hand.i64(28) },
      duration: { micros: hand.i64(36) },
      requestId: hand.u32(44),
    });
    expect([hand.text(12, 28), hand.u32(44)]).toEqual(['division by zero', 4]);
    expect(hand.i64(28) > hand.i64(36)).toBe(true);
  });
});
