import { type ColumnQuery } from './column-query.ts';
import { type MapKey } from '../key.ts';

/** The rows that have the same values in the columns of an index. Most hold one row, which then needs no map. */
export class Bucket<Row> {
  /** The values. */
  readonly columns: readonly MapKey[];
  #key: MapKey;
  #row: Row;
  /** All rows, where there are at least two. */
  #more: Map<MapKey, Row> | undefined;
  #array: readonly Row[] | undefined;

  constructor(columns: readonly MapKey[], key: MapKey, row: Row) {
    this.columns = columns;
    this.#key = key;
    this.#row = row;
  }

  /** The row that came last. */
  get latest(): Row {
    let latest = this.#row;
    for (const row of this.rows()) latest = row;
    return latest;
  }

  /** The rows in the order in which they came. */
  rows(): Iterable<Row> {
    return this.#more?.values() ?? [this.#row];
  }

  /** The same in an array, which is made once for as long as nothing changes. */
  toArray(): readonly Row[] {
    return (this.#array ??= [...this.rows()]);
  }

  /** Adds a row, or replaces the one of this key. */
  set(key: MapKey, row: Row): void {
    this.#array = undefined;
    if (this.#more !== undefined) {
      this.#more.set(key, row);
    } else if (this.#key === key) {
      this.#row = row;
    } else {
      this.#more = new Map([
        [this.#key, this.#row],
        [key, row],
      ]);
    }
  }

  /** Takes a row out; `true` when it was the last one, and the bucket has to go. */
  delete(key: MapKey): boolean {
    if (this.#more === undefined) return this.#key === key;
    this.#array = undefined;
    this.#more.delete(key);
    const [first, second] = this.#more;
    if (first !== undefined && second === undefined) {
      [this.#key, this.#row] = first;
      this.#more = undefined;
    }
    return false;
  }
}

/** The buckets of an index, by the values of its columns. */
export interface Buckets<Row> {
  /** The bucket with these values. */
  get(columns: readonly MapKey[]): Bucket<Row> | undefined;
  add(bucket: Bucket<Row>): void;
  remove(bucket: Bucket<Row>): void;
  /** The buckets that a query asks for, in the order of the index where it has one. */
  select(query: ColumnQuery): readonly Bucket<Row>[];
}
