import { expect, test } from 'vitest';
import { subprotocols, versionOfSubprotocol } from '../../src/wire/version.ts';

test('every version has its subprotocol, newest first, and no other text stands for one', () => {
  expect(Object.entries(subprotocols)).toEqual([
    ['v3', 'v3.bsatn.spacetimedb'],
    ['v2', 'v2.bsatn.spacetimedb'],
  ]);
  expect(Object.values(subprotocols).map((subprotocol) => versionOfSubprotocol(subprotocol))).toEqual(['v3', 'v2']);
  const others = ['', 'v1.bsatn.spacetimedb', 'v4.bsatn.spacetimedb', 'V3.bsatn.spacetimedb', 'v3'];
  expect(others.map((subprotocol) => versionOfSubprotocol(subprotocol))).toEqual(others.map(() => undefined));
});
