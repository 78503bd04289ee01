import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { type Identity } from '../bsatn/special/identity.ts';
import { messageOf } from '../errors.ts';
import { fromBase64Url, toBase64Url } from './base64-url.ts';
import { identityFromClaims } from './identity.ts';

/*
 * header "." claims "." signature        all three in base64url; the signature is ES256 over the text before it
 */

/** Who a token stands for, and until when. */
interface TokenClaims {
  readonly identity: Identity;
  readonly subject: string;
  readonly issuer: string;
  /** Seconds since the Unix epoch; `undefined`: never. */
  readonly expiresAt: number | undefined;
}

/** What became of a token: its claims, or why it is refused, in a server's words. */
export type TokenVerdict = { readonly claims: TokenClaims } | { readonly problem: string };

/** What the authority takes from outside. */
export interface TokenAuthorityOptions {
  /** Microseconds since the Unix epoch. */
  readonly nowMicros: () => bigint;
  /** As many random bytes as it is asked for; those of `node:crypto` by default. */
  readonly random?: (size: number) => Uint8Array;
  /** The private key, on the curve P-256; a new one by default. */
  readonly key?: KeyObject;
}

/** The claim `iss` of all tokens that the server makes itself. */
const localIssuer = 'localhost';

/** How long a token for a WebSocket of a browser is good for, in seconds. */
export const webSocketTokenSeconds = 60;

const audience = ['spacetimedb'];
const longestClaim = 128;
const microsPerSecond = 1_000_000n;

/** Makes and checks tokens (JWT, ES256) with a key of its own. Tokens of anybody else are refused: nothing is looked up on the network. */
export class TokenAuthority {
  readonly #nowMicros: () => bigint;
  readonly #random: (size: number) => Uint8Array;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  constructor(options: TokenAuthorityOptions) {
    this.#nowMicros = options.nowMicros;
    this.#random = options.random ?? randomBytes;
    this.#privateKey = options.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    this.#publicKey = createPublicKey(this.#privateKey);
  }

  /** The public key in PEM form. */
  get publicKeyPem(): string {
    return this.#publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** A token for `subject`, or for a new one of random bits; without `lifetimeSeconds` it never expires. */
  issue(subject: string = this.#newSubject(), lifetimeSeconds?: number): string {
    const issuedAt = this.#nowSeconds();
    const claims = {
      hex_identity: identityFromClaims(localIssuer, subject).toHexString(),
      sub: subject,
      iss: localIssuer,
      aud: audience,
      iat: issuedAt,
      exp: lifetimeSeconds === undefined ? null : issuedAt + lifetimeSeconds,
    };
    const message = `${encodePart({ typ: 'JWT', alg: 'ES256' })}.${encodePart(claims)}`;
    const signature = sign('sha256', Buffer.from(message), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
    return `${message}.${toBase64Url(signature)}`;
  }

  /** The claims of a token that this authority signed and that has not expired. */
  verify(token: string): TokenVerdict {
    const [header, payload, signature, ...rest] = token.split('.');
    if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
      return refused('InvalidToken');
    }
    const head = decodePart(header);
    if ('problem' in head) return head;
    if (head.part['alg'] !== 'ES256') return refused('InvalidAlgorithm');
    const signed = fromBase64Url(signature);
    if ('problem' in signed) return refused(`Base64 error: ${signed.problem}`);
    if (!this.#isSigned(`${header}.${payload}`, signed.bytes)) return refused('InvalidSignature');
    const body = decodePart(payload);
    return 'problem' in body ? body : this.#checkClaims(body.part);
  }

  #isSigned(message: string, signature: Uint8Array): boolean {
    return verify('sha256', Buffer.from(message), { key: this.#publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  }

  #checkClaims(claims: Readonly<Record<string, unknown>>): TokenVerdict {
    const { sub, iss, iat, exp, hex_identity: hexIdentity } = claims;
    if (!isClaim(sub) || !isClaim(iss)) return refused('`sub` and `iss` are texts of 1 to 128 bytes');
    if (typeof iat !== 'number') return refused('Missing required claim: iat');
    if (exp !== null && exp !== undefined && typeof exp !== 'number') return refused('`exp` is not a number');
    if (typeof exp === 'number' && exp <= this.#nowSeconds()) return refused('ExpiredSignature');
    const identity = identityFromClaims(iss, sub);
    if (hexIdentity !== undefined && hexIdentity !== identity.toHexString()) {
      return refused('`hex_identity` is not the identity of `iss` and `sub`');
    }
    return { claims: { identity, subject: sub, issuer: iss, expiresAt: exp ?? undefined } };
  }

  #nowSeconds(): number {
    return Number(this.#nowMicros() / microsPerSecond);
  }

  /** A random UUID of version 4. */
  #newSubject(): string {
    const bytes = Uint8Array.from(this.#random(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Buffer.from(bytes).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}

/** The claims of a token as they stand in it, JSON in UTF-8; the token is not verified. */
export function claimsOf(token: string): Uint8Array {
  return new Uint8Array(Buffer.from(token.split('.')[1] ?? '', 'base64url'));
}

function refused(problem: string): { readonly problem: string } {
  return { problem: `Invalid token: ${problem}` };
}

function isClaim(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && Buffer.byteLength(value) <= longestClaim;
}

function encodePart(part: object): string {
  return toBase64Url(Buffer.from(JSON.stringify(part)));
}

function decodePart(text: string): { readonly part: Readonly<Record<string, unknown>> } | { readonly problem: string } {
  const decoded = fromBase64Url(text);
  if ('problem' in decoded) return refused(`Base64 error: ${decoded.problem}`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(decoded.bytes).toString());
  } catch (error) {
    return refused(`JSON error: ${messageOf(error)}`);
  }
  if (typeof value !== 'object' || value === null) return refused('JSON error: expected an object');
  return { part: { ...value } };
}
