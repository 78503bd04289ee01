import { Identity } from '../bsatn/special/identity.ts';
import { toHex } from '../bsatn/bytes.ts';
import { blake3 } from './hash/blake3.ts';

const utf8 = new TextEncoder();

/** What every identity begins with, most significant first. */
const prefix = [0xc2, 0x00];
const checksumSize = 4;
const hashSize = 26;

/**
 * The identity that the claims `iss` and `sub` of a token stand for:
 *
 * ```text
 * c2 00 | checksum: 4 bytes | hash: 26 bytes          most significant first
 * hash     = the beginning of blake3(issuer "|" subject)
 * checksum = the beginning of blake3(c2 00 hash)
 * ```
 */
export function identityFromClaims(issuer: string, subject: string): Identity {
  const hash = blake3(utf8.encode(`${issuer}|${subject}`)).subarray(0, hashSize);
  const checksum = blake3(Uint8Array.from([...prefix, ...hash])).subarray(0, checksumSize);
  return Identity.fromHexString(toHex(Uint8Array.from([...prefix, ...checksum, ...hash])));
}
