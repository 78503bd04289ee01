import { type KeyedTable } from '../../../src/store/handles.ts';
import { createKeyedTable, storedTableOf } from '../../../src/store/table-handles.ts';
import { TestStore } from './rows.ts';
import { type Entity, entities } from './tables.ts';

/** A store with the entity table, and what its listeners heard. */
export interface EntityFixture {
  readonly server: TestStore;
  readonly table: KeyedTable<Entity, number>;
  /** The kinds of events since the last call. */
  readonly kinds: () => string[];
  /** Whether the table counts its rows one by one. */
  readonly isCounted: () => boolean;
}

/** Makes an {@link EntityFixture}. */
export function entityFixture(): EntityFixture {
  const server = new TestStore();
  const table = createKeyedTable(server.store, entities);
  let seen: string[] = [];
  table.onInsert(({ row }) => seen.push(`insert ${row.id}`));
  table.onUpdate(({ oldRow, newRow }) => seen.push(`update ${oldRow.id} ${oldRow.name}>${newRow.name}`));
  table.onDelete(({ row }) => seen.push(`delete ${row.id}`));
  const kinds = (): string[] => {
    const heard = seen;
    seen = [];
    return heard;
  };
  return { server, table, kinds, isCounted: () => !storedTableOf(table).base.counts.areUsual };
}
