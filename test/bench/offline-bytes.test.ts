import { expect, test } from 'vitest';
import { measureOfflineBytes } from '../../bench/speed/offline-bytes.ts';

/** What a row of the benches has on average, in bytes. */
const rowBytes = 53;

test('a client writes the rows that change, and not the table that they are in', async () => {
  const options = { rowsPerTransaction: 10, transactions: 50 };
  const small = await measureOfflineBytes({ rows: 2000, ...options });
  const large = await measureOfflineBytes({ rows: 20_000, ...options });
  expect(large.snapshot).toBeGreaterThan(20_000 * rowBytes);
  for (const { perChangedRow, syncs } of [small, large]) {
    expect(perChangedRow).toBeGreaterThan(rowBytes - 10);
    expect(perChangedRow).toBeLessThan(rowBytes + 20);
    expect(syncs).toBe(0);
  }
});

test('a client writes a table anew as seldom as it is large', async () => {
  // Every row changes twelve times: the table is written anew about as often.
  const { perChangedRow } = await measureOfflineBytes({ rows: 200, rowsPerTransaction: 10, transactions: 240 });
  expect(perChangedRow).toBeLessThan(2.5 * rowBytes + 20);
});
