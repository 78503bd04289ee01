import { errno, HostError } from '../errno.ts';
import { type EncodedRange } from '../datastore/table-index.ts';
import { type Guest } from './guest.ts';
import { type HostFunction } from './web-assembly.ts';

/** Runs a host function: 0 when it is done, the error number when it cannot be done. What is no {@link HostError} becomes a trap. */
export function answering(run: () => void): number {
  try {
    run();
    return 0;
  } catch (error) {
    if (error instanceof HostError) return error.errno;
    throw error;
  }
}

type RangeFunction = (
  index: number,
  prefix: number,
  prefixLength: number,
  prefixColumns: number,
  lower: number,
  lowerLength: number,
  upper: number,
  upperLength: number,
  out: number,
) => number;

/** The host functions that read and write tables. */
export function datastoreFunctions(guest: Guest): readonly (readonly [string, HostFunction])[] {
  return [...readFunctions(guest), ...writeFunctions(guest)];
}

function readFunctions(guest: Guest): readonly (readonly [string, HostFunction])[] {
  const { ops, iterators } = guest;
  const scanRange = rangeFunction(guest, (index, range) => iterators.open(ops.scanRange(index, range)));
  return [
    ['spacetime_10.0.table_id_from_name', byName(guest, (name) => ops.tableId(name))],
    ['spacetime_10.0.index_id_from_name', byName(guest, (name) => ops.indexId(name))],
    [
      'spacetime_10.0.datastore_table_row_count',
      (table: number, out: number) => answering(() => guest.memory.writeU64(out, BigInt(ops.rowCount(table)))),
    ],
    [
      'spacetime_10.0.datastore_table_scan_bsatn',
      (table: number, out: number) => answering(() => guest.memory.writeU32(out, iterators.open(ops.scanTable(table)))),
    ],
    ['spacetime_10.0.datastore_index_scan_range_bsatn', scanRange],
    ['spacetime_10.0.datastore_btree_scan_bsatn', scanRange],
    [
      'spacetime_10.4.datastore_index_scan_point_bsatn',
      (index: number, point: number, length: number, out: number) =>
        answering(() => {
          const rows = ops.scanPoint(index, guest.memory.bytes(point, length));
          guest.memory.writeU32(out, iterators.open(rows));
        }),
    ],
    ['spacetime_10.0.row_iter_bsatn_advance', advance(guest)],
    [
      'spacetime_10.0.row_iter_bsatn_close',
      (iterator: number) => (iterators.close(iterator) ? 0 : errno.noSuchIterator),
    ],
  ];
}

function writeFunctions(guest: Guest): readonly (readonly [string, HostFunction])[] {
  const { ops } = guest;
  const deleteRange = rangeFunction(guest, (index, range) => ops.deleteRange(index, range));
  return [
    [
      'spacetime_10.0.datastore_insert_bsatn',
      (table: number, row: number, length: number) => writeRow(guest, row, length, (bytes) => ops.insert(table, bytes)),
    ],
    [
      'spacetime_10.0.datastore_update_bsatn',
      (table: number, index: number, row: number, length: number) =>
        writeRow(guest, row, length, (bytes) => ops.update(table, index, bytes)),
    ],
    [
      'spacetime_10.0.datastore_delete_all_by_eq_bsatn',
      (table: number, rows: number, length: number, out: number) =>
        answering(() => guest.memory.writeU32(out, ops.deleteRows(table, guest.memory.bytes(rows, length)))),
    ],
    ['spacetime_10.0.datastore_delete_by_index_scan_range_bsatn', deleteRange],
    ['spacetime_10.0.datastore_delete_by_btree_scan_bsatn', deleteRange],
    [
      'spacetime_10.4.datastore_delete_by_index_scan_point_bsatn',
      (index: number, point: number, length: number, out: number) =>
        answering(() => guest.memory.writeU32(out, ops.deletePoint(index, guest.memory.bytes(point, length)))),
    ],
    [
      'spacetime_10.5.datastore_clear',
      (table: number, out: number) => answering(() => guest.memory.writeU64(out, BigInt(ops.clear(table)))),
    ],
  ];
}

function byName(guest: Guest, find: (name: string) => number): HostFunction {
  return (name: number, length: number, out: number) =>
    answering(() => guest.memory.writeU32(out, find(guest.memory.text(name, length))));
}

function rangeFunction(guest: Guest, run: (index: number, range: EncodedRange) => number): RangeFunction {
  return (index, prefix, prefixLength, prefixColumns, lower, lowerLength, upper, upperLength, out) =>
    answering(() => {
      const { memory } = guest;
      const range = {
        prefix: memory.bytes(prefix, prefixLength),
        prefixColumns,
        lower: memory.bytes(lower, lowerLength),
        upper: memory.bytes(upper, upperLength),
      };
      memory.writeU32(out, run(index, range));
    });
}

/** Hands a row over and writes the generated values in its place, with their length in place of the row's. */
function writeRow(guest: Guest, row: number, length: number, write: (bytes: Uint8Array) => Uint8Array): number {
  return answering(() => {
    const { memory } = guest;
    const generated = write(memory.copy(row, memory.u32(length)));
    memory.write(row, generated);
    memory.writeU32(length, generated.length);
  });
}

/** The length that the module passes is the size of its buffer, the one it finds there the bytes written, or needed. -1: that was all. */
function advance(guest: Guest): HostFunction {
  return (iterator: number, buffer: number, length: number) => {
    const { memory, iterators } = guest;
    const step = iterators.advance(iterator, memory.bytes(buffer, memory.u32(length)));
    switch (step.tag) {
      case 'noSuchIterator':
        return errno.noSuchIterator;
      case 'tooSmall':
        memory.writeU32(length, step.size);
        return errno.bufferTooSmall;
      case 'read':
        memory.writeU32(length, step.length);
        return step.isExhausted ? -1 : 0;
    }
  };
}
