import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Outbox, type OutboxOptions } from '../../src/connection/outbox.ts';
import { callHead } from '../../src/wire/call-head.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { type OutboundCall } from '../../src/wire/outbound-call.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { type FakeSocket, lonelySocket } from '../support/fake-connector.ts';
import { propertyOptions } from '../support/property.ts';
import { encodeClientMessage } from '../support/message-codecs.ts';

function outboxOf(change: Partial<OutboxOptions> = {}): { outbox: Outbox; socket: FakeSocket; clock: FakeClock } {
  const clock = new FakeClock();
  const socket = lonelySocket();
  const options: OutboxOptions = {
    version: 'v3',
    socket,
    clock,
    batching: 'opportunistic',
    maxOutboundFrameBytes: 100,
    ...change,
  };
  return { outbox: new Outbox(options), socket, clock };
}

/** A call of 20 bytes and those of its arguments. */
const call = (requestId: number, length = 0): ClientMessage => ({
  tag: 'CallReducer',
  requestId,
  reducer: 'abcdef',
  args: new Uint8Array(length),
});

/** The request ids of each frame. */
const idsOf = (socket: FakeSocket): number[][] => socket.sent.map((frame) => frame.map(({ requestId }) => requestId));

describe('an outbox', () => {
  test('puts what one microtask sends into one frame on v3', async () => {
    const { outbox, socket } = outboxOf();
    for (const id of [1, 2, 3]) outbox.send(call(id));
    expect(socket.sent).toEqual([]);
    await settled();
    outbox.send(call(4));
    await settled();
    expect(idsOf(socket)).toEqual([[1, 2, 3], [4]]);
  });

  test('never makes a frame longer than its bound, sends a longer message alone, and lets the event loop turn between frames', async () => {
    const { outbox, socket, clock } = outboxOf();
    const lengths = [0, 60, 0, 500, 0, 0];
    for (const [index, length] of lengths.entries()) outbox.send(call(index, length));
    await settled();
    expect(idsOf(socket)).toEqual([[0, 1]]);
    // What is sent meanwhile waits for its turn as well, in the last frame while that has room.
    outbox.send(call(6));
    outbox.send(call(7, 30));
    for (const expected of [[2], [3], [4, 5, 6], [7]]) {
      expect(clock.openTimers).toBe(1);
      clock.advance(1);
      expect(idsOf(socket).at(-1)).toEqual(expected);
    }
    expect(clock.openTimers).toBe(0);
    expect(socket.sentFrames.map(({ length }) => length)).toEqual([100, 20, 520, 60, 50]);
  });

  test.each([
    ['on v2', { version: 'v2' }],
    ['without batching', { batching: 'disabled' }],
  ] as const)('sends one message a frame %s', async (_, change) => {
    const { outbox, socket, clock } = outboxOf(change);
    for (const id of [1, 2, 3]) outbox.send(call(id, 60));
    await settled();
    expect(idsOf(socket)).toEqual([[1], [2], [3]]);
    expect(clock.openTimers).toBe(0);
  });

  test('counts the bytes that wait, its own and those of the socket', async () => {
    const { outbox, socket, clock } = outboxOf();
    socket.bufferedBytes = 7;
    outbox.send(call(1, 60));
    outbox.send(call(2, 60));
    expect(outbox.bufferedBytes).toBe(167);
    await settled();
    expect(outbox.bufferedBytes).toBe(87);
    clock.advance(1);
    expect(outbox.bufferedBytes).toBe(7);
  });

  test.each(['opportunistic', 'disabled'] as const)(
    'sends nothing after it was closed, and leaves no timer (%s)',
    async (batching) => {
      const { outbox, socket, clock } = outboxOf({ batching });
      outbox.send(call(1, 90));
      outbox.send(call(2, 90));
      await settled();
      const before = socket.sent.length;
      outbox.send(call(3));
      outbox.close();
      outbox.send(call(4));
      await settled();
      expect(clock.openTimers).toBe(0);
      expect(socket.sent.length - before).toBe(batching === 'disabled' ? 1 : 0);
    },
  );

  test('fills each v3 frame of a burst with every message that fits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(110), { minLength: 1, maxLength: 20 }), async (lengths) => {
        const { outbox, socket, clock } = outboxOf();
        for (const [index, length] of lengths.entries()) outbox.send(call(index, length));
        await Promise.resolve();
        clock.advance(1000);
        const expected = modelSizes(
          lengths.map((length) => 20 + length),
          100,
        );
        expect(socket.sentFrames.map(({ length }) => length)).toEqual(expected);
      }),
      propertyOptions(100),
    );
  });

  test.each(['opportunistic', 'disabled'] as const)(
    'sends nothing of a message that cannot be encoded (%s)',
    async (batching) => {
      const { outbox, socket } = outboxOf({ batching });
      outbox.send(call(1, 10));
      expect(() => outbox.send(call(-1))).toThrow(RangeError);
      outbox.send(call(2, 10));
      await settled();
      expect(socket.messages.map(({ requestId }) => requestId)).toEqual([1, 2]);
      expect(outbox.bufferedBytes).toBe(0);
    },
  );

  test('refuses what would end up in the middle of a call whose arguments are being encoded', async () => {
    const { outbox, socket } = outboxOf();
    const meddling = (requestId: number, meddle: () => void): OutboundCall => ({
      tag: 'Call',
      action: 'calling reducer abcdef',
      head: callHead('reducer', 'abcdef'),
      requestId,
      writeArguments: (writer) => {
        writer.u32(1);
        meddle();
      },
    });
    const refused = (): void =>
      expect(() => outbox.send(meddling(9, () => undefined))).toThrow(
        'calling reducer abcdef while the arguments of another call are being encoded',
      );
    outbox.send(meddling(1, refused));
    expect(() => outbox.send(meddling(2, () => outbox.send(call(9))))).toThrow(
      'sending CallReducer while the arguments of another call are being encoded',
    );
    outbox.send(call(3));
    await settled();
    expect(idsOf(socket)).toEqual([[1, 3]]);
  });

  test('keeps the order, whatever is sent when, in frames that a server can read', async () => {
    const burst = fc.array(fc.nat(150), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(burst, { maxLength: 8 }),
        fc.constantFrom('v2' as const, 'v3' as const),
        async (bursts, version) => {
          const { outbox, socket, clock } = outboxOf({ version });
          let id = 0;
          for (const lengths of bursts) {
            for (const length of lengths) outbox.send(call(id++, length));
            if (lengths.length % 2 === 0) await Promise.resolve();
            if (lengths.length % 3 === 0) clock.advance(1);
          }
          await Promise.resolve();
          clock.advance(1000);
          expect(socket.messages.map(({ requestId }) => requestId)).toEqual(
            Array.from({ length: id }, (_, index) => index),
          );
          const tooLong = socket.sent.filter(
            (frame) =>
              frame.length > 1 && frame.reduce((sum, message) => sum + encodeClientMessage(message).length, 0) > 100,
          );
          expect(tooLong).toEqual([]);
          expect(outbox.bufferedBytes).toBe(0);
          expect(Buffer.concat(socket.sentFrames)).toEqual(
            Buffer.concat(socket.messages.map((message) => encodeClientMessage(message))),
          );
        },
      ),
      propertyOptions(200),
    );
  });
});

/** Frames as a naive reader of the rule sees them: each takes the next message while both fit. */
function modelSizes(messages: readonly number[], limit: number): number[] {
  return messages.reduce<number[]>((frames, size) => {
    const last = frames.at(-1);
    return last !== undefined && last + size <= limit ? [...frames.slice(0, -1), last + size] : [...frames, size];
  }, []);
}
