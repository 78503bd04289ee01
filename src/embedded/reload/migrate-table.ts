import { type Table } from '../datastore/table.ts';
import { MigrationError } from './migration-error.ts';
import { type TableMigration } from './migration.ts';

/** Fills a table with the rows of its former version. Throws a {@link MigrationError} when two of them have the same value in a column that is unique now. */
export function migrateTable(former: Table, table: Table, migration: TableMigration | undefined): void {
  const { rows, sequences: formerSequences } = former.image();
  const isKept = ([column]: readonly [number, bigint]): boolean =>
    former.model.columns[column]?.name === table.model.columns[column]?.name;
  const sequences = new Map([...formerSequences].filter(isKept));
  table.restore({ rows: migration === undefined ? [] : extended(rows, migration.appended), sequences });
  for (const index of table.indexes) {
    if (!index.isUnique || index.keyCount === table.size) continue;
    const columns = index.columns.map((column) => table.model.columns[column]?.name).join(', ');
    throw new MigrationError([`${table.name}.${columns} is unique now, and rows have the same value in it`]);
  }
  for (const sequence of table.sequences) {
    if (!sequences.has(sequence.column)) sequence.resume(following(table, sequence.column, sequence.next));
  }
}

function* extended(rows: Iterable<Uint8Array>, appended: Uint8Array): Generator<Uint8Array> {
  for (const row of rows) {
    if (appended.length === 0) yield row;
    else {
      const longer = new Uint8Array(row.length + appended.length);
      longer.set(row);
      longer.set(appended, row.length);
      yield longer;
    }
  }
}

/** The number after the largest of a column, for a sequence that begins where rows are; `first` where there are none. */
function following(table: Table, column: number, first: bigint): bigint {
  let next = first;
  for (const row of table.rows()) {
    const value = row.value(column);
    if (typeof value !== 'number' && typeof value !== 'bigint') continue;
    if (BigInt(value) >= next) next = BigInt(value) + 1n;
  }
  return next;
}
