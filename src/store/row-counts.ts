import { ProtocolError } from '../errors.ts';
import { type MapKey } from './key.ts';
import { type ListedRows } from './listed-rows.ts';

/** What one query set does to a table in a step. */
export interface TablePart<Row> {
  readonly querySetId: number;
  readonly deletes: ListedRows<Row>;
  readonly inserts: ListedRows<Row>;
}

/** How often one query set returns each row; a row that it does not return is not in here. */
type Bag = Map<MapKey, number>;

const emptyBag: ReadonlyMap<MapKey, number> = new Map();

/** How often each query set returns each row of one table, and all of them together. */
export class RowCounts {
  readonly #totals: Bag = new Map();
  readonly #bags = new Map<number, Bag>();

  /** The counts where one query set returns each of `keys` once. */
  static ofSingle(querySetId: number, keys: Iterable<MapKey>): RowCounts {
    const counts = new RowCounts();
    for (const key of keys) counts.#totals.set(key, 1);
    if (counts.#totals.size > 0) counts.#bags.set(querySetId, new Map(counts.#totals));
    return counts;
  }

  querySetIds(): Iterable<number> {
    return this.#bags.keys();
  }

  holds(querySetId: number): boolean {
    return this.#bags.has(querySetId);
  }

  /** How often the set returns each of its rows. */
  of(querySetId: number): Iterable<readonly [MapKey, number]> {
    return this.#bags.get(querySetId) ?? emptyBag;
  }

  /** How often all sets together return the row. */
  total(key: MapKey): number {
    return this.#totals.get(key) ?? 0;
  }

  /**
   * Works out the counts after a step, and returns the function that puts them in force.
   * Throws a {@link ProtocolError} when a set would take away more than it has.
   */
  stage(table: string, forget: ReadonlySet<number>, parts: readonly TablePart<unknown>[]): () => void {
    const deltas = deltasOf(parts);
    for (const [querySetId, delta] of deltas) {
      const bag = forget.has(querySetId) ? emptyBag : (this.#bags.get(querySetId) ?? emptyBag);
      for (const [key, change] of delta) {
        if ((bag.get(key) ?? 0) + change < 0) throw negativeCount(table, querySetId);
      }
    }
    return () => {
      for (const querySetId of forget) this.#forget(querySetId);
      for (const [querySetId, delta] of deltas) this.#add(querySetId, delta);
    };
  }

  #forget(querySetId: number): void {
    for (const [key, count] of this.of(querySetId)) add(this.#totals, key, -count);
    this.#bags.delete(querySetId);
  }

  #add(querySetId: number, delta: Bag): void {
    const known = this.#bags.get(querySetId);
    // What is added to nothing is the bag.
    const bag = known ?? delta;
    for (const [key, change] of delta) {
      if (known !== undefined) add(known, key, change);
      add(this.#totals, key, change);
    }
    if (bag.size > 0) this.#bags.set(querySetId, bag);
    else this.#bags.delete(querySetId);
  }
}

/** The error for a row that a set takes away more often than it has it. */
export function negativeCount(table: string, querySetId: number | undefined): ProtocolError {
  const set = querySetId === undefined ? 'a query set' : `query set ${querySetId}`;
  return new ProtocolError(`${set} takes a row of table ${table} away more often than it has returned it`);
}

function deltasOf(parts: readonly TablePart<unknown>[]): ReadonlyMap<number, Bag> {
  const deltas = new Map<number, Bag>();
  for (const { querySetId, deletes, inserts } of parts) {
    const delta: Bag = deltas.get(querySetId) ?? new Map();
    deltas.set(querySetId, delta);
    for (const key of deletes.keys) add(delta, key, -1);
    for (const key of inserts.keys) add(delta, key, 1);
  }
  return deltas;
}

function add(bag: Bag, key: MapKey, change: number): void {
  const count = (bag.get(key) ?? 0) + change;
  if (count === 0) bag.delete(key);
  else bag.set(key, count);
}
