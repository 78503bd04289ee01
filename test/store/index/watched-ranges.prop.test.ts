import { signal } from '@preact/signals-core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { positionOf } from '../../../src/store/index/column-position.ts';
import { type ColumnQuery, queryOf } from '../../../src/store/index/column-query.ts';
import { WatchedRanges } from '../../../src/store/index/watched-ranges.ts';
import { type MapKey } from '../../../src/store/key.ts';
import { QuerySignal } from '../../../src/store/query-signal.ts';
import { range, type RangeBounds } from '../../../src/store/range.ts';
import { propertyOptions } from '../../support/property.ts';

type RangeSignal = QuerySignal<ColumnQuery, undefined>;

const column = fc.integer({ min: 0, max: 6 });

function rangeQuery(prefix: readonly number[], bounds: RangeBounds<number>): ColumnQuery {
  return queryOf([...prefix, range(bounds)], (value) => Number(value));
}

const queries = fc
  .tuple(
    fc.array(column, { maxLength: 2 }),
    fc
      .record({ from: column, after: column, to: column, before: column }, { requiredKeys: [] })
      .filter((bounds) => !('from' in bounds && 'after' in bounds) && !('to' in bounds && 'before' in bounds)),
  )
  .map(([prefix, bounds]) => rangeQuery(prefix, bounds));

const operations = fc.array(fc.record({ isRemoval: fc.boolean(), query: queries }), { maxLength: 80, size: 'max' });

function signalOf(query: ColumnQuery): RangeSignal {
  const source = {
    version: signal(0),
    versionNumber: 0,
    read: () => undefined,
    enlist: () => undefined,
    delist: () => undefined,
  };
  return new QuerySignal(source, query);
}

describe('watched ranges', () => {
  test('are found like by a look at each', () => {
    const places = fc.array(fc.tuple(column, column, column), { maxLength: 20 });
    fc.assert(
      fc.property(operations, places, (steps, asked) => {
        const ranges = new WatchedRanges<undefined>();
        const model: RangeSignal[] = [];
        for (const { isRemoval, query } of steps) {
          const known = model.findIndex((one) => one.query.key === query.key);
          const [former] = isRemoval && known >= 0 ? model.splice(known, 1) : [];
          if (former !== undefined) ranges.remove(query.key, former);
          if (isRemoval) continue;
          // Two signals of one range, where it is there already.
          const added = signalOf(query);
          ranges.add(query.key, added);
          model.push(added);
        }
        expect(ranges.size).toBe(new Set(model.map(({ query }) => query.key)).size);
        for (const columns of asked) {
          const found = [...ranges.at(columns)];
          expect(new Set(found)).toEqual(new Set(model.filter(({ query }) => positionOf(columns, query) === 0)));
          expect(found).toHaveLength(new Set(found).size);
        }
      }),
      propertyOptions(300),
    );
  });

  test.each([
    ['ascending', (index: number) => index],
    ['descending', (index: number) => 9999 - index],
    ['mixed', (index: number) => (index * 7919) % 10_000],
  ])('are not all looked at: ten thousand that come %s', (_, order) => {
    const ranges = new WatchedRanges<undefined>();
    const signals = Array.from({ length: 10_000 }, (_unused, index) => {
      const from = order(index);
      return signalOf(rangeQuery([], { from, before: from + 2 }));
    });
    for (const one of signals) ranges.add(one.query.key, one);
    let looks = 0;
    // A number that counts how often it is compared.
    const place = { valueOf: () => (looks++, 5000) } as unknown as MapKey;
    expect([...ranges.at([place])]).toHaveLength(2);
    // A tree of so many is some thirty high, and a branch is looked at up to three times, from two sides.
    expect(looks).toBeLessThan(1000);
    for (const one of signals) ranges.remove(one.query.key, one);
    expect([ranges.size, [...ranges.at([5000])]]).toEqual([0, []]);
  });
});
