import { type KeyRange } from './index/column-query.ts';
import { columnOrder } from './index/sorted-buckets.ts';
import { keyText, type MapKey } from './key.ts';

/** The bounds of a range; each is optional, and at most one of each pair is given. */
export interface RangeBounds<Value> {
  /** The least value, included. */
  readonly from?: Value;
  /** Everything greater than this value. */
  readonly after?: Value;
  /** The greatest value, included. */
  readonly to?: Value;
  /** Everything less than this value. */
  readonly before?: Value;
}

/** A range of values of one index column. Made by {@link range}. */
export class Range<Value> {
  /** Where it begins and ends. */
  readonly bounds: RangeBounds<Value>;

  constructor(bounds: RangeBounds<Value>) {
    if ('from' in bounds && 'after' in bounds) throw new TypeError('a range has either `from` or `after`, not both');
    if ('to' in bounds && 'before' in bounds) throw new TypeError('a range has either `to` or `before`, not both');
    this.bounds = bounds;
  }

  /** The same for an index. Throws a `TypeError` for bounds that no column can hold. @internal */
  toKeyRange(keyOf: (value: unknown) => MapKey): KeyRange {
    const { from, after, to, before } = this.bounds;
    const least = boundOf(keyOf, from, after);
    const greatest = boundOf(keyOf, to, before);
    return { least, greatest, key: `${boundText(least)},${boundText(greatest)}`, order: columnOrder };
  }
}

type Bound = KeyRange['least'];

function boundOf(keyOf: (value: unknown) => MapKey, included: unknown, excluded: unknown): Bound {
  if (included !== undefined) return { key: keyOf(included), isIncluded: true };
  return excluded === undefined ? undefined : { key: keyOf(excluded), isIncluded: false };
}

function boundText(bound: Bound): string {
  return bound === undefined ? '' : `${bound.isIncluded ? '=' : '!'}${keyText(bound.key)}`;
}

/** A range for an ordered index, such as `range({ from: 3n, before: 9n })`. Throws a `TypeError` when a bound is given twice. */
export function range<Value>(bounds: RangeBounds<Value>): Range<Value> {
  return new Range(bounds);
}
