import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bucket } from '../../../src/store/index/bucket.ts';
import { positionOf } from '../../../src/store/index/column-position.ts';
import { type ColumnQuery, queryOf } from '../../../src/store/index/column-query.ts';
import { SortedBuckets } from '../../../src/store/index/sorted-buckets.ts';
import { range } from '../../../src/store/range.ts';
import { propertyOptions } from '../../support/property.ts';

type Columns = readonly [number, number];

const column = fc.integer({ min: 0, max: 40 });
const columnsOf: fc.Arbitrary<Columns> = fc.tuple(column, column);
const operation = fc.record({ isRemoval: fc.boolean(), columns: columnsOf });
const asked = (columns: readonly unknown[]): ColumnQuery => queryOf(columns, (value) => Number(value));
const query = fc.oneof(
  fc.tuple(column).map(asked),
  fc.tuple(column, column).map(asked),
  fc
    .record({ from: column, after: column, to: column, before: column }, { requiredKeys: [] })
    .filter((bounds) => !('from' in bounds && 'after' in bounds) && !('to' in bounds && 'before' in bounds))
    .chain((bounds) => fc.constantFrom(asked([range(bounds)]), asked([7, range(bounds)]))),
);

class Fixture {
  readonly sorted = new SortedBuckets<Columns>();
  readonly model: Bucket<Columns>[] = [];

  add(columns: Columns): void {
    if (this.find(columns) !== undefined) return;
    const bucket = new Bucket(columns, String(columns), columns);
    this.sorted.add(bucket);
    this.model.push(bucket);
  }

  remove(columns: Columns): void {
    const bucket = this.find(columns);
    if (bucket === undefined) return;
    this.sorted.remove(bucket);
    this.model.splice(this.model.indexOf(bucket), 1);
  }

  find([first, second]: Columns): Bucket<Columns> | undefined {
    return this.model.find(({ columns }) => columns[0] === first && columns[1] === second);
  }

  /** What a filter over a sorted array finds. */
  expected(query: ColumnQuery): readonly Bucket<Columns>[] {
    return this.model
      .filter(({ columns }) => positionOf(columns, query) === 0)
      .sort((a, b) => Number(a.columns[0]) - Number(b.columns[0]) || Number(a.columns[1]) - Number(b.columns[1]));
  }
}

/** The place of a number in a grid of forty columns. */
const place = (number: number): Columns => [Math.floor(number / 40), number % 40];

/** No chunk is empty or too big, and there are not many of them. */
function expectChunks({ sorted }: Fixture, buckets: number): void {
  const sizes = sorted.chunkSizes;
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(buckets);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
  expect(sizes.length).toBeLessThanOrEqual(2 + buckets / 64);
}

describe('sorted buckets', () => {
  test('answer like a filter over a sorted array', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), fc.array(query, { maxLength: 10 }), (operations, queries) => {
        const fixture = new Fixture();
        for (const { isRemoval, columns } of operations) {
          if (isRemoval) fixture.remove(columns);
          else fixture.add(columns);
        }
        for (const asked of queries) expect([...fixture.sorted.select(asked)]).toEqual(fixture.expected(asked));
        for (const bucket of fixture.model) expect(fixture.sorted.get(bucket.columns)).toBe(bucket);
      }),
      propertyOptions(100),
    );
  });

  test.each([
    ['ascending', (index: number) => index],
    ['descending', (index: number) => 1599 - index],
    ['mixed', (index: number) => (index * 7919) % 1600],
  ])('keep thousands in order that come %s and go mixed', (_, order) => {
    const fixture = new Fixture();
    for (let index = 0; index < 1600; index++) fixture.add(place(order(index)));
    const all = asked([range({})]);
    expect([...fixture.sorted.select(all)]).toEqual(fixture.expected(all));
    expectChunks(fixture, 1600);
    for (let index = 0; index < 1500; index++) fixture.remove(place((index * 31) % 1600));
    expect([...fixture.sorted.select(all)]).toEqual(fixture.expected(all));
    expect(fixture.model).toHaveLength(100);
    expectChunks(fixture, 100);
    for (let index = 0; index < 1600; index++) fixture.remove(place(index));
    expect([...fixture.sorted.select(all)]).toEqual([]);
    expect(fixture.sorted.chunkSizes).toEqual([]);
  });

  test('fill their chunks when buckets come in order', () => {
    const fixture = new Fixture();
    for (let index = 0; index < 600; index++) fixture.add(place(index));
    expect(fixture.sorted.chunkSizes).toEqual([256, 256, 88]);
  });

  test('take no bucket out that they do not have', () => {
    const fixture = new Fixture();
    fixture.add([1, 1]);
    fixture.sorted.remove(new Bucket([1, 1], 'other', [1, 1]));
    fixture.sorted.remove(new Bucket([2, 2], 'other', [2, 2]));
    expect(fixture.sorted.get([1, 1])).toBeDefined();
  });
});
