import { type Cell, type KeptRows } from './kept-rows.ts';
import { type MapKey } from './key.ts';
import { type ListedRows } from './listed-rows.ts';
import { type Returned } from './row-counts.ts';

/** What one query set does to a table in a step. */
export interface TablePart<Row> {
  readonly querySetId: number;
  readonly deletes: ListedRows<Row>;
  readonly inserts: ListedRows<Row>;
  /** How many rows at the head of both lists are the same: updates, which count for nothing. Mostly those are all. */
  readonly updates: number;
}

/** What one query set does to a table in a step. */
export function tablePart<Row>(querySetId: number, deletes: ListedRows<Row>, inserts: ListedRows<Row>): TablePart<Row> {
  let updates = 0;
  while (updates < deletes.keys.length && deletes.keys[updates] === inserts.keys[updates]) updates++;
  return { querySetId, deletes, inserts, updates };
}

/** The place of what is not there. */
export const none = -1;

/** A row that a step has to do with. */
export class TouchedRow<Row> {
  readonly key: MapKey;
  /** Where the row was before the step; `none` where there was none. */
  readonly slot: number;
  /** What returns it after the step, where that changes. */
  returned: Returned | undefined = undefined;
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
  #new = 0;
  #places: Map<MapKey, number> | undefined;

  constructor(kept: KeptRows<Row>) {
    this.#kept = kept;
  }

  /** Another list of rows begins. The first `newRows` of it were not named before, nor twice. */
  begin(newRows: number): void {
    this.#next = 0;
    this.#new = newRows;
  }

  /** The row of the next key of the list. */
  touch(key: MapKey): TouchedRow<Row> {
    if (this.#new > 0) {
      this.#new--;
    } else {
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
