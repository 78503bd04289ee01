import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bsatn/bytes.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { everyTypeCodec } from '../generated/reference/types.ts';
import { everyTypeRow } from './bindings.ts';
import { asThePackageReads, goldenEveryTypeRows } from './every-type.ts';
import { sdk } from './official-sdk.ts';
import { plainValue } from './plain-value.ts';

describe('the rows of every type that a real server sent', () => {
  const rows = goldenEveryTypeRows();

  test('are four, of which two share their key', () => {
    expect(rows.map(({ row }) => row.id)).toEqual([1, 2, 3, 2]);
  });

  test.each(rows)('are the same values to the package: number %#, id $row.id', ({ bytes, row }) => {
    const reader = new sdk.BinaryReader(bytes);
    expect(plainValue(everyTypeRow.deserialize(reader))).toEqual(plainValue(asThePackageReads(row)));
    expect(reader.remaining).toBe(0);
  });

  test.each(rows)('are written to the same bytes by the package: number %#, id $row.id', ({ bytes, row }) => {
    const theirs = everyTypeRow.deserialize(new sdk.BinaryReader(bytes));
    // What the package cannot write: `Some(None)`, which it reads as `None`, and an `err` of another type than `ok`.
    const writable = { maybeMaybe: undefined, outcome: { ok: 4_294_967_295 } };
    const writer = new sdk.BinaryWriter(16);
    everyTypeRow.serialize(writer, Object.assign({}, theirs, writable));
    const ours = encode(everyTypeCodec, { ...asThePackageReads(row), ...writable });
    expect(toHex(writer.getBuffer())).toBe(toHex(ours));
  });
});
