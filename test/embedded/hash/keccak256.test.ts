import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { keccak256 } from '../../../src/embedded/hash/keccak256.ts';

const input = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

describe('keccak256', () => {
  test.each([
    [0, 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    [1, 'bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a'],
    [135, 'cbdfd9dee5faad3818d6b06f95a219fd290b0e1706f6a82e5a595b9ce9faca62'],
    [136, '7ce759f1ab7f9ce437719970c26b0a66ff11fe3e38e17df89cf5d29c7d7f807e'],
    [137, 'ac73d4fae68b8453f764007c1a20ce95994187861f0c3227a3a8e99a73a3b1db'],
    [1000, 'af692982e84a5a9688359025660a7857cd28ee7c8d867cfa1677baf2e6d1f63b'],
  ])('hashes %i bytes, around the edge of its block', (length, hash) => {
    expect(toHex(keccak256(input(length)))).toBe(hash);
  });

  test('hashes text as other implementations do', () => {
    expect(toHex(keccak256(new TextEncoder().encode('abc')))).toBe(
      '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    );
  });
});
