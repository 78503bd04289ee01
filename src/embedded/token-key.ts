import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto';

const curve = 'prime256v1';
const scalarBytes = 32;

/** A private key on the curve P-256 made of random bytes, so that the same bytes give the same key. */
export function keyFromRandom(random: (size: number) => Uint8Array): KeyObject {
  const scalar = random(scalarBytes);
  const pair = createECDH(curve);
  // Nearly all numbers of 256 bits are below the order of the group; the first bit makes sure.
  pair.setPrivateKey(Buffer.from(scalar.map((byte, index) => (index === 0 ? byte & 0x7f : byte))));
  const point = pair.getPublicKey();
  const part = (start: number): string => point.subarray(start, start + scalarBytes).toString('base64url');
  const d = pair.getPrivateKey('base64url');
  // An uncompressed point: 04, x, y.
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d, x: part(1), y: part(1 + scalarBytes) }, format: 'jwk' });
}

/** The key of whoever knows `secret`. */
export function keyFromSecret(secret: string): KeyObject {
  return keyFromRandom(() => createHash('sha256').update(secret).digest());
}
