import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ConnectionId, Identity, TimeDuration, Timestamp, Uuid } from '../../../src/index.ts';

test('special values in a row are printed as their text', () => {
  const row = {
    owner: new Identity(0xc2n << 248n),
    connection: new ConnectionId(5n),
    sent: new Timestamp(1_700_000_000_123_456n),
    after: new TimeDuration(-1_500_000n),
    id: Uuid.parse('00000000-0000-4000-8000-000000000001'),
  };
  const digits = '0'.repeat(62);
  expect(inspect(row)).toBe(`{
  owner: c2${digits},
  connection: ${digits.slice(31)}5,
  sent: 2023-11-14T22:13:20.123456Z,
  after: -1.500000s,
  id: 00000000-0000-4000-8000-000000000001
}`);
});
