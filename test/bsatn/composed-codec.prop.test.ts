import { inspect, isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedSizeOf, minSizeOf } from '../../src/bsatn/algebraic-type.ts';
import { decode, encode } from '../../src/bsatn/codec.ts';
import { codecOf } from '../../src/bsatn/composed-codec.ts';
import { isSpacetimeDbError, ProtocolError } from '../../src/errors.ts';
import { propertyOptions } from '../support/property.ts';
import { samples, splitSamples } from './arbitraries.ts';

const typedValues = samples.chain(({ type, value }) => fc.record({ type: fc.constant(type), value }));

/** A sentence about the difference, if there is one. Other than `toStrictEqual`, this is not misled by a column named `constructor`. */
function differenceOf(actual: unknown, expected: unknown): string | undefined {
  return isDeepStrictEqual(actual, expected) ? undefined : `${inspect(actual)} is not ${inspect(expected)}`;
}

function outcomeOf(read: () => unknown): { readonly value?: unknown; readonly error?: Error } {
  try {
    return { value: read() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

describe('a composed codec', () => {
  test('reads every value as it was written', () => {
    const roundTrip = fc.property(typedValues, ({ type, value }) => {
      const codec = codecOf(type);
      expect(differenceOf(decode(codec, encode(codec, value), 'a test'), value)).toBeUndefined();
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test('does the same when parts of the type are reached through refs that nobody declared', () => {
    const roundTrip = fc.property(splitSamples, ({ type, typespace, value }) => {
      const codec = codecOf(type, { typespace });
      expect(differenceOf(decode(codec, encode(codec, value), 'a test'), value)).toBeUndefined();
    });
    fc.assert(roundTrip, propertyOptions(100));
  });

  test('writes at least minSizeOf bytes, and exactly fixedSizeOf where there is one', () => {
    const sizes = fc.property(splitSamples, ({ type, typespace, value }) => {
      const codec = codecOf(type, { typespace });
      const { length } = encode(codec, value);
      const least = minSizeOf(type, typespace);
      expect(codec.minSize).toBe(least);
      expect(length).toBeGreaterThanOrEqual(least);
      expect([length, undefined]).toContain(fixedSizeOf(type, typespace));
    });
    fc.assert(sizes, propertyOptions(100));
  });

  test('refuses every beginning of a value, and a byte too many, by type and offset', () => {
    const cuts = fc.property(typedValues, ({ type, value }) => {
      const codec = codecOf(type);
      const bytes = encode(codec, value);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decode(codec, bytes.subarray(0, length), 'a test')).toThrow(ProtocolError);
      }
      expect(() => decode(codec, Uint8Array.of(...bytes, 0), 'a test')).toThrow('1 bytes are left after its end');
    });
    fc.assert(cuts, propertyOptions(100));
  });

  test('reads any bytes or refuses them: nothing else is thrown', () => {
    const noise = fc.property(samples, fc.uint8Array({ maxLength: 60 }), ({ type }, bytes) => {
      const codec = codecOf(type);
      const outcome = outcomeOf(() => decode(codec, bytes, 'a test'));
      expect(outcome.error).toSatisfy((error) => error === undefined || isSpacetimeDbError(error, 'protocol'));
      expect(outcome.error?.message ?? '').toMatch(/^$|^reading .+ at offset \d+ of a test: ./);
      const again = outcome.error === undefined ? decode(codec, encode(codec, outcome.value), 'a test') : undefined;
      expect(differenceOf(again, outcome.value)).toBeUndefined();
    });
    fc.assert(noise, propertyOptions(100));
  });
});
