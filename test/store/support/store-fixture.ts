import { type HashIndex, type KeyedTable, type PlainTable } from '../../../src/store/handles.ts';
import { createKeyedTable, createPlainTable } from '../../../src/store/table-handles.ts';
import { createHashIndex } from '../../../src/store/table-indexes.ts';
import { changesIn, TestStore } from './rows.ts';
import { type Entity, entities, entity, type LogLine, logLines } from './tables.ts';

/** A store with two tables and an index; the first table has two rows. */
export interface StoreFixture {
  readonly server: TestStore;
  readonly table: KeyedTable<Entity, number>;
  readonly byRoom: HashIndex<Entity, number>;
  readonly log: PlainTable<LogLine>;
}

/** Makes a {@link StoreFixture}. */
export function storeFixture(wrapCommit?: (run: () => void) => void): StoreFixture {
  const server = new TestStore(wrapCommit);
  const table = createKeyedTable(server.store, entities);
  const byRoom = createHashIndex(table, { columnsOf: (row): readonly [number] => [row.room] });
  const log = createPlainTable(server.store, logLines);
  server.step(changesIn(1, entities, { inserts: [entity(1), entity(2)] }));
  return { server, table, byRoom, log };
}

/** A row of the second table. */
export const line: LogLine = { level: 1, text: 'x' };
