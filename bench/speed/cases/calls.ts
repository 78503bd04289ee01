import { encode } from '../../../src/bsatn/codec.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { type BenchCase, quickSamples, timedAsync } from '../case.ts';
import { loadOfficial } from '../official.ts';
import { loadOurs, settled } from '../ours.ts';
import { frameOf } from '../player.ts';
import { serverMessageCodec } from '../../../test/support/message-codecs.ts';

const callsPerRound = 1000;

/** The answers to these calls, as one frame without its compression byte. */
function answers(firstRequestId: number): Uint8Array {
  const messages = Array.from({ length: callsPerRound }, (_, index) =>
    encode(serverMessageCodec, {
      tag: 'ReducerResult',
      requestId: firstRequestId + index,
      timestamp: Timestamp.epoch,
      outcome: { tag: 'OkEmpty' },
    }),
  );
  return new Uint8Array(Buffer.concat(messages));
}

/**
 * Makes calls until they have been handed to the socket, and answers them outside of the time that counts; again and again for at least `sampleMs`, so
 * that what is measured is no compiler.
 */
async function calling(sampleMs: number, call: (id: number) => void, answer: () => void): Promise<number> {
  let passed = 0;
  let rounds = 0;
  do {
    passed += await timedAsync(1, async () => {
      for (let id = 0; id < callsPerRound; id++) call(id);
      await Promise.resolve();
    });
    rounds++;
    answer();
    await settled();
  } while (passed < sampleMs * 1e6);
  return passed / (rounds * callsPerRound);
}

/** A reducer call from its arguments to the frame. Per call. */
export const callCases: readonly BenchCase[] = [
  {
    name: 'call',
    title: 'reducer call, encode and queue; limit: hand-written writer, promise and `Map` entry',
    unit: 'ns',
    target: 1.5,
    samples: quickSamples,
    sides: {
      ours: async ({ sampleMs }) => {
        const { client, deliver } = await loadOurs(1);
        // Request 1 was the subscription.
        let requestId = 2;
        return {
          sample: () =>
            calling(
              sampleMs,
              (id) => void client.reducers.movePlayer({ id, x: id, y: 2, z: 3 }),
              () => {
                deliver(frameOf(answers(requestId)));
                requestId += callsPerRound;
              },
            ),
        };
      },
      official: async ({ sampleMs }) => {
        const { connection, deliver } = await loadOfficial(1);
        let requestId = 1;
        return {
          sample: () =>
            calling(
              sampleMs,
              (id) => void connection.reducers.movePlayer({ id, x: id, y: 2, z: 3 }),
              () => {
                deliver(answers(requestId));
                requestId += callsPerRound;
              },
            ),
        };
      },
      limit: async ({ sampleMs }) => {
        const table = new HandCalls();
        return {
          sample: () =>
            calling(
              sampleMs,
              (id) => void table.movePlayer({ id, x: id, y: 2, z: 3 }),
              () => table.answerAll(),
            ),
        };
      },
    },
  },
];

const name = new TextEncoder().encode('move_player');

/** Calls of one reducer, written by hand. */
class HandCalls {
  readonly #pending = new Map<number, () => void>();
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #requestId = 0;

  movePlayer({ id, x, y, z }: { id: number; x: number; y: number; z: number }): Promise<void> {
    const requestId = ++this.#requestId;
    const size = 14 + name.length + 16;
    if (this.#length + size > this.#bytes.length) this.#length = 0;
    const view = this.#view;
    let at = this.#length;
    view.setUint8(at, 3);
    view.setUint32(at + 1, requestId, true);
    view.setUint8(at + 5, 0);
    view.setUint32(at + 6, name.length, true);
    this.#bytes.set(name, at + 10);
    at += 10 + name.length;
    view.setUint32(at, 16, true);
    view.setUint32(at + 4, id, true);
    view.setFloat32(at + 8, x, true);
    view.setFloat32(at + 12, y, true);
    view.setFloat32(at + 16, z, true);
    this.#length += size;
    return new Promise((resolve) => this.#pending.set(requestId, resolve));
  }

  answerAll(): void {
    for (const resolve of this.#pending.values()) resolve();
    this.#pending.clear();
  }
}
