import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';
import { ProtocolError } from '../../src/errors.ts';
import {
  emptyRowList,
  readRowList,
  rowAt,
  type RowList,
  rowListOf,
  rowsOf,
  writeRowList,
} from '../../src/wire/row-list.ts';
import { propertyOptions } from '../support/property.ts';
import { rows } from './arbitraries.ts';

function read(hex: string): RowList {
  const reader = new BsatnReader(fromHex(hex.replaceAll(' ', '')), 'a test');
  const list = readRowList(reader);
  reader.finish('BsatnRowList');
  return list;
}

function written(list: RowList): string {
  const writer = new BsatnWriter();
  writeRowList(writer, list);
  return toHex(writer.finish());
}

const offsets = (...starts: readonly number[]): string => {
  const bytes = Buffer.alloc(5 + starts.length * 8, 1);
  bytes.writeUInt32LE(starts.length, 1);
  starts.forEach((start, index) => bytes.writeBigUInt64LE(BigInt(start), 5 + index * 8));
  return bytes.toString('hex');
};

const hexOf = (list: RowList): string[] => rowsOf(list).map((row) => toHex(row));

describe('a row list', () => {
  test.each<[string, string, string[]]>([
    ['rows of two bytes', '00 0200 06000000 010203040506', ['0102', '0304', '0506']],
    ['one row', '00 0300 03000000 010203', ['010203']],
    ['a size without rows', '00 0400 00000000', []],
    ['offsets of different rows', `${offsets(0, 1, 1, 4)} 05000000 0102030405`, ['01', '', '020304', '05']],
    ['one offset', `${offsets(0)} 02000000 0102`, ['0102']],
    ['no offsets', '01 00000000 00000000', []],
    ['rows without bytes', `${offsets(0, 0, 0)} 00000000`, ['', '', '']],
    ['a last row without bytes', `${offsets(0, 2)} 02000000 0102`, ['0102', '']],
  ])('with %s holds its rows, and is written as it came', (_, hex, expected) => {
    const list = read(hex);
    expect(list.length).toBe(expected.length);
    expect(hexOf(list)).toEqual(expected);
    expect(expected.map((__, index) => toHex(rowAt(list, index)))).toEqual(expected);
    expect(expected.map((__, index) => toHex(list.data.slice(list.start(index), list.end(index))))).toEqual(expected);
    expect(written(list)).toBe(hex.replaceAll(' ', ''));
  });

  test('of size 0 and without data holds nothing, and is written as a server writes nothing', () => {
    expect(read('00 0000 00000000').length).toBe(0);
    expect(written(read('00 0000 00000000'))).toBe('010000000000000000');
    expect(written(emptyRowList)).toBe('010000000000000000');
  });

  test.each([
    ['a size of 0 with data', '00 0000 01000000 01', 'rows of 0 bytes do not make up 1 bytes'],
    ['half a row', '00 0200 03000000 010203', 'rows of 2 bytes do not make up 3 bytes'],
    ['less than a row', '00 0400 03000000 010203', 'rows of 4 bytes do not make up 3 bytes'],
    [
      'offsets that do not begin at 0',
      `${offsets(1, 2)} 03000000 010203`,
      'row 0 begins at 1, the one before at 0, in 3 bytes',
    ],
    [
      'offsets that go back',
      `${offsets(0, 2, 1)} 03000000 010203`,
      'row 2 begins at 1, the one before at 2, in 3 bytes',
    ],
    [
      'an offset beyond the data',
      `${offsets(0, 4)} 03000000 010203`,
      'row 2 begins at 3, the one before at 4, in 3 bytes',
    ],
    [
      'a huge offset',
      `01 02000000 ${'00'.repeat(8)} ${'ff'.repeat(8)} 00000000`,
      'row 2 begins at 0, the one before at 4294967295',
    ],
    [
      'an offset of 2^32',
      `01 02000000 ${'00'.repeat(8)} 0000000001000000 00000000`,
      'row 2 begins at 0, the one before at 4294967295, in 0',
    ],
    ['data of no row', '01 00000000 01000000 01', 'row 0 begins at 1, the one before at 0, in 1 bytes'],
  ])('with %s is refused', (_, hex, problem) => {
    expect(() => read(hex)).toThrow(ProtocolError);
    expect(() => read(hex)).toThrow(`reading BsatnRowList at offset 0 of a test: ${problem}`);
  });

  test('is a view of the input and copies nothing', () => {
    const input = fromHex('000100020000000708');
    const list = readRowList(new BsatnReader(input, 'a test'));
    input[7] = 9;
    expect(hexOf(list)).toEqual(['09', '08']);
    expect(list.data.buffer).toBe(input.buffer);
  });
});

const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe('rowListOf', () => {
  test.each<[string, Uint8Array[], string]>([
    ['no rows', [], '01 00000000 00000000'],
    ['one row', [Uint8Array.of(7)], '00 0100 01000000 07'],
    ['rows of one length', [Uint8Array.of(7, 8), Uint8Array.of(9, 10)], '00 0200 04000000 0708090a'],
    ['rows of different lengths', [Uint8Array.of(7), Uint8Array.of(8, 9)], `${offsets(0, 1)} 03000000 070809`],
    ['rows without bytes', [bytes(0), bytes(0), bytes(0)], `${offsets(0, 0, 0)} 00000000`],
    ['a first row without bytes', [bytes(0), Uint8Array.of(7)], `${offsets(0, 0)} 01000000 07`],
    ['a last row without bytes', [Uint8Array.of(7), bytes(0)], `${offsets(0, 1)} 01000000 07`],
  ])('of %s has the hint that a server chooses', (_, list, hex) => {
    expect(written(rowListOf(list))).toBe(hex.replaceAll(' ', ''));
  });

  test('uses offsets for rows longer than a size can say', () => {
    expect(written(rowListOf([bytes(65_535), bytes(65_535)])).slice(0, 6)).toBe('00ffff');
    expect(written(rowListOf([bytes(65_536), bytes(65_536)])).slice(0, 10)).toBe('0102000000');
  });

  test('keeps every row, in order, also through the wire', () => {
    const keeps = fc.property(rows, (list) => {
      const expected = list.map((row) => toHex(row));
      expect(hexOf(rowListOf(list))).toEqual(expected);
      expect(hexOf(read(written(rowListOf(list))))).toEqual(expected);
    });
    fc.assert(keeps, propertyOptions(100));
  });
});
