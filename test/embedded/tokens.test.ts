import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { identityFromClaims } from '../../src/embedded/identity.ts';
import { TokenAuthority, webSocketTokenSeconds } from '../../src/embedded/tokens.ts';

const start = 1_700_000_000_000_000n;

function authority(key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) {
  let micros = start;
  return {
    tokens: new TokenAuthority({ nowMicros: () => micros, key }),
    pass: (seconds: number) => {
      micros += BigInt(seconds) * 1_000_000n;
    },
  };
}

const claimsOf = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('TokenAuthority', () => {
  test('issues tokens with the claims of a server', () => {
    const { tokens } = authority();
    expect(claimsOf(tokens.issue('ann'))).toEqual({
      hex_identity: identityFromClaims('localhost', 'ann').toHexString(),
      sub: 'ann',
      iss: 'localhost',
      aud: ['spacetimedb'],
      iat: 1_700_000_000,
      exp: null,
    });
  });

  test('accepts its own token and derives the identity from its claims', () => {
    const { tokens, pass } = authority();
    const token = tokens.issue('ann');
    pass(1_000_000_000);
    expect(tokens.verify(token)).toEqual({
      claims: {
        identity: identityFromClaims('localhost', 'ann'),
        subject: 'ann',
        issuer: 'localhost',
        expiresAt: undefined,
      },
    });
  });

  test('gives everybody without a subject an identity of his own', () => {
    const { tokens } = authority();
    const subjects = [tokens.issue(), tokens.issue()].map((token) => tokens.verify(token));
    expect(subjects[0]).not.toEqual(subjects[1]);
  });

  test('lets a token for a WebSocket expire after a minute', () => {
    const { tokens, pass } = authority();
    const token = tokens.issue('ann', webSocketTokenSeconds);
    pass(59);
    expect(tokens.verify(token)).toHaveProperty('claims');
    pass(1);
    expect(tokens.verify(token)).toEqual({ problem: 'Invalid token: ExpiredSignature' });
  });

  test('refuses the token of another key, and takes it when it was given that key', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const token = authority(key).tokens.issue('ann');
    expect(authority().tokens.verify(token)).toEqual({ problem: 'Invalid token: InvalidSignature' });
    expect(authority(key).tokens.verify(token)).toHaveProperty('claims');
  });

  test('refuses a token whose claims were changed', () => {
    const { tokens } = authority();
    const [header, , signature] = tokens.issue('ann').split('.');
    const [, payload] = tokens.issue('bob').split('.');
    expect(tokens.verify([header, payload, signature].join('.'))).toEqual({
      problem: 'Invalid token: InvalidSignature',
    });
  });

  test.each([
    ['not-a-token', 'Invalid token: InvalidToken'],
    ['', 'Invalid token: InvalidToken'],
    ['a.b.c.d', 'Invalid token: InvalidToken'],
    ['not.a.token', 'Invalid token: Base64 error: Invalid last symbol 116, offset 2.'],
    ['n+t.a.token', 'Invalid token: Base64 error: Invalid symbol 43, offset 1.'],
    ['e.a.token', 'Invalid token: Base64 error: Invalid input length: 1'],
    [`${Buffer.from('{"alg":"none"}').toString('base64url')}.a.`, 'Invalid token: InvalidAlgorithm'],
  ])('says what is wrong with %j', (token, problem) => {
    expect(authority().tokens.verify(token)).toEqual({ problem });
  });

  test('says that a header is no JSON', () => {
    const header = Buffer.from('{').toString('base64url');
    expect(authority().tokens.verify(`${header}.a.b`)).toEqual({
      problem: expect.stringContaining('Invalid token: JSON error: '),
    });
  });
});
