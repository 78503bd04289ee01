import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type EncodedMessage } from '../../../src/embedded/session/encoded-message.ts';
import { packServerFrames } from '../../../src/embedded/session/server-frame.ts';

let number = 0;
const message = (length: number, fill = 7): EncodedMessage => {
  return { bytes: new Uint8Array(length).fill(fill), number: ++number, frames: undefined };
};
const shared = (length: number, fill = 7): EncodedMessage => ({ ...message(length, fill), frames: new Map() });

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
    const sizesOf = (parts: readonly EncodedMessage[]): readonly (readonly number[])[] =>
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
    expect([...inflate(large?.bytes.subarray(1) ?? '')]).toEqual([...message(600, 1).bytes, ...message(425, 2).bytes]);
  });

  test('never compresses when the client wants none', () => {
    expect(packServerFrames([message(100_000)], 'v2', 'none')[0]?.bytes[0]).toBe(0);
  });

  test('makes one frame of messages that several connections are sent, for each compression', () => {
    const [first, second, other] = [shared(1000, 1), shared(2000, 2), shared(2000, 3)];
    const frameOf = (messages: readonly EncodedMessage[], compression: 'gzip' | 'none'): unknown =>
      packServerFrames(messages, 'v3', compression)[0]?.bytes;
    expect(frameOf([first], 'gzip')).toBe(frameOf([first], 'gzip'));
    expect(frameOf([first, second], 'gzip')).toBe(frameOf([first, second], 'gzip'));
    const all = [[first], [first, second], [first, other], [second], [second, first], [first, second, other]];
    const frames = all.flatMap((messages) => [frameOf(messages, 'gzip'), frameOf(messages, 'none')]);
    expect(new Set(frames).size).toBe(12);
    expect(packServerFrames([first, second], 'v2', 'gzip').map(({ bytes }) => bytes)).toEqual([
      frameOf([first], 'gzip'),
      frameOf([second], 'gzip'),
    ]);
  });

  test('makes a frame of its own of messages of which one is for one connection only', () => {
    const [update, answer] = [shared(1), message(1)];
    for (const messages of [[update, answer], [answer, update], [answer]]) {
      const [once, again] = [packServerFrames(messages, 'v3', 'none'), packServerFrames(messages, 'v3', 'none')];
      expect(again).toEqual(once);
      expect(again[0]?.bytes).not.toBe(once[0]?.bytes);
    }
  });

  test('makes no frame of no message', () => {
    expect(packServerFrames([], 'v3', 'none')).toEqual([]);
  });
});
