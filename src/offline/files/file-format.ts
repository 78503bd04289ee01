import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/*
 * A journal is a file that grows at its end. Numbers are little-endian.
 *
 *   file     header │ the same header again │ record │ record │ …
 *
 *   header    0  8  "STDB-OFF"
 *             8  4  format: 1
 *            12  4  what is in it: 1 queue, 2 table, 3 times
 *            16  4  marker: random, the file's own
 *            20  8  zero
 *            28  4  CRC-32 of the 28 bytes before
 *
 *   record    0  4  marker of the file
 *             4  4  length of the payload in bytes
 *             8  4  CRC-32 of the payload
 *            12  4  CRC-32 of the 12 bytes before
 *            16  …  payload; its first byte says what it is
 *
 * The header is there twice and a record's length has a checksum of its own, so that no damaged byte takes more with it
 * than the record it is in. Where a length is damaged, the marker leads to the next record; it is random, so that no row
 * can hold what looks like a record.
 */

/** What a journal may hold. */
export type JournalKind = 'queue' | 'table' | 'times';

const kindNumbers: Readonly<Record<JournalKind, number>> = { queue: 1, table: 2, times: 3 };
const magic = Buffer.from('STDB-OFF', 'latin1');
const format = 1;
const headerSize = 32;

/** Where the first record begins. */
export const recordsAt: number = 2 * headerSize;

/** What a record costs besides its payload, in bytes. */
export const recordOverhead = 16;

/** Makes the beginning of a new journal, and its marker. */
export function newJournal(kind: JournalKind): { readonly header: Uint8Array; readonly marker: number } {
  const header = Buffer.alloc(recordsAt);
  const marker = randomBytes(4).readUInt32LE();
  magic.copy(header);
  header.writeUInt32LE(format, 8);
  header.writeUInt32LE(kindNumbers[kind], 12);
  header.writeUInt32LE(marker, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  header.copy(header, headerSize, 0, headerSize);
  return { header, marker };
}

/** A record whose payload has `size` bytes: still to be filled and sealed. Throws a `RangeError` when that is too long. */
export function newRecord(size: number): Buffer {
  if (size > 0xffff_ffff) throw new RangeError(`${size} bytes are more than a record can hold`);
  return Buffer.alloc(recordOverhead + size);
}

/** Writes what stands before the payload. */
export function sealRecord(record: Buffer, marker: number): void {
  record.writeUInt32LE(marker, 0);
  record.writeUInt32LE(record.length - recordOverhead, 4);
  record.writeUInt32LE(crc32(record.subarray(recordOverhead)), 8);
  record.writeUInt32LE(crc32(record.subarray(0, 12)), 12);
}

/** Bytes that belong to no record. */
interface DamagedBytes {
  readonly from: number;
  readonly to: number;
}

/** What a file turned out to be. */
export type JournalContent =
  | { readonly kind: 'foreign'; readonly reason: string }
  | {
      readonly kind: 'journal';
      readonly marker: number;
      /** The payloads, in order, without those that are damaged. */
      readonly payloads: readonly Uint8Array[];
      /** Where the last record ends. What is behind it was never finished, or is named in `damaged`. */
      readonly end: number;
      readonly damaged: readonly DamagedBytes[];
    };

/** Reads a journal as far as it can be read. */
export function readJournal(bytes: Uint8Array, kind: JournalKind): JournalContent {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = markerOf(file.subarray(0, headerSize), kind);
  const second = markerOf(file.subarray(headerSize, recordsAt), kind);
  const marker = first.marker ?? second.marker;
  if (marker === undefined) return { kind: 'foreign', reason: first.reason };
  const damaged: DamagedBytes[] = [];
  // The second header of a file that ends in it was cut off, which is no damage.
  const isCut = file.length < recordsAt;
  if (first.marker === undefined) damaged.push({ from: 0, to: headerSize });
  else if (second.marker !== first.marker && !isCut) damaged.push({ from: headerSize, to: recordsAt });
  return { kind: 'journal', marker, ...readRecords(file, marker, damaged) };
}

function markerOf(header: Buffer, kind: JournalKind): { readonly marker?: number; readonly reason: string } {
  if (header.length < headerSize || !header.subarray(0, magic.length).equals(magic)) {
    return { reason: 'it is no journal of an offline store' };
  }
  if (header.readUInt32LE(28) !== crc32(header.subarray(0, 28))) return { reason: 'its header is damaged' };
  const itsFormat = header.readUInt32LE(8);
  if (itsFormat !== format) return { reason: `it has format ${itsFormat}, and this version reads format ${format}` };
  if (header.readUInt32LE(12) !== kindNumbers[kind]) return { reason: `it is a journal, but not of a ${kind}` };
  return { marker: header.readUInt32LE(16), reason: '' };
}

function readRecords(
  file: Buffer,
  marker: number,
  damaged: DamagedBytes[],
): { readonly payloads: Uint8Array[]; readonly end: number; readonly damaged: readonly DamagedBytes[] } {
  const payloads: Uint8Array[] = [];
  let end = recordsAt;
  let offset = recordsAt;
  while (offset < file.length) {
    const size = payloadSizeAt(file, offset, marker);
    const next = size === undefined ? nextRecord(file, offset, marker) : offset + recordOverhead + size;
    if (size !== undefined && next <= file.length) {
      const payload = file.subarray(offset + recordOverhead, next);
      if (crc32(payload) === file.readUInt32LE(offset + 8)) {
        payloads.push(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength));
        end = next;
        offset = next;
        continue;
      }
    }
    const isTorn = next >= file.length && isUnfinished(file.subarray(offset), size, marker);
    const to = Math.min(next, file.length);
    const before = damaged.at(-1);
    if (before?.to === offset) damaged.splice(-1, 1, { from: before.from, to });
    else if (!isTorn) damaged.push({ from: offset, to });
    offset = next;
  }
  return { payloads, end, damaged };
}

/** The length of the payload of the record at `offset`; `undefined` where none begins. */
function payloadSizeAt(file: Buffer, offset: number, marker: number): number | undefined {
  if (offset + recordOverhead > file.length || file.readUInt32LE(offset) !== marker) return undefined;
  if (file.readUInt32LE(offset + 12) !== crc32(file.subarray(offset, offset + 12))) return undefined;
  return file.readUInt32LE(offset + 4);
}

/** Where the next record after `offset` begins; the end of the file where there is none. */
function nextRecord(file: Buffer, offset: number, marker: number): number {
  const needle = Buffer.alloc(4);
  needle.writeUInt32LE(marker);
  for (let at = file.indexOf(needle, offset + 1); at >= 0; at = file.indexOf(needle, at + 1)) {
    if (payloadSizeAt(file, at, marker) !== undefined) return at;
  }
  return file.length;
}

/**
 * Whether the last bytes of a file are what is left of a write that was cut off: the beginning of a record, or zeros in
 * its place where a system had made the file longer, but had not yet written to it when it stopped.
 */
function isUnfinished(tail: Buffer, size: number | undefined, marker: number): boolean {
  if (size !== undefined && recordOverhead + size > tail.length) return true;
  if (tail.every((byte) => byte === 0)) return true;
  if (tail.length >= recordOverhead) return false;
  const beginning = Buffer.alloc(4);
  beginning.writeUInt32LE(marker);
  const length = Math.min(4, tail.length);
  return tail.subarray(0, length).equals(beginning.subarray(0, length));
}
