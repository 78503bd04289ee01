import { type BsatnReader } from '../bsatn/reader.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';

/**
 * The rows of one table in one message, as they came: one run of bytes and a hint where each row begins.
 *
 * ```text
 * size hint                      rows data
 * 00 size:u16                    length:u32 row row row …           every row has `size` bytes
 * 01 count:u32 offset:u64 …      length:u32 row row row …           row i begins at offset i
 * ```
 *
 * `FixedSize` says nothing about the type: servers use it whenever the rows of one list happen to be equally long.
 * Rows without bytes always come with offsets.
 */
export interface RowList {
  /** How many rows there are. */
  readonly length: number;
  /** The bytes of all rows. */
  readonly data: Uint8Array;
  /** Where row `index` begins in `data`. */
  start(index: number): number;
  /** Where row `index` ends in `data`. */
  end(index: number): number;
}

class FixedSizeRows implements RowList {
  readonly data: Uint8Array;
  readonly length: number;
  readonly size: number;

  constructor(size: number, data: Uint8Array) {
    this.size = size;
    this.data = data;
    this.length = data.length / size;
  }

  start(index: number): number {
    return index * this.size;
  }

  end(index: number): number {
    return index * this.size + this.size;
  }
}

class OffsetRows implements RowList {
  readonly data: Uint8Array;
  readonly offsets: readonly number[];

  constructor(offsets: readonly number[], data: Uint8Array) {
    this.offsets = offsets;
    this.data = data;
  }

  get length(): number {
    return this.offsets.length;
  }

  start(index: number): number {
    return this.offsets[index] ?? this.data.length;
  }

  end(index: number): number {
    return this.offsets[index + 1] ?? this.data.length;
  }
}

/** A list without rows. */
export const emptyRowList: RowList = new OffsetRows([], new Uint8Array(0));

/** Row `index` of a list as a view of its bytes. */
export function rowAt(rows: RowList, index: number): Uint8Array {
  return rows.data.subarray(rows.start(index), rows.end(index));
}

/** All rows of a list as views of its bytes. */
export function rowsOf(rows: RowList): Uint8Array[] {
  return Array.from({ length: rows.length }, (_, index) => rowAt(rows, index));
}

const largestFixedSize = 0xffff;

/** A row list of these rows, with the hint that a server would choose. */
export function rowListOf(rows: readonly Uint8Array[]): RowList {
  const [first] = rows;
  if (first === undefined) return emptyRowList;
  const data = new Uint8Array(rows.reduce((sum, row) => sum + row.length, 0));
  const offsets: number[] = [];
  let offset = 0;
  for (const row of rows) {
    offsets.push(offset);
    data.set(row, offset);
    offset += row.length;
  }
  const isFixed =
    first.length > 0 && first.length <= largestFixedSize && rows.every((row) => row.length === first.length);
  return isFixed ? new FixedSizeRows(first.length, data) : new OffsetRows(offsets, data);
}

/** Reads a row list, and checks that its hint fits its data. */
export function readRowList(reader: BsatnReader): RowList {
  const at = reader.offset;
  switch (reader.u8()) {
    case 0: {
      const size = reader.u16();
      const data = reader.byteView();
      if (size === 0 ? data.length > 0 : data.length % size !== 0) {
        return reader.fail('BsatnRowList', at, `${data.length} bytes are not rows of ${size} bytes`);
      }
      return size === 0 ? emptyRowList : new FixedSizeRows(size, data);
    }
    case 1:
      return readOffsetRows(reader, at);
    default:
      return reader.unknownTag('RowSizeHint');
  }
}

function readOffsetRows(reader: BsatnReader, at: number): RowList {
  const count = reader.count('RowSizeHint', 8);
  const offsets: number[] = [];
  for (let index = 0; index < count; index++) offsets.push(reader.u64AsNumber());
  const data = reader.byteView();
  let previous = 0;
  for (let index = 0; index < count; index++) {
    const offset = offsets[index] ?? 0;
    if (offset < previous || offset > data.length || (index === 0 && offset !== 0)) {
      return reader.fail(
        'BsatnRowList',
        at,
        `row ${index} begins at ${offset} in ${data.length} bytes, after ${previous}`,
      );
    }
    previous = offset;
  }
  if (count === 0 && data.length > 0) return reader.fail('BsatnRowList', at, `${data.length} bytes belong to no row`);
  return new OffsetRows(offsets, data);
}

/** Writes a row list with the hint that it has. */
export function writeRowList(writer: BsatnWriter, rows: RowList): void {
  if (rows instanceof FixedSizeRows) {
    writer.u8(0);
    writer.u16(rows.size);
  } else {
    writer.u8(1);
    writer.u32(rows.length);
    for (let index = 0; index < rows.length; index++) writer.u64(BigInt(rows.start(index)));
  }
  writer.byteArray(rows.data);
}
