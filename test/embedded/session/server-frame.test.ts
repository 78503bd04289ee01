import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packServerFrames } from '../../../src/embedded/session/server-frame.ts';

const message = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill);

describe('packServerFrames', () => {
  test('puts one message into a v2 frame and many into a v3 frame', () => {
    const messages = [message(1, 1), message(2, 2), message(3, 3)];
    expect(packServerFrames(messages, 'v2', 'none').map(({ bytes }) => [...bytes])).toEqual([
      [0, 1],
      [0, 2, 2],
      [0, 3, 3, 3],
    ]);
    expect(packServerFrames(messages, 'v3', 'none')).toEqual([
      { bytes: Uint8Array.of(0, 1, 2, 2, 3, 3, 3), messages: 3 },
    ]);
  });

  test('begins another v3 frame at half a mebibyte, and sends a larger message alone', () => {
    const messages = [message(300_000), message(300_000), message(600_000), message(1)];
    const sizesOf = (parts: readonly Uint8Array[]): readonly (readonly number[])[] =>
      packServerFrames(parts, 'v3', 'none').map((frame) => [frame.bytes.length, frame.messages]);
    expect(sizesOf(messages)).toEqual([
      [300_001, 1],
      [300_001, 1],
      [600_001, 1],
      [2, 1],
    ]);
    const half = 256 * 1024;
    expect(sizesOf([message(half), message(half)])).toEqual([[2 * half + 1, 2]]);
    expect(sizesOf([message(half), message(half + 1)])).toHaveLength(2);
  });

  test.each([
    ['gzip', 2, gunzipSync],
    ['brotli', 1, brotliDecompressSync],
  ] as const)('compresses with %s from 1,025 bytes on', (compression, tag, inflate) => {
    const [small] = packServerFrames([message(1024)], 'v3', compression);
    expect(small?.bytes[0]).toBe(0);
    expect(small?.bytes.length).toBe(1025);
    const [large] = packServerFrames([message(600, 1), message(425, 2)], 'v3', compression);
    expect(large?.bytes[0]).toBe(tag);
    expect([...inflate(large?.bytes.subarray(1) ?? '')]).toEqual([...message(600, 1), ...message(425, 2)]);
  });

  test('never compresses when the client wants none', () => {
    expect(packServerFrames([message(100_000)], 'v2', 'none')[0]?.bytes[0]).toBe(0);
  });

  test('makes no frame of no message', () => {
    expect(packServerFrames([], 'v3', 'none')).toEqual([]);
  });
});
