import { type Identity, identityCodec } from '../bsatn/special/identity.ts';
import { BsatnReader } from '../bsatn/reader.ts';
import { BsatnWriter } from '../bsatn/writer.ts';
import { messageOf, StorageError } from '../errors.ts';

/** What is written changes with this number, and nothing of another number is read. */
const format = 2;

const kinds = { session: 0, snapshot: 1, mutation: 2, unsentMark: 3, ownerMark: 4 } as const;

/** What a record of an offline store is. */
type RecordKind = keyof typeof kinds;

/** Whose records these are: the database, and who the client is to it. */
export interface RecordOwner {
  /** Host and database. */
  readonly address: string;
  /** Undefined before the first connection ever. */
  readonly identity: Identity | undefined;
}

/**
 * How every record of an offline store begins. What follows is read only where all of it fits.
 *
 * ```text
 * format:u8  kind:u8  address:string  identity:option<u256>  shape:string  …
 * ```
 */
export interface RecordHeader extends RecordOwner {
  readonly kind: RecordKind;
  /** A hash of the types of what follows: of a table's rows, or of a reducer's parameters. Empty where nobody knows. */
  readonly shape: string;
}

/** A record: the header, and what `write` adds. */
export function writeRecord(header: RecordHeader, write: (writer: BsatnWriter) => void): Uint8Array {
  const writer = new BsatnWriter();
  writer.u8(format);
  writer.u8(kinds[header.kind]);
  writer.string(header.address);
  if (writer.optionTag(header.identity)) identityCodec.write(writer, header.identity);
  writer.string(header.shape);
  write(writer);
  return writer.finish();
}

/** What `read` makes of a record, all of it. Throws a {@link StorageError} where the bytes are none, or one that another version of this package wrote. */
export function readRecord<T>(
  bytes: Uint8Array,
  what: string,
  read: (header: RecordHeader, reader: BsatnReader) => T,
): T {
  try {
    const reader = new BsatnReader(bytes, what);
    const found = reader.u8();
    if (found !== format) throw new StorageError(`${what} is of format ${found}, this version reads ${format}`);
    const value = read(readHeader(reader), reader);
    reader.finish(what);
    return value;
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`${what} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function readHeader(reader: BsatnReader): RecordHeader {
  const kind = kindOf(reader.u8());
  if (kind === undefined) return reader.unknownTag('the kind of a record');
  const address = reader.string();
  const identity = reader.optionTag() ? identityCodec.read(reader) : undefined;
  return { kind, address, identity, shape: reader.string() };
}

function kindOf(tag: number): RecordKind | undefined {
  switch (tag) {
    case kinds.session:
      return 'session';
    case kinds.snapshot:
      return 'snapshot';
    case kinds.mutation:
      return 'mutation';
    case kinds.unsentMark:
      return 'unsentMark';
    case kinds.ownerMark:
      return 'ownerMark';
    default:
      return undefined;
  }
}

/** Whether both are of the same database and, where both identities are known, of the same one. */
export function mayBeOfSameOwner(left: RecordOwner, right: RecordOwner): boolean {
  if (left.address !== right.address) return false;
  return left.identity === undefined || right.identity === undefined || left.identity.equals(right.identity);
}

/** Whether both are of the same database and the same identity. */
export function isSameOwner(left: RecordOwner, right: RecordOwner): boolean {
  if (left.address !== right.address) return false;
  return left.identity === undefined ? right.identity === undefined : right.identity?.equals(left.identity) === true;
}
