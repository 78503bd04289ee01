import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { compressionOf, compressionParameters, compressionTags } from '../../src/wire/compression.ts';

describe('the compression of a payload', () => {
  test.each([
    [0, 'none', 'None'],
    [1, 'brotli', 'Brotli'],
    [2, 'gzip', 'Gzip'],
  ] as const)('with first byte %i is %s, asked for as %s', (tag, compression, parameter) => {
    expect(compressionOf(Uint8Array.of(tag, 7))).toBe(compression);
    expect(compressionOf(Uint8Array.of(tag))).toBe(compression);
    expect(compressionTags[compression]).toBe(tag);
    expect(compressionParameters[compression]).toBe(parameter);
  });

  test.each([3, 4, 0x80, 0xff])('is unknown for %i', (tag) => {
    expect(() => compressionOf(Uint8Array.of(tag, 1, 2))).toThrow(
      new ProtocolError(`reading a frame of the server: it begins with ${tag.toString(16)}, which is no compression`),
    );
  });

  test('is missing from an empty payload', () => {
    expect(() => compressionOf(new Uint8Array(0))).toThrow(
      new ProtocolError('reading a frame of the server: it begins with nothing, which is no compression'),
    );
  });
});
