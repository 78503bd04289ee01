import { ProtocolError } from '../errors.ts';
import { type MapKey } from './key.ts';
import { none, type TouchedRow } from './touched-rows.ts';

/** The rows that are counted. */
export interface CountedRows {
  readonly size: number;
  keys(): Iterable<MapKey>;
}

/** So many combinations that no row has are kept, in case that rows have them again. */
const spare = 64;

/** Which query sets return a row, and how often each. All rows of which that is true have the same object. */
export class Returned {
  readonly counts: ReadonlyMap<number, number>;
  /** How often all sets together return the row: 0 for one that is not there. */
  readonly total: number;
  readonly isRepeated: boolean;
  /** The rows that have it, where it is not what most rows have. */
  readonly keys: Set<MapKey> = new Set();
  /** What became of it last, since the same mostly happens to many rows one after the other. */
  lastChange: { readonly querySetId: number; readonly by: number; readonly to: Returned } | undefined;

  constructor(counts: ReadonlyMap<number, number>) {
    let total = 0;
    for (const count of counts.values()) total += count;
    this.counts = counts;
    this.total = total;
    this.isRepeated = total > counts.size;
  }
}

/**
 * How often each query set returns each row of one table. Sets overlap in few ways, so what is counted are combinations:
 *
 * ```text
 * a list of all rows (set 1), a detail of row 7 (set 2)
 *
 *   usual      1 once                      every row that is not among the others
 *   others     7 ──► 1 once, 2 once        the combination knows its rows too: they leave with the sets in it
 * ```
 *
 * So nothing is kept for a row, as long as most rows are returned by the same sets, however many those are; and a set that comes or goes costs
 * as much as it has rows.
 */
export class RowCounts {
  readonly #table: string;
  readonly #rows: CountedRows;
  readonly #nobody = new Returned(new Map());
  #usual: Returned = this.#nobody;
  readonly #others = new Map<MapKey, Returned>();
  /** Every combination by its text, so that there is only one object of each. */
  readonly #known = new Map<string, Returned>();
  /** How many of them no row has. */
  #unused = 0;
  /** Those that rows have. */
  readonly #bySet = new Map<number, Set<Returned>>();
  /** In how many of those a set returns a row more than once. */
  #repeated = 0;

  /** `table`: its name, for errors. */
  constructor(table: string, rows: CountedRows) {
    this.#table = table;
    this.#rows = rows;
  }

  /** Whether every row is returned once, by the same set. */
  get areUsual(): boolean {
    return this.#others.size === 0 && this.#usual.total <= 1;
  }

  /** Whether a set returns any row more than once. */
  get areRepeated(): boolean {
    return this.#repeated > 0;
  }

  /** How many combinations there are, those included that no row has. */
  get combinations(): number {
    return this.#known.size;
  }

  /** The sets that return rows. */
  querySetIds(): Iterable<number> {
    return this.#bySet.keys();
  }

  holds(querySetId: number): boolean {
    return this.#bySet.has(querySetId);
  }

  /** The rows that the set returns, each once. */
  *of(querySetId: number): Iterable<MapKey> {
    for (const returned of this.#bySet.get(querySetId) ?? []) {
      yield* returned === this.#usual ? this.#usualKeys() : returned.keys;
    }
  }

  *#usualKeys(): Iterable<MapKey> {
    if (this.#others.size === this.#rows.size) return;
    for (const key of this.#rows.keys()) if (!this.#others.has(key)) yield key;
  }

  /** What returns a row before the step. */
  before({ key, slot }: TouchedRow<unknown>): Returned {
    if (slot === none) return this.#nobody;
    return this.#others.size === 0 ? this.#usual : (this.#others.get(key) ?? this.#usual);
  }

  /** One set returns every row once, after nobody returned any. */
  load(querySetId: number): void {
    this.#become(this.changed(this.#nobody, querySetId, 1));
  }

  /** Puts the counts of the touched rows in force. The rows are there already, or gone. */
  commit(touched: readonly TouchedRow<unknown>[]): void {
    let most = this.#nobody;
    for (const row of touched) {
      const { key, returned: to } = row;
      if (to === undefined) continue;
      const from = this.before(row);
      if (to === from) continue;
      this.#move(key, from, to);
      if (to.keys.size > most.keys.size) most = to;
    }
    if (this.#others.size === this.#rows.size && this.#usual !== this.#nobody) this.#become(this.#nobody);
    // Not as soon as it is the half: what is usual may change only once in as many changes as there are rows.
    if (most.keys.size * 4 > this.#rows.size * 3) this.#become(most);
    if (this.#unused > spare) this.#sweep();
  }

  #move(key: MapKey, from: Returned, to: Returned): void {
    if (from.keys.delete(key)) {
      this.#others.delete(key);
      if (from.keys.size === 0) this.#unuse(from);
    }
    if (to === this.#usual || to === this.#nobody) return;
    if (to.keys.size === 0) this.#use(to);
    to.keys.add(key);
    this.#others.set(key, to);
  }

  #become(usual: Returned): void {
    const former = this.#usual;
    if (former !== this.#nobody) {
      for (const key of this.#usualKeys()) {
        former.keys.add(key);
        this.#others.set(key, former);
      }
      if (former.keys.size === 0) this.#unuse(former);
    }
    if (usual !== this.#nobody && usual.keys.size === 0) this.#use(usual);
    if (usual.keys.size === this.#others.size) this.#others.clear();
    else for (const key of usual.keys) this.#others.delete(key);
    usual.keys.clear();
    this.#usual = usual;
  }

  /**
   * What returns a row when the set returns it so many times more, or less; by default as often less as it did. Throws a {@link ProtocolError} where it does
   * not return it so often.
   */
  changed(from: Returned, querySetId: number, by: number = -(from.counts.get(querySetId) ?? 0)): Returned {
    const last = from.lastChange;
    if (last !== undefined && last.querySetId === querySetId && last.by === by) return last.to;
    const count = (from.counts.get(querySetId) ?? 0) + by;
    if (count < 0) throw negativeCount(this.#table, querySetId);
    const counts = new Map(from.counts);
    if (count === 0) counts.delete(querySetId);
    else counts.set(querySetId, count);
    const to = this.#combination(counts);
    from.lastChange = { querySetId, by, to };
    return to;
  }

  #combination(counts: ReadonlyMap<number, number>): Returned {
    if (counts.size === 0) return this.#nobody;
    const text = Array.from(counts, ([querySetId, count]) => `${querySetId}x${count}`)
      .sort()
      .join();
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = new Returned(counts);
    this.#known.set(text, made);
    this.#unused++;
    return made;
  }

  #use(returned: Returned): void {
    this.#unused--;
    if (returned.isRepeated) this.#repeated++;
    for (const querySetId of returned.counts.keys()) {
      const ofSet = this.#bySet.get(querySetId);
      if (ofSet === undefined) this.#bySet.set(querySetId, new Set([returned]));
      else ofSet.add(returned);
    }
  }

  #unuse(returned: Returned): void {
    this.#unused++;
    if (returned.isRepeated) this.#repeated--;
    for (const querySetId of returned.counts.keys()) {
      const ofSet = this.#bySet.get(querySetId);
      if (ofSet?.delete(returned) === true && ofSet.size === 0) this.#bySet.delete(querySetId);
    }
  }

  /** Gives up combinations that no row has. */
  #sweep(): void {
    this.#nobody.lastChange = undefined;
    for (const [text, returned] of this.#known) {
      returned.lastChange = undefined;
      if (returned.keys.size === 0 && returned !== this.#usual) this.#known.delete(text);
    }
    this.#unused = 0;
  }
}

/** The error for a row that a set takes away more often than it has it. */
export function negativeCount(table: string, querySetId: number | undefined): ProtocolError {
  const set = querySetId === undefined ? 'a query set' : `query set ${querySetId}`;
  return new ProtocolError(`${set} takes a row of table ${table} away more often than it has returned it`);
}
