import { describe, expect, test } from 'vitest';
import { identityFromClaims } from '../../src/embedded/identity.ts';

describe('identityFromClaims', () => {
  test('derives what a real server derives', () => {
    expect(identityFromClaims('localhost', 'sub').toHexString()).toBe(
      'c2005cd5d9dbb7fadc3915cb1e5316f1eafa89b8921d84d3ebe64357128026da',
    );
  });

  test('depends on issuer and subject and on where the one ends', () => {
    const identities = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['abc', ''],
    ].map(([issuer = '', subject = '']) => identityFromClaims(issuer, subject).toHexString());
    expect(new Set(identities).size).toBe(3);
  });
});
