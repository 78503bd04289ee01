import { BsatnReader } from '../../bsatn/reader.ts';
import { ConnectionId } from '../../bsatn/special/connection-id.ts';
import { Identity } from '../../bsatn/special/identity.ts';
import { BsatnWriter } from '../../bsatn/writer.ts';
import { StorageError } from '../../errors.ts';
import { type ClientChange, type CommitRecord, type TableChange } from './journal.ts';

/*
 * The payload of a record, in BSATN:
 *
 *   00 definition:bytes                                   the first record of a file: the module that the rows are of
 *   01 timestamp:i64 client tables:[table …]              a commit
 *
 *   client   00 | 01 identity:u256 connection:u128 (connected) | 02 identity:u256 connection:u128 (disconnected)
 *   table    name:string deleted:[bytes …] inserted:[bytes …] sequences:[column:u32 next:string …]
 *
 * `bytes` and `[… …]` begin with a u32: how many bytes, how many items. A sequence may be of any width, hence decimal digits.
 */

const startTag = 0;
const commitTag = 1;

/** One record of a log. */
export type LogRecord =
  | { readonly tag: 'start'; readonly definition: Uint8Array }
  | ({ readonly tag: 'commit' } & CommitRecord);

export function encodeStart(definition: Uint8Array): Uint8Array {
  const writer = new BsatnWriter(definition.length + 16);
  writer.u8(startTag);
  writeBytes(writer, definition);
  return writer.finish();
}

export function encodeCommit({ timestamp, client, tables }: CommitRecord): Uint8Array {
  const writer = new BsatnWriter(256);
  writer.u8(commitTag);
  writer.i64(timestamp);
  writeClient(writer, client);
  writer.u32(tables.length);
  for (const table of tables) writeTable(writer, table);
  return writer.finish();
}

/** Throws a {@link StorageError}, or another error for bytes that are cut short; a record whose checksum is right is whole. */
export function decodeRecord(payload: Uint8Array): LogRecord {
  const reader = new BsatnReader(payload, 'a record of a log');
  const tag = reader.u8();
  switch (tag) {
    case startTag:
      return { tag: 'start', definition: reader.byteArray() };
    case commitTag:
      return {
        tag: 'commit',
        timestamp: reader.i64(),
        client: readClient(reader),
        tables: readList(reader, 16, () => readTable(reader)),
      };
    default:
      throw new StorageError(`a log has a record of the kind ${tag}, which this version does not know`);
  }
}

function writeClient(writer: BsatnWriter, client: ClientChange | undefined): void {
  if (client === undefined) {
    writer.u8(0);
    return;
  }
  writer.u8(client.kind === 'connected' ? 1 : 2);
  writer.u256(client.identity.value);
  writer.u128(client.connectionId.value);
}

function readClient(reader: BsatnReader): ClientChange | undefined {
  const tag = reader.u8();
  if (tag === 0) return undefined;
  const identity = new Identity(reader.u256());
  const connectionId = new ConnectionId(reader.u128());
  return { kind: tag === 1 ? 'connected' : 'disconnected', identity, connectionId };
}

function writeTable(writer: BsatnWriter, { table, deleted, inserted, sequences }: TableChange): void {
  writer.string(table);
  for (const rows of [deleted, inserted]) {
    writer.u32(rows.length);
    for (const row of rows) writeBytes(writer, row);
  }
  writer.u32(sequences.size);
  for (const [column, next] of sequences) {
    writer.u32(column);
    writer.string(next.toString());
  }
}

function readTable(reader: BsatnReader): TableChange {
  const table = reader.string();
  const deleted = readList(reader, 4, () => reader.byteArray());
  const inserted = readList(reader, 4, () => reader.byteArray());
  const sequences = new Map(readList(reader, 8, () => [reader.u32(), BigInt(reader.string())] as const));
  return { table, deleted, inserted, sequences };
}

function writeBytes(writer: BsatnWriter, bytes: Uint8Array): void {
  writer.u32(bytes.length);
  writer.raw(bytes);
}

function readList<T>(reader: BsatnReader, minSize: number, read: () => T): T[] {
  return Array.from({ length: reader.count('list', minSize) }, read);
}
