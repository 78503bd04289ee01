import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { preparedBytes } from '../../src/bsatn/prepared-bytes.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';
import { propertyOptions } from '../support/property.ts';

test('prepared bytes are written as they were, wherever they begin, and nothing behind them', () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(bytes, bytes, bytes, (before, prepared, after) => {
      const writer = new BsatnWriter();
      writer.raw(before);
      writer.prepared(preparedBytes(prepared));
      expect(writer.length).toBe(before.length + prepared.length);
      writer.raw(after);
      expect(writer.finish()).toEqual(Uint8Array.of(...before, ...prepared, ...after));
    }),
    propertyOptions(300),
  );
});
