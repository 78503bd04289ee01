import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { blake3 } from '../../../src/embedded/hash/blake3.ts';

/** Inputs of the official test vectors: the bytes 0, 1, … 250, 0, 1, … */
const input = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

describe('blake3', () => {
  test.each([
    [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
    [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
    [2, '7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63'],
    [63, 'e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b'],
    [64, '4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98'],
    [65, 'de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee'],
    [127, 'd81293fda863f008c09e92fc382a81f5a0b4a1251cba1634016a0f86a6bd640d'],
    [128, 'f17e570564b26578c33bb7f44643f539624b05df1a76c81f30acd548c44b45ef'],
    [129, '683aaae9f3c5ba37eaaf072aed0f9e30bac0865137bae68b1fde4ca2aebdcb12'],
    [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
    [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  ])('hashes %i bytes as the official test vector says', (length, hash) => {
    expect(toHex(blake3(input(length)))).toBe(hash);
  });

  test('refuses an input of more than one chunk instead of hashing it wrongly', () => {
    expect(() => blake3(new Uint8Array(1025))).toThrow(RangeError);
  });
});
