import { type BsatnReader } from '../bsatn/reader.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';
import { readRecord, type RecordOwner, writeRecord } from './record.ts';

/** What a call was expected to change in one row, as bytes. */
export interface StoredChange {
  readonly kind: 'insert' | 'update' | 'delete';
  readonly table: string;
  /** A hash of what the rows are. */
  readonly shape: string;
  /** One row, or of an update the old and the new one. */
  readonly rows: readonly Uint8Array[];
}

/** A call as the queue keeps it between runs. */
export interface MutationRecord extends RecordOwner {
  readonly reducer: string;
  /** A hash of what the reducer took when the call was made; empty where nobody knew. */
  readonly shape: string;
  /** Where the call stands among all of its store, and in it for ever. */
  readonly sequence: number;
  readonly args: Uint8Array;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /**
   * The number of the `unsentMark` that it was made under: as long as the store has that, the call was not sent. Undefined where it was made with a connection,
   * so that it may have been sent before it was written.
   */
  readonly unsentMark: number | undefined;
  /** Whether the rows of the server can show that it was carried out. */
  readonly isProvable: boolean;
  readonly changes: readonly StoredChange[];
}

/**
 * What stands in the queue of a store besides calls. `unsentMark`: the calls that name it were not sent; it is taken out before the first of them is.
 * `ownerMark`: calls before it that were made before the client knew its identity are of this owner.
 */
export interface QueueMark extends RecordOwner {
  readonly kind: 'unsentMark' | 'ownerMark';
  /** Where it stands among the calls and marks of its store. */
  readonly sequence: number;
}

/** What stands in the queue of a store. */
export type QueueRecord = { readonly kind: 'mutation'; readonly mutation: MutationRecord } | QueueMark;

const changeKinds = ['insert', 'update', 'delete'] as const;

/**
 * ```text
 * header  sequence:u64  reducer:string  args:bytes  createdAt:f64  unsentMark:option<u64>  isProvable:bool
 * changes: count:u32 { kind:u8  table:string  shape:string  rows: count:u32 { bytes } }
 * ```
 */
export function writeMutation(mutation: MutationRecord): Uint8Array {
  return writeRecord({ ...mutation, kind: 'mutation' }, (writer) => {
    writer.u64(BigInt(mutation.sequence));
    writer.string(mutation.reducer);
    writer.byteArray(mutation.args);
    writer.f64(mutation.createdAt);
    if (writer.optionTag(mutation.unsentMark)) writer.u64(BigInt(mutation.unsentMark));
    writer.bool(mutation.isProvable);
    writer.u32(mutation.changes.length);
    for (const change of mutation.changes) writeChange(writer, change);
  });
}

/**
 * ```text
 * header  sequence:u64
 * ```
 */
export function writeMark(mark: QueueMark): Uint8Array {
  return writeRecord({ ...mark, shape: '' }, (writer) => writer.u64(BigInt(mark.sequence)));
}

/** Reads what {@link writeMutation} or {@link writeMark} wrote. Throws a `StorageError` for anything else. */
export function readQueueRecord(id: string, bytes: Uint8Array): QueueRecord {
  return readRecord(bytes, `the stored call ${id}`, (header, reader): QueueRecord => {
    const sequence = Number(reader.u64());
    const { kind, address, identity, shape } = header;
    if (kind === 'unsentMark' || kind === 'ownerMark') return { kind, address, identity, sequence };
    if (kind !== 'mutation') return reader.fail('a stored call', 1, `this is a ${kind}`);
    const mutation = {
      address,
      identity,
      shape,
      sequence,
      reducer: reader.string(),
      args: reader.byteArray(),
      createdAt: reader.f64(),
      unsentMark: reader.optionTag() ? Number(reader.u64()) : undefined,
      isProvable: reader.bool(),
      changes: listOf(reader, readChange),
    };
    return { kind, mutation };
  });
}

function writeChange(writer: BsatnWriter, { kind, table, shape, rows }: StoredChange): void {
  writer.u8(changeKinds.indexOf(kind));
  writer.string(table);
  writer.string(shape);
  writer.u32(rows.length);
  for (const row of rows) writer.byteArray(row);
}

function readChange(reader: BsatnReader): StoredChange {
  const kind = changeKinds[reader.u8()] ?? reader.unknownTag('an optimistic change');
  return { kind, table: reader.string(), shape: reader.string(), rows: listOf(reader, (inner) => inner.byteArray()) };
}

function listOf<T>(reader: BsatnReader, read: (reader: BsatnReader) => T): T[] {
  return Array.from({ length: reader.count('a list', 4) }, () => read(reader));
}
