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
  /** How long each row is in bytes, where the hint says that; 0 where it says where they begin. */
  readonly size: number;
  /** What the rows lie in: their own bytes, or those of a whole message. */
  readonly data: Uint8Array;
  /** A reader of `data`, shared by everything that came in one message: whoever uses it sets its offset first. */
  readonly reader: BsatnReader | undefined;
  /** Where row `index` begins in `data`. */
  start(index: number): number;
  /** Where row `index` ends in `data`. */
  end(index: number): number;
}

/** Where rows begin: each so many bytes behind the one before, or at these offsets from the first, behind which comes where the last row ends. */
type SizeHint = number | Uint32Array;

class Rows implements RowList {
  readonly data: Uint8Array;
  readonly reader: BsatnReader | undefined;
  readonly length: number;
  readonly size: number;
  readonly #offsets: Uint32Array | undefined;
  readonly #from: number;

  /** The first row begins at `from`; all of them have so many bytes. */
  constructor(hint: SizeHint, data: Uint8Array, reader: BsatnReader | undefined, from: number, bytes: number) {
    const isFixed = typeof hint === 'number';
    this.data = data;
    this.reader = reader;
    this.size = isFixed ? hint : 0;
    this.length = isFixed ? bytes / hint || 0 : hint.length - 1;
    this.#offsets = isFixed ? undefined : hint;
    this.#from = from;
  }

  start(index: number): number {
    const offsets = this.#offsets;
    return this.#from + (offsets === undefined ? index * this.size : (offsets[index] ?? 0));
  }

  end(index: number): number {
    return this.start(index + 1);
  }
}

function rowsIn(data: Uint8Array, hint: SizeHint): RowList {
  return new Rows(hint, data, undefined, 0, data.length);
}

/** A list without rows. */
export const emptyRowList: RowList = /*@__PURE__*/ rowsIn(new Uint8Array(0), new Uint32Array(1));

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
  offsets.push(offset);
  const isFixed =
    first.length > 0 && first.length <= largestFixedSize && rows.every((row) => row.length === first.length);
  return rowsIn(data, isFixed ? first.length : Uint32Array.from(offsets));
}

/** Reads a row list, and checks that its hint fits its data. */
export function readRowList(reader: BsatnReader): RowList {
  const at = reader.offset;
  const hint = readHint(reader);
  const length = reader.u32();
  const from = reader.offset;
  // Without making a view of the rows.
  reader.skip(length);
  const problem = typeof hint === 'number' ? sizeProblem(hint, length) : offsetsProblem(hint, length);
  if (problem !== undefined) reader.fail('BsatnRowList', at, `${problem} ${length} bytes`);
  const rows = new Rows(hint, reader.bytes, reader, from, length);
  reader.rows += rows.length;
  return rows;
}

function readHint(reader: BsatnReader): SizeHint {
  switch (reader.u8()) {
    case 0:
      return reader.u16();
    case 1: {
      const count = reader.count('RowSizeHint', 8);
      const offsets = new Uint32Array(count + 1);
      // One that has more than 32 bits is behind the end of any data, as the greatest is.
      for (let index = 0; index < count; index++) offsets[index] = Math.min(reader.u64AsNumber(), 2 ** 32 - 1);
      return offsets;
    }
    default:
      return reader.unknownTag('RowSizeHint');
  }
}

function sizeProblem(size: number, length: number): string | undefined {
  const isWhole = size === 0 ? length === 0 : length % size === 0;
  return isWhole ? undefined : `rows of ${size} bytes do not make up`;
}

/** Sets where the last row ends. */
function offsetsProblem(offsets: Uint32Array, length: number): string | undefined {
  offsets[offsets.length - 1] = length;
  let previous = 0;
  for (let index = 0; index < offsets.length; index++) {
    const offset = offsets[index] ?? 0;
    if (offset < previous || (index === 0 && offset > 0))
      return `row ${index} begins at ${offset}, the one before at ${previous}, in`;
    previous = offset;
  }
  return undefined;
}

/** Writes a row list with the hint that it has. */
export function writeRowList(writer: BsatnWriter, rows: RowList): void {
  const from = rows.start(0);
  if (rows.size > 0) {
    writer.u8(0);
    writer.u16(rows.size);
  } else {
    writer.u8(1);
    writer.u32(rows.length);
    for (let index = 0; index < rows.length; index++) writer.u64(BigInt(rows.start(index) - from));
  }
  writer.byteArray(rows.data.subarray(from, rows.end(rows.length - 1)));
}
