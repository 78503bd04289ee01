import { type Cell, type KeptRows } from './kept-rows.ts';
import { type MapKey } from './key.ts';
import { type ListedRows } from './listed-rows.ts';
import { type TablePart } from './row-counts.ts';

/** The place of what is not there. */
export const none = -1;

/** A row that a step has to do with. */
export class TouchedRow<Row> {
  readonly key: MapKey;
  /** Where the row was before the step; `none` where there was none. */
  readonly slot: number;
  /** By how much the number of times changes that all query sets together return the row. */
  delta = 0;
  /** The list and place of its last deletion in this step. */
  deletedBy: ListedRows<Row> | undefined = undefined;
  deletedAt: number = none;
  /** The list and place of its last insertion; `none` in a row that is gone after the step. */
  insertedBy: ListedRows<Row> | undefined = undefined;
  insertedAt: number = none;
  /** The inserted row, where somebody asked for it before the commit. */
  newRow: Row | undefined = undefined;
  /** What was in its slot before the commit. */
  oldCell: Cell<Row> | undefined = undefined;
  oldStart = 0;

  constructor(key: MapKey, slot: number) {
    this.key = key;
    this.slot = slot;
  }
}

/**
 * The rows that a step touches, each once, in the order in which they are first named. All sets of a message mostly name the same rows in the same order,
 * so the next row is guessed before it is looked for:
 *
 * ```text
 * set 1   deletes a b c    new, looked up      inserts a b c    guessed
 * set 2   deletes a b c    guessed             inserts a b c    guessed
 * set 3   deletes b        found in a map      inserts b        the same
 * ```
 */
export class TouchedRows<Row> {
  readonly rows: TouchedRow<Row>[] = [];
  readonly #kept: KeptRows<Row>;
  #next = 0;
  #areNew = false;
  #places: Map<MapKey, number> | undefined;

  constructor(kept: KeptRows<Row>) {
    this.#kept = kept;
  }

  /** Another list of rows begins. `areNew`: none of them was named before, nor will be twice in it. */
  begin(areNew: boolean): void {
    this.#next = 0;
    this.#areNew = areNew;
  }

  /** The row of the next key of the list. */
  touch(key: MapKey): TouchedRow<Row> {
    if (!this.#areNew) {
      const guess = this.rows[this.#next];
      const known = guess?.key === key ? guess : this.#find(key);
      this.#next++;
      if (known !== undefined) return known;
    }
    const row = new TouchedRow<Row>(key, this.#kept.slotOf(key) ?? none);
    this.#places?.set(key, this.rows.length);
    this.rows.push(row);
    return row;
  }

  #find(key: MapKey): TouchedRow<Row> | undefined {
    if (this.rows.length === 0) return undefined;
    this.#places ??= new Map(this.rows.map((row, index) => [row.key, index]));
    const place = this.#places.get(key);
    this.#next = place ?? this.rows.length;
    return place === undefined ? undefined : this.rows[place];
  }
}

/** Whether both lists name the same rows in the same order: so servers list the updates of a transaction, mostly. */
export function isInStep({ deletes, inserts }: TablePart<unknown>): boolean {
  return (
    inserts.keys.length === deletes.keys.length && lengthInStep(deletes.keys, inserts.keys) === deletes.keys.length
  );
}

/** How many keys both lists have in common before the first that differs. */
export function lengthInStep(left: readonly MapKey[], right: readonly MapKey[]): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return length;
}
