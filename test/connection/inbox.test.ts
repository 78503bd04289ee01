import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { Inbox, type InboxOptions } from '../../src/connection/inbox.ts';
import { ProtocolError } from '../../src/errors.ts';
import { type Inflate } from '../../src/platform/inflate.ts';
import { rowListOf } from '../../src/wire/row-list.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { settled } from '../support/fake-clock.ts';
import { propertyOptions } from '../support/property.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

const message = (querySetId: number): ServerMessage => ({
  tag: 'UnsubscribeApplied',
  requestId: 0,
  querySetId,
  tables: undefined,
});

/** A frame with these messages; the inflate of the test takes the bytes as they are. */
function frameOf(compression: 0 | 1 | 2, ...ids: readonly number[]): Uint8Array {
  return Uint8Array.of(compression, ...ids.flatMap((id) => [...encode(serverMessageCodec, message(id))]));
}

/** gzip is inflated at once, brotli when the test says so. */
function inboxOf(change: Partial<InboxOptions> = {}): {
  inbox: Inbox;
  seen: unknown[];
  violations: unknown[];
  finish: (error?: Error) => Promise<void>;
} {
  const seen: unknown[] = [];
  const violations: unknown[] = [];
  const inflating: ((error?: Error) => void)[] = [];
  const inflate: Inflate = (algorithm, bytes) => {
    if (algorithm === 'gzip') return bytes;
    return new Promise((resolve, reject) => {
      inflating.push((error) => (error === undefined ? resolve(bytes) : reject(error)));
    });
  };
  const inbox = new Inbox({
    version: 'v3',
    inflate,
    maxInboundFrameBytes: 1000,
    maxInflatedBytes: 1000,
    maxRowsPerMessage: 1000,
    onMessage: (received) => seen.push('querySetId' in received ? received.querySetId : received.tag),
    onViolation: (error) => violations.push(error),
    ...change,
  });
  const finish = async (error?: Error): Promise<void> => {
    inflating.shift()?.(error);
    await settled();
  };
  return { inbox, seen, violations, finish };
}

describe('an inbox', () => {
  test('delivers the messages of a v3 frame in order, and at once where nothing has to wait', () => {
    const { inbox, seen } = inboxOf();
    inbox.push(frameOf(0, 1, 2, 3));
    inbox.push(frameOf(2, 4));
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('lets later frames wait for one whose inflate takes its time', async () => {
    const { inbox, seen, finish } = inboxOf();
    inbox.push(frameOf(0, 1));
    inbox.push(frameOf(1, 2, 3));
    inbox.push(frameOf(0, 4));
    inbox.push(frameOf(1, 5));
    inbox.push(frameOf(2, 6));
    await settled();
    expect(seen).toEqual([1]);
    await finish();
    expect(seen).toEqual([1, 2, 3, 4]);
    await finish();
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('takes a frame that comes while it delivers one behind that', () => {
    const seen: unknown[] = [];
    const { inbox } = inboxOf({
      onMessage: (received) => {
        if ('querySetId' in received && seen.push(received.querySetId) === 1) inbox.push(frameOf(0, 9));
      },
    });
    inbox.push(frameOf(0, 1, 2));
    expect(seen).toEqual([1, 2, 9]);
  });

  test('keeps the order whatever has to wait for how long', async () => {
    const event = fc.oneof(
      fc.record({
        compression: fc.constantFrom(0 as const, 1 as const, 2 as const),
        count: fc.integer({ min: 1, max: 3 }),
      }),
      fc.constant('finish' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 15 }), async (events) => {
        const { inbox, seen, violations, finish } = inboxOf();
        let id = 0;
        for (const each of events) {
          if (each === 'finish') await finish();
          else inbox.push(frameOf(each.compression, ...Array.from({ length: each.count }, () => id++)));
        }
        for (let left = events.length; left > 0; left--) await finish();
        expect(seen).toEqual(Array.from({ length: id }, (_, index) => index));
        expect(violations).toEqual([]);
      }),
      propertyOptions(100),
    );
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['an unknown compression', Uint8Array.of(7, 1, 2), /begins with 7, which is no compression/],
    ['an empty frame', Uint8Array.of(), /begins with nothing/],
    ['a message that is cut', frameOf(0, 1).subarray(0, 5), /at offset/],
    ['no message', Uint8Array.of(0), /holds no message/],
    [
      'a frame over the bound',
      new Uint8Array(1001),
      /frames of 1001 bytes, more than 1000; raise limits.maxInboundFrameBytes/,
    ],
  ])('stops at %s: what came before was delivered, nothing after it is', (_, bad, problem) => {
    const { inbox, seen, violations } = inboxOf();
    inbox.push(frameOf(0, 1));
    inbox.push(bad);
    inbox.push(frameOf(0, 2));
    expect(seen).toEqual([1]);
    expect(violations).toEqual([expect.any(ProtocolError)]);
    expect(String(violations[0])).toMatch(problem);
  });

  test('stops when an inflate fails, also for what was waiting behind it', async () => {
    const { inbox, seen, violations, finish } = inboxOf();
    inbox.push(frameOf(1, 1));
    inbox.push(frameOf(0, 2));
    const damaged = new ProtocolError('damaged');
    await finish(damaged);
    inbox.push(frameOf(0, 3));
    expect(seen).toEqual([]);
    expect(violations).toEqual([damaged]);
  });

  test('stops when a message makes no sense to whoever takes it', () => {
    const seen: number[] = [];
    const { inbox, violations } = inboxOf({
      onMessage: () => {
        if (seen.push(1) === 2) throw new Error('nonsense');
      },
    });
    inbox.push(frameOf(0, 1, 2, 3));
    inbox.push(frameOf(0, 4));
    expect([seen.length, violations]).toEqual([2, [new Error('nonsense')]]);
  });

  test('bounds what waits for an inflate, and the rows of a message', async () => {
    const waiting = inboxOf({ maxInboundFrameBytes: 40 });
    waiting.inbox.push(frameOf(1, 1));
    for (let left = 4; left > 0; left--) waiting.inbox.push(frameOf(0, 2));
    expect(String(waiting.violations)).toMatch(/frames of 44 bytes, more than 40/);
    await waiting.finish();
    expect(waiting.seen).toEqual([]);
    // What was delivered waits no more.
    const many = inboxOf({ maxInboundFrameBytes: 40 });
    for (let left = 10; left > 0; left--) many.inbox.push(frameOf(0, 3));
    many.inbox.push(frameOf(1, 4));
    many.inbox.push(frameOf(0, 5));
    await many.finish();
    expect([many.seen.length, many.violations]).toEqual([12, []]);

    const rows = rowListOf([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
    const persistent = { tag: 'PersistentTable' as const, inserts: rows, deletes: rows };
    const update = {
      tag: 'TransactionUpdate' as const,
      querySets: [{ querySetId: 1, tables: [{ table: 't', rows: [persistent] }] }],
    };
    const push = (maxRowsPerMessage: number): unknown[] => {
      const { inbox, seen, violations } = inboxOf({ maxRowsPerMessage });
      inbox.push(Uint8Array.of(0, ...encode(serverMessageCodec, update)));
      return [seen, String(violations)];
    };
    expect(push(6)).toEqual([['TransactionUpdate'], '']);
    expect(push(5)).toEqual([
      [],
      expect.stringMatching(/TransactionUpdate with 6 rows, more than 5; raise limits.maxRowsPerMessage/),
    ]);
  });

  test('delivers nothing after it was closed, not even the rest of a frame', async () => {
    const { inbox, seen, finish, violations } = inboxOf();
    inbox.push(frameOf(1, 1));
    inbox.push(frameOf(0, 2));
    inbox.close();
    await finish(new Error('too late'));
    expect([seen, violations]).toEqual([[], []]);
    const count: number[] = [];
    const other = inboxOf({
      onMessage: () => {
        count.push(1);
        other.inbox.close();
      },
    });
    other.inbox.push(frameOf(0, 1, 2, 3));
    expect(count).toHaveLength(1);
  });
});
