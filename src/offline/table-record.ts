import { BsatnReader } from '../bsatn/reader.ts';
import { BsatnWriter } from '../bsatn/writer.ts';
import { StorageError } from '../errors.ts';
import { readRowList, type RowList, rowListOf, writeRowList } from '../wire/row-list.ts';
import { readRecord, type RecordHeader, type RecordOwner, writeRecord } from './record.ts';

/** Rows of a table that changed: those that are there now, and those that are gone. */
export interface TableChanges {
  readonly puts: readonly Uint8Array[];
  readonly removals: readonly Uint8Array[];
}

/** The same, as it was read. */
export interface StoredChanges {
  readonly puts: RowList;
  readonly removals: RowList;
}

/** All rows of a table, as one record: its header, then a row list as on the wire. */
export function writeSnapshot(owner: RecordOwner, shape: string, rows: readonly Uint8Array[]): Uint8Array {
  return writeRecord({ ...owner, kind: 'snapshot', shape }, (writer) => writeRowList(writer, rowListOf(rows)));
}

/** The rows of a snapshot, with whose they are. Throws a {@link StorageError} where the bytes are none. */
export function readSnapshot(
  table: string,
  bytes: Uint8Array,
): { readonly header: RecordHeader; readonly rows: RowList } {
  return readRecord(bytes, `the snapshot of table ${table}`, (header, reader) => {
    if (header.kind !== 'snapshot') return reader.fail('a snapshot', 1, `this is a ${header.kind}`);
    return { header, rows: readRowList(reader) };
  });
}

/** Changes that follow a snapshot, whose header says what they are: two row lists. */
export function writeChanges({ puts, removals }: TableChanges): Uint8Array {
  const writer = new BsatnWriter();
  writeRowList(writer, rowListOf(puts));
  writeRowList(writer, rowListOf(removals));
  return writer.finish();
}

/** Reads what {@link writeChanges} wrote. Throws a {@link StorageError} for anything else. */
export function readChanges(table: string, bytes: Uint8Array): StoredChanges {
  const what = `changes of table ${table}`;
  try {
    const reader = new BsatnReader(bytes, what);
    const changes = { puts: readRowList(reader), removals: readRowList(reader) };
    reader.finish(what);
    return changes;
  } catch (cause) {
    throw new StorageError(`${what} cannot be read`, { cause });
  }
}
