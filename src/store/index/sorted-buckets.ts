import { type Bucket, type Buckets } from './bucket.ts';
import { type ColumnOrder, type ColumnQuery } from './column-query.ts';
import { positionOf } from './column-position.ts';
import { type MapKey } from '../key.ts';
import { WatchedRanges } from './watched-ranges.ts';

/** How many buckets a chunk holds at most; small enough to shift, big enough that there are few chunks. */
const chunkSize = 256;

/**
 * Buckets in the order of their columns, for prefixes and ranges. They lie in chunks, so that a new one moves only few others:
 *
 * ```text
 * chunks   [a b c] [d e] [f g h i]     all sorted, none empty, none above `chunkSize`
 * ```
 *
 * A look-up halves its way to the chunk and then to the place in it.
 */
export class SortedBuckets<Row> implements Buckets<Row> {
  readonly #chunks: Bucket<Row>[][] = [];

  /** How many buckets each chunk holds. */
  get chunkSizes(): readonly number[] {
    return this.#chunks.map((chunk) => chunk.length);
  }

  get(columns: readonly MapKey[]): Bucket<Row> | undefined {
    const query = exactly(columns);
    const { chunk, index } = this.#seek(query);
    const bucket = this.#chunks[chunk]?.[index];
    return bucket !== undefined && positionOf(bucket.columns, query) === 0 ? bucket : undefined;
  }

  add(bucket: Bucket<Row>): void {
    const place = this.#seek(exactly(bucket.columns));
    // Behind everything: at the end of the last chunk.
    const isLast = place.chunk === this.#chunks.length && place.chunk > 0;
    const chunkIndex = isLast ? place.chunk - 1 : place.chunk;
    const chunk = this.#chunks[chunkIndex];
    if (chunk === undefined) {
      this.#chunks.push([bucket]);
      return;
    }
    chunk.splice(isLast ? chunk.length : place.index, 0, bucket);
    // A chunk that grows at its end, as with ascending keys, leaves a full one behind instead of a half.
    if (chunk.length > chunkSize) this.#chunks.splice(chunkIndex + 1, 0, chunk.splice(isLast ? -1 : chunkSize / 2));
  }

  remove(bucket: Bucket<Row>): void {
    const place = this.#seek(exactly(bucket.columns));
    const chunk = this.#chunks[place.chunk];
    if (chunk?.[place.index] !== bucket) return;
    chunk.splice(place.index, 1);
    const next = this.#chunks[place.chunk + 1];
    if (chunk.length === 0) {
      this.#chunks.splice(place.chunk, 1);
    } else if (next !== undefined && chunk.length + next.length <= chunkSize / 2) {
      this.#chunks.splice(place.chunk, 2, [...chunk, ...next]);
    }
  }

  select(query: ColumnQuery): readonly Bucket<Row>[] {
    const selected: Bucket<Row>[] = [];
    let { chunk, index } = this.#seek(query);
    while (chunk < this.#chunks.length) {
      const bucket = this.#chunks[chunk]?.[index++];
      if (bucket === undefined) {
        chunk++;
        index = 0;
      } else if (positionOf(bucket.columns, query) === 0) {
        selected.push(bucket);
      } else {
        break;
      }
    }
    return selected;
  }

  /** The place of the first bucket that is not before `query`. */
  #seek(query: ColumnQuery): { chunk: number; index: number } {
    const chunks = this.#chunks;
    const chunk = firstNotBefore(chunks.length, (at) => chunks[at]?.at(-1), query);
    const buckets = chunks[chunk];
    return { chunk, index: buckets === undefined ? 0 : firstNotBefore(buckets.length, (at) => buckets[at], query) };
  }
}

function exactly(columns: readonly MapKey[]): ColumnQuery {
  return { prefix: columns, range: undefined, key: '' };
}

/** Halves its way to the first of `length` buckets that does not lie before `query`. */
function firstNotBefore(
  length: number,
  at: (index: number) => Bucket<unknown> | undefined,
  query: ColumnQuery,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const bucket = at(middle);
    if (bucket !== undefined && positionOf(bucket.columns, query) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The order of indexes that are asked for prefixes and ranges. */
export const columnOrder: ColumnOrder = {
  newBuckets: () => new SortedBuckets(),
  newWatchedRanges: () => new WatchedRanges(),
};
