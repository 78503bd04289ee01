import { type Bucket, type Buckets } from './bucket.ts';
import { type ColumnQuery } from './column-query.ts';
import { joinKeys, type MapKey } from '../key.ts';

/** Buckets for exact look-ups. */
export class HashBuckets<Row> implements Buckets<Row> {
  readonly #byKey = new Map<MapKey, Bucket<Row>>();

  get(columns: readonly MapKey[]): Bucket<Row> | undefined {
    return this.#byKey.get(joinKeys(columns));
  }

  add(bucket: Bucket<Row>): void {
    this.#byKey.set(joinKeys(bucket.columns), bucket);
  }

  remove(bucket: Bucket<Row>): void {
    this.#byKey.delete(joinKeys(bucket.columns));
  }

  select({ prefix }: ColumnQuery): readonly Bucket<Row>[] {
    const bucket = this.get(prefix);
    return bucket === undefined ? [] : [bucket];
  }
}
