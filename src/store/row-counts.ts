import { ProtocolError } from '../errors.ts';
import { type MapKey } from './key.ts';
import { type ListedRows } from './listed-rows.ts';
import { lengthInStep } from './touched-rows.ts';

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
  /** How many rows are returned more than once by a set, over all sets. */
  #repeated = 0;

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

  /** Whether a set returns any row more than once. */
  get areRepeated(): boolean {
    return this.#repeated > 0;
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
    for (const [key, count] of this.of(querySetId)) {
      add(this.#totals, key, -count);
      if (count > 1) this.#repeated--;
    }
    this.#bags.delete(querySetId);
  }

  #add(querySetId: number, delta: Bag): void {
    const known = this.#bags.get(querySetId);
    // What is added to nothing is the bag.
    const bag = known ?? delta;
    for (const [key, change] of delta) {
      add(this.#totals, key, change);
      const count = known === undefined ? change : add(known, key, change);
      this.#repeated += Number(count > 1) - Number(count - change > 1);
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
    // Updates, which count for nothing: mostly the lists are in step, and there is nothing else.
    const updates = lengthInStep(deletes.keys, inserts.keys);
    if (updates === deletes.keys.length && updates === inserts.keys.length) continue;
    const delta: Bag = deltas.get(querySetId) ?? new Map();
    deltas.set(querySetId, delta);
    for (let index = updates; index < deletes.keys.length; index++) add(delta, deletes.keys[index] ?? 0, -1);
    for (let index = updates; index < inserts.keys.length; index++) add(delta, inserts.keys[index] ?? 0, 1);
  }
  return deltas;
}

/** The new count. */
function add(bag: Bag, key: MapKey, change: number): number {
  const count = (bag.get(key) ?? 0) + change;
  if (count === 0) bag.delete(key);
  else bag.set(key, count);
  return count;
}
