import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { type Returned, RowCounts } from '../../src/store/row-counts.ts';
import { none, TouchedRow } from '../../src/store/touched-rows.ts';
import { propertyOptions } from '../support/property.ts';

/** A set returns a row once more or once less, or not at all any more. */
interface Change {
  readonly querySetId: number;
  readonly key: number;
  readonly how: 'plus' | 'minus' | 'without';
}

const changeOf: fc.Arbitrary<Change> = fc.record({
  querySetId: fc.nat({ max: 5 }),
  key: fc.nat({ max: 9 }),
  how: fc.constantFrom('plus', 'plus', 'plus', 'minus', 'without'),
});
const keys: readonly number[] = Array.from({ length: 10 }, (_, key) => key);
/** One set does the same to most rows, as when it comes or goes. */
const changesOfMost: fc.Arbitrary<readonly Change[]> = fc
  .record({
    querySetId: fc.nat({ max: 5 }),
    how: fc.constantFrom('plus', 'without'),
    of: fc.subarray([...keys], { minLength: 7 }),
  })
  .map(({ querySetId, how, of }) => of.map((key) => ({ querySetId, how, key })));
const stepOf = fc.oneof(
  { weight: 4, arbitrary: fc.array(changeOf, { minLength: 1, maxLength: 14 }) },
  { weight: 2, arbitrary: changesOfMost },
);

/** How often each set returns each row, as simple as can be: by row, then by set. */
type Model = ReadonlyMap<number, ReadonlyMap<number, number>>;

function modelAfter(model: Model, { querySetId, key, how }: Change): Model {
  const counts = new Map(model.get(key));
  const count = how === 'without' ? 0 : (counts.get(querySetId) ?? 0) + (how === 'plus' ? 1 : -1);
  if (count < 0) throw new Error(`set ${querySetId} does not return row ${key}`);
  if (count === 0) counts.delete(querySetId);
  else counts.set(querySetId, count);
  const next = new Map(model);
  if (counts.size === 0) next.delete(key);
  else next.set(key, counts);
  return next;
}

/** Counts beside the model. */
class World {
  #model: Model = new Map();
  readonly #counts: RowCounts;

  constructor() {
    const sizeOf = (): number => this.#model.size;
    this.#counts = new RowCounts('any', {
      keys: () => this.#model.keys(),
      get size(): number {
        return sizeOf();
      },
    });
  }

  querySetIds(): readonly number[] {
    return [...this.#counts.querySetIds()];
  }

  /** A step that takes away what is not there changes nothing. */
  step(changes: readonly Change[]): void {
    let model = this.#model;
    const touched = new Map<number, TouchedRow<unknown>>();
    for (const change of changes) {
      const { querySetId, key, how } = change;
      const row = touched.get(key) ?? new TouchedRow<unknown>(key, this.#model.has(key) ? key : none);
      touched.set(key, row);
      const before = row.returned ?? this.#counts.before(row);
      if (how === 'minus' && (before.counts.get(querySetId) ?? 0) === 0) {
        expect(() => this.#counts.changed(before, querySetId, -1)).toThrow(ProtocolError);
        return;
      }
      const by = { plus: 1, minus: -1, without: undefined }[how];
      row.returned = this.#counts.changed(before, querySetId, by);
      model = modelAfter(model, change);
      expect(row.returned.counts).toEqual(model.get(key) ?? new Map());
    }
    this.#model = model;
    this.#counts.commit([...touched.values()]);
    this.#compare();
  }

  #compare(): void {
    const sets = [...this.#model.values()].flatMap((counts) => [...counts.keys()]);
    expect(new Set(this.querySetIds())).toEqual(new Set(sets));
    for (let querySetId = 0; querySetId <= 5; querySetId++) {
      const expected = [...this.#model].filter(([, counts]) => counts.has(querySetId)).map(([key]) => key);
      const found = [...this.#counts.of(querySetId)];
      expect([found.length, new Set(found)]).toEqual([expected.length, new Set(expected)]);
      expect(this.#counts.holds(querySetId)).toBe(expected.length > 0);
    }
    const all = [...this.#model.values()].flatMap((counts) => [...counts.values()]);
    expect(this.#counts.areRepeated).toBe(all.some((count) => count > 1));
    // Equal counts are one object, which is what keeps them small.
    const objects = [...this.#model.keys()].map((key) => this.#counts.before(new TouchedRow<unknown>(key, key)));
    expect(objects.map(({ counts }) => counts)).toEqual([...this.#model.values()]);
    const texts = [...this.#model.values()].map((counts) =>
      JSON.stringify([...counts].sort(([left], [right]) => left - right)),
    );
    expect(new Set(objects).size).toBe(new Set(texts).size);
  }
}

describe('the counts of rows', () => {
  test('are those of a map of maps, whichever combination is the usual one', () => {
    fc.assert(
      fc.property(fc.array(stepOf, { maxLength: 120, size: 'max' }), (steps) => {
        const world = new World();
        for (const step of steps) world.step(step);
        for (const querySetId of world.querySetIds()) {
          world.step(keys.map((key) => ({ querySetId, key, how: 'without' })));
        }
        expect(world.querySetIds()).toEqual([]);
      }),
      propertyOptions(60),
    );
  });

  test('forget combinations that no row has any more, and what led to them', () => {
    const counts = new RowCounts('any', { size: 10, keys: () => keys });
    counts.load(0);
    const rows = (): readonly TouchedRow<unknown>[] => [1, 2].map((key) => new TouchedRow<unknown>(key, key));
    const returned = (row: TouchedRow<unknown>): Returned => row.returned ?? counts.before(row);
    const step = (run: (...rows: TouchedRow<unknown>[]) => void): void => {
      const touched = rows();
      run(...touched);
      counts.commit(touched);
    };
    for (let detail = 1; detail < 1000; detail++) {
      step((one) => {
        // One more that no row gets, now and then, so that they are forgotten in any of these steps.
        if (detail % 2 === 0) counts.changed(returned(one), -1 - detail, 1);
        one.returned = counts.changed(returned(one), detail, 1);
      });
      step((one) => (one.returned = counts.changed(returned(one), detail, -1)));
      step((one, two) => {
        one.returned = counts.changed(returned(one), detail, 1);
        two.returned = counts.changed(counts.changed(returned(two), -1, 1), detail, 1);
        two.returned = counts.changed(two.returned, -1, -1);
        expect(two.returned).toBe(one.returned);
      });
      step((...both) => both.forEach((row) => (row.returned = counts.changed(returned(row), detail))));
      expect([...counts.querySetIds()]).toEqual([0]);
      expect(counts.combinations).toBeLessThan(70);
    }
  });
});
