import { encode } from '../../src/bsatn/codec.ts';
import { KeptRows } from '../../src/store/kept-rows.ts';
import { type StoreTable } from '../../src/store/store-table.ts';
import { StoredTable } from '../../src/store/stored-table.ts';

/** The BSATN of each visible row of a table; rows that nobody has read are not read for it. */
export function encodedRows(table: StoreTable | undefined): readonly Uint8Array[] {
  if (!(table instanceof StoredTable)) return [];
  const { visibleRows, definition } = table;
  if (visibleRows instanceof KeptRows) return visibleRows.keys().flatMap((key) => visibleRows.encodedRow(key) ?? []);
  return Array.from(visibleRows.values(), (row) => encode(definition.codec, row));
}
