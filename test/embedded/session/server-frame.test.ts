import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packServerFrames } from '../../../src/embedded/session/server-frame.ts';

const message = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill);

describe('packServerFrames', () => {
  test('puts one message into a v2 frame and many into a v3 frame', () => {
    const messages = [message(1, 1), message(2, 2), message(3, 3)];
    expect(packServerFrames(messages, 'v2', 'none').map((frame) => [...frame])).toEqual([
      [0, 1],
      [0, 2, 2],
      [0, 3, 3, 3],
    ]);
    expect(packServerFrames(messages, 'v3', 'none').map((frame) => [...frame])).toEqual([[0, 1, 2, 2, 3, 3, 3]]);
  });

  test('begins another v3 frame at half a mebibyte, and sends a larger message alone', () => {
    const messages = [message(300_000), message(300_000), message(600_000), message(1)];
    expect(packServerFrames(messages, 'v3', 'none').map((frame) => frame.length)).toEqual([
      300_001, 300_001, 600_001, 2,
    ]);
  });

  test.each([
    ['gzip', 2, gunzipSync],
    ['brotli', 1, brotliDecompressSync],
  ] as const)('compresses with %s from 1,025 bytes on', (compression, tag, inflate) => {
    const [small] = packServerFrames([message(1024)], 'v3', compression);
    expect(small?.[0]).toBe(0);
    expect(small?.length).toBe(1025);
    const [large] = packServerFrames([message(600, 1), message(425, 2)], 'v3', compression);
    expect(large?.[0]).toBe(tag);
    expect([...inflate(large?.subarray(1) ?? '')]).toEqual([...message(600, 1), ...message(425, 2)]);
  });

  test('never compresses when the client wants none', () => {
    expect(packServerFrames([message(100_000)], 'v2', 'none')[0]?.[0]).toBe(0);
  });

  test('makes no frame of no message', () => {
    expect(packServerFrames([], 'v3', 'none')).toEqual([]);
  });
});
