import { expect, test } from 'vitest';
import { arrayOf, unitCodec } from '../../src/bsatn/basic-codecs.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { ListedRows } from '../../src/store/listed-rows.ts';

test('rows of a list are read as often as somebody asks, also those with many elements that take no bytes', () => {
  const codec = arrayOf(unitCodec);
  const count = 1 << 19;
  const bytes = encode(
    codec,
    Array.from({ length: count }, () => ({})),
  );
  const data = Uint8Array.of(...bytes, ...bytes);
  const list = {
    length: 2,
    data,
    start: (index: number) => index * bytes.length,
    end: (index: number) => (index + 1) * bytes.length,
  };
  const rows = new ListedRows(codec, list, ['a', 'b'], new BsatnReader(data, 'rows'));
  for (const index of [0, 1, 0, 1]) expect(rows.row(index).length).toBe(count);
});
