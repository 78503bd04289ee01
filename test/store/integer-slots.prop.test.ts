import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { IntegerSlots } from '../../src/store/integer-slots.ts';
import { type MapKey } from '../../src/store/key.ts';
import { propertyOptions } from '../support/property.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Keys of all 32 bits. Many are equal, many share their low bits, and many the high ones. */
const bitsOf = fc.oneof(
  fc.nat({ max: 60 }),
  fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 31 })).map(([factor, zeros]) => factor << zeros),
  fc.constantFrom(-1, -2, -(2 ** 31), 2 ** 31 - 1, 0x7fff_0000, -0x10000),
);

const commandOf = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'set', 'delete', 'delete', 'number anew'),
  bits: bitsOf,
});

/** What somebody without types may ask for. */
const foreign: readonly unknown[] = [
  0.5,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 32,
  2 ** 53,
  '1',
  '',
  1n,
  true,
  undefined,
];

/** The arrays that hold the keys of a type, and the key that has these 32 bits. */
const types = [
  { name: 'i32', array: Int32Array, keyOf: (bits: number): number => bits | 0 },
  { name: 'u32', array: Uint32Array, keyOf: (bits: number): number => bits >>> 0 },
];

/** Keys with their slots, in the order in which they are visited. */
function entriesOf(slots: IntegerSlots): readonly (readonly [number, number])[] {
  const entries: (readonly [number, number])[] = [];
  slots.forEach((slot, key) => entries.push([key, slot]));
  return entries;
}

describe('slots of integer keys', () => {
  test.each(types)('are those of a map, in its order: $name', ({ array, keyOf }) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(bitsOf.map(keyOf), { maxLength: 40 }),
        fc.array(commandOf, { maxLength: 300, size: 'max' }),
        (first, commands) => {
          let slots = new IntegerSlots(array, first);
          let model = new Map<MapKey, number>(first.map((key, slot) => [key, slot]));
          let next = first.length;
          for (const { kind, bits } of commands) {
            const key = keyOf(bits);
            if (kind === 'delete') {
              slots.delete(key);
              model.delete(key);
            } else if (kind === 'number anew') {
              slots = new IntegerSlots(
                array,
                entriesOf(slots).map(([one]) => one),
              );
              model = new Map([...model.keys()].map((one, slot) => [one, slot]));
              next = model.size;
            } else if (!model.has(key)) {
              slots.set(key, next);
              model.set(key, next++);
            }
            expect(slots.size).toBe(model.size);
            for (const asked of [key, keyOf(bits + 16), keyOf(~bits)]) expect(slots.get(asked)).toBe(model.get(asked));
          }
          expect(entriesOf(slots)).toEqual([...model]);
          for (const [key, slot] of model) expect(slots.get(key)).toBe(slot);
        },
      ),
      propertyOptions(200),
    );
  });

  test.each(types)('are none for what is no key of the type: $name', ({ array, keyOf }) => {
    const bits = [0, 1, -1, -(2 ** 31), 2 ** 31 - 1];
    const slots = new IntegerSlots(array, bits.map(keyOf));
    for (const key of foreign) slots.delete(key as MapKey);
    expect(foreign.map((key) => slots.get(key as MapKey))).toEqual(foreign.map(() => undefined));
    const isSigned = array === Int32Array;
    expect([slots.get(-1), slots.get(2 ** 32 - 1)]).toEqual(isSigned ? [2, undefined] : [undefined, 2]);
    expect([slots.get(-(2 ** 31)), slots.get(2 ** 31)]).toEqual(isSigned ? [3, undefined] : [undefined, 3]);
    expect([slots.get(-0), slots.get(0), slots.size]).toEqual([0, 0, 5]);
  });

  test('tell by their number that a key occurs twice', () => {
    expect(new IntegerSlots(Uint32Array, [3, 4, 3]).size).toBe(2);
  });
});

const many = 4000;

/** Lets every `Int32Array` that is made from now on count how many of its numbers are read. */
function countReads(): () => number {
  let reads = 0;
  const counting: ProxyHandler<Int32Array> = {
    get: (target, property) => {
      if (typeof property === 'string' && /^\d+$/.test(property)) reads++;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  };
  vi.stubGlobal(
    'Int32Array',
    new Proxy(Int32Array, { construct: (made, [length]) => new Proxy(new made(length), counting) }),
  );
  return () => reads;
}

/** The key that `IntegerSlots` mixes to `bits` before it draws lots: who reads the source can find it. */
function unmixed(bits: number): number {
  return Math.imul(bits ^ (bits >>> 16), 0x0e8b_2f51) >>> 0;
}

/** Keys that somebody may have chosen to make a client slow, and some that are only usual. */
const sets: readonly (readonly [string, (index: number) => number])[] = [
  ['follow each other', (index) => index],
  ['are far apart', (index) => Math.imul(index, 0x0100_0193) >>> 0],
  ['are ids of two areas', (index) => ((index % 2) << 20) | (index >> 1)],
  ['are multiples of 2 ** 10', (index) => index << 10],
  ['are multiples of 2 ** 17', (index) => ((index << 17) | (index >> 15)) >>> 0],
  ['share their low bits by seven', (index) => ((index % 7) << 20) | Math.floor(index / 7)],
  ['share their low bits when they are mixed', (index) => unmixed(index << 15)],
  ['share their high bits when they are mixed', (index) => unmixed(index)],
];

/** Ten keys of one bucket: buckets are drawn by lot from there on. */
const crowd = Array.from({ length: 10 }, (_, index) => (0x8000_abcd + (index << 22)) >>> 0);

describe('an integer key', () => {
  test.each(
    sets.flatMap(([name, keyOf]) => [[name, [], keyOf] as const, [`${name}, after a crowd`, crowd, keyOf] as const]),
  )('costs little to take up, look up and remove where all %s', (_name, first, keyOf) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.730_158);
    const reads = countReads();
    const keys = Array.from({ length: many }, (_, index) => keyOf(index));
    const slots = new IntegerSlots(Uint32Array, []);
    [...first, ...keys].forEach((key, slot) => slots.set(key, slot));
    expect(slots.size).toBe(first.length + many);
    const set = reads();
    for (const key of keys) slots.get(key);
    const got = reads();
    for (const key of keys) slots.delete(key);
    expect(slots.size).toBe(first.length);
    const perKey = [set, got - set, reads() - got].map((count) => count / many);
    for (const cost of perKey) expect(cost).toBeLessThan(20);
  });
});
