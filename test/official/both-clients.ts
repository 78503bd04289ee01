import { expect, vi } from 'vitest';
import { type SpacetimeDbClient, tables as queries } from '../generated/reference/index.ts';
import { type OfficialClient } from './official-client.ts';
import { rowText } from './plain-value.ts';
import { type StoredTableName } from './shared-types.ts';
import { patienceMs } from '../support/patience.ts';

/** A client of ours and one of the package, at one server. */
export interface BothClients {
  readonly ours: SpacetimeDbClient;
  readonly official: OfficialClient;
}

/**
 * Fulfilled when both have received every transaction that was committed before. A server answers a connection in the order of its transactions,
 * so that the answer to a call comes after them; the package keeps that order as long as nothing is compressed.
 */
export async function bothUpToDate({ ours, official }: BothClients): Promise<void> {
  await Promise.all([ours.reducers.noop(), official.connection.reducers.noop({})]);
}

/** Asserts that both hold the same rows of `tables`. */
export function expectSameRows({ ours, official }: BothClients, tables: readonly StoredTableName[]): void {
  const ourRows = tables.map((table) => [table, rowTexts([...ours.tables[table].iter()])]);
  const officialRows = tables.map((table) => [table, rowTexts(official.rows(table))]);
  expect(Object.fromEntries(officialRows)).toEqual(Object.fromEntries(ourRows));
}

/** Asserts that both hold the rows of whole `tables` that the server has when it is asked. */
export async function expectRowsOfServer(clients: BothClients, tables: readonly StoredTableName[]): Promise<void> {
  expectSameRows(clients, tables);
  for (const table of tables) {
    const rows = await clients.ours.subscriptions.oneOffQuery<object>(queries[table]);
    expect({ [table]: rowTexts(clients.official.rows(table)) }).toEqual({ [table]: rowTexts(rows) });
  }
}

/** Tries an assertion until it holds; after {@link patienceMs} it fails with what still differs. */
export async function soon(assertion: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(assertion, { interval: 1, timeout: patienceMs });
}

/** The texts of rows, in an order of their own. */
function rowTexts(rows: readonly object[]): readonly string[] {
  return rows.map(rowText).sort();
}
