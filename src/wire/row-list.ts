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
  /** What the rows lie in: their own bytes, or those of a whole message. */
  readonly data: Uint8Array;
  /** A reader of `data`, shared by everything that came in one message: whoever uses it sets its offset first. */
  readonly reader: BsatnReader | undefined;
  /** Where row `index` begins in `data`. */
  start(index: number): number;
  /** Where row `index` ends in `data`. */
  end(index: number): number;
}

/** Rows lie between `from` and `to`. */
interface RowRun {
  readonly data: Uint8Array;
  readonly reader: BsatnReader | undefined;
  readonly from: number;
  readonly to: number;
}

class FixedSizeRows implements RowList {
  readonly data: Uint8Array;
  readonly reader: BsatnReader | undefined;
  readonly length: number;
  readonly size: number;
  readonly #from: number;

  constructor(size: number, { data, reader, from, to }: RowRun) {
    this.size = size;
    this.data = data;
    this.reader = reader;
    this.length = (to - from) / size;
    this.#from = from;
  }

  start(index: number): number {
    return this.#from + index * this.size;
  }

  end(index: number): number {
    return this.#from + index * this.size + this.size;
  }
}

class OffsetRows implements RowList {
  readonly data: Uint8Array;
  readonly reader: BsatnReader | undefined;
  /** From the beginning of the first row. */
  readonly offsets: Uint32Array;
  readonly #from: number;
  readonly #to: number;

  constructor(offsets: Uint32Array, { data, reader, from, to }: RowRun) {
    this.offsets = offsets;
    this.data = data;
    this.reader = reader;
    this.#from = from;
    this.#to = to;
  }

  get length(): number {
    return this.offsets.length;
  }

  start(index: number): number {
    const offset = this.offsets[index];
    return offset === undefined ? this.#to : this.#from + offset;
  }

  end(index: number): number {
    return this.start(index + 1);
  }
}

function runOf(data: Uint8Array): RowRun {
  return { data, reader: undefined, from: 0, to: data.length };
}

/** A list without rows. */
export const emptyRowList: RowList = new OffsetRows(new Uint32Array(0), runOf(new Uint8Array(0)));

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
  return isFixed
    ? new FixedSizeRows(first.length, runOf(data))
    : new OffsetRows(Uint32Array.from(offsets), runOf(data));
}

/** Reads a row list, and checks that its hint fits its data. */
export function readRowList(reader: BsatnReader): RowList {
  const at = reader.offset;
  switch (reader.u8()) {
    case 0: {
      const size = reader.u16();
      const run = readRun(reader);
      const length = run.to - run.from;
      if (size === 0 ? length > 0 : length % size !== 0) {
        return reader.fail('BsatnRowList', at, `${length} bytes are not rows of ${size} bytes`);
      }
      return size === 0 ? emptyRowList : new FixedSizeRows(size, run);
    }
    case 1:
      return readOffsetRows(reader, at);
    default:
      return reader.unknownTag('RowSizeHint');
  }
}

/** Moves behind the rows, without making a view of them. */
function readRun(reader: BsatnReader): RowRun {
  const length = reader.u32();
  const from = reader.offset;
  reader.skip(length);
  return { data: reader.bytes, reader, from, to: reader.offset };
}

function readOffsetRows(reader: BsatnReader, at: number): RowList {
  const count = reader.count('RowSizeHint', 8);
  const offsets = new Uint32Array(count);
  let previous = 0;
  let wrong: string | undefined;
  for (let index = 0; index < count; index++) {
    const offset = reader.u64AsNumber();
    if (offset < previous || offset > reader.bytes.length || (index === 0 && offset !== 0))
      wrong ??= `row ${index} begins at ${offset}, the one before at ${previous},`;
    offsets[index] = offset;
    previous = offset;
  }
  const run = readRun(reader);
  const length = run.to - run.from;
  if (previous > length) wrong ??= `row ${count - 1} begins at ${previous}`;
  if (count === 0 && length > 0) wrong = 'there is no row';
  if (wrong !== undefined) return reader.fail('BsatnRowList', at, `${wrong} in ${length} bytes`);
  return new OffsetRows(offsets, run);
}

/** Writes a row list with the hint that it has. */
export function writeRowList(writer: BsatnWriter, rows: RowList): void {
  const from = rows.start(0);
  if (rows instanceof FixedSizeRows) {
    writer.u8(0);
    writer.u16(rows.size);
  } else {
    writer.u8(1);
    writer.u32(rows.length);
    for (let index = 0; index < rows.length; index++) writer.u64(BigInt(rows.start(index) - from));
  }
  writer.byteArray(rows.data.subarray(from, rows.end(rows.length - 1)));
}
