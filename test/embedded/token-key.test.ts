import { sign, verify, createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { seededBytes } from '../../src/embedded/kit/seeded-random.ts';
import { keyFromRandom, keyFromSecret } from '../../src/embedded/token-key.ts';

test('the same random bytes give the same key, others another', () => {
  const pem = (seed: number): string =>
    keyFromRandom(seededBytes(seed)).export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(pem(1)).toBe(pem(1));
  expect(pem(1)).not.toBe(pem(2));
});

test('a key signs what its public half verifies, at the ends of the range too', () => {
  for (const byte of [1, 0x7f, 0xff]) {
    const key = keyFromRandom((size) => new Uint8Array(size).fill(byte));
    const signature = sign('sha256', Buffer.from('text'), key);
    expect(verify('sha256', Buffer.from('text'), createPublicKey(key), signature)).toBe(true);
  }
});

test('a secret is a key, another one another', () => {
  const pem = (secret: string): string => keyFromSecret(secret).export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(pem('a')).toBe(pem('a'));
  expect(pem('a')).not.toBe(pem('b'));
});
