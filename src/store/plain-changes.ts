import { type Cell, type KeptRows } from './kept-rows.ts';
import { type MapKey } from './key.ts';
import { type ListedRows } from './listed-rows.ts';
import { type TablePart } from './row-counts.ts';
import { equalRowBytes } from './row-reader.ts';
import { noRows, type RowBytes } from './step.ts';
import { type LateChanges, LateDiff, type RowChange, type TableDiff } from './table-diff.ts';

const none = -1;
const notYet: never[] = [];

/**
 * What a step does to a table of which one query set returns each row once, and in which that set returns each row once afterwards: by far the
 * most steps. Rows stay bytes, and no object is made for any of them; other steps cost three times as much.
 *
 * ```text
 * for each change    key    slot: where the row was, or none    at: which of the inserted rows it will be, or none
 * ```
 */
export class PlainChanges<Row> implements LateChanges<Row> {
  readonly diff: TableDiff<Row>;
  readonly #rows: KeptRows<Row>;
  /** The rows of the message; nothing after the commit, so that a batch that is kept does not keep it. */
  #inserts: RowBytes;
  readonly #keys: readonly MapKey[];
  readonly #slots: readonly number[];
  readonly #ats: readonly number[];
  /** What was in the slots before the commit. */
  #oldCells: (Cell<Row> | undefined)[] = notYet;
  #oldStarts: readonly number[] = notYet;

  private constructor(
    rows: KeptRows<Row>,
    part: TablePart<Row>,
    keys: readonly MapKey[],
    slots: readonly number[],
    ats: readonly number[],
  ) {
    this.#rows = rows;
    this.#inserts = part.inserts.list;
    this.#keys = keys;
    this.#slots = slots;
    this.#ats = ats;
    this.diff = new LateDiff(keys.length, this);
  }

  /** The changes of `part`; `undefined` where it is not as plain as that. */
  static of<Row>(rows: KeptRows<Row>, part: TablePart<Row>): PlainChanges<Row> | undefined {
    const { deletes, inserts } = part;
    return isUpdateOfAll(deletes, inserts) ? PlainChanges.#ofUpdate(rows, part) : PlainChanges.#ofOther(rows, part);
  }

  /** Every deleted row comes back, another one, in the same order. */
  static #ofUpdate<Row>(rows: KeptRows<Row>, part: TablePart<Row>): PlainChanges<Row> | undefined {
    const { keys } = part.deletes;
    const slots = keys.map((key) => rows.slotOf(key) ?? none);
    // Not there: only counting all of the step tells whether that is an error.
    if (slots.includes(none)) return undefined;
    return new PlainChanges(
      rows,
      part,
      keys,
      slots,
      keys.map((_key, index) => index),
    );
  }

  static #ofOther<Row>(rows: KeptRows<Row>, part: TablePart<Row>): PlainChanges<Row> | undefined {
    const { deletes, inserts } = part;
    const keys: MapKey[] = [];
    const slots: number[] = [];
    const ats: number[] = [];
    const matches = new Matches(deletes.keys, inserts.keys);
    for (let index = 0; index < deletes.keys.length; index++) {
      const key = deletes.keys[index];
      const slot = key === undefined ? undefined : rows.slotOf(key);
      if (key === undefined || slot === undefined) return undefined;
      const at = matches.take(key, index);
      if (at !== none && equalRowBytes(deletes.list, index, inserts.list, at)) continue;
      keys.push(key);
      slots.push(slot);
      ats.push(at);
    }
    for (const [key, at] of matches.rest()) {
      if (rows.has(key)) return undefined;
      keys.push(key);
      slots.push(none);
      ats.push(at);
    }
    return matches.areDistinct ? new PlainChanges(rows, part, keys, slots, ats) : undefined;
  }

  commit(): void {
    const rows = this.#rows;
    const list = this.#inserts;
    this.#inserts = noRows;
    this.#oldCells = this.#slots.map((slot) => (slot === none ? undefined : rows.cellAt(slot)));
    this.#oldStarts = this.#slots.map((slot) => (slot === none ? 0 : rows.startAt(slot)));
    for (let index = 0; index < this.#keys.length; index++) {
      const key = this.#keys[index];
      const slot = this.#slots[index] ?? none;
      const at = this.#ats[index] ?? none;
      if (key === undefined) continue;
      if (at === none) rows.delete(key);
      else rows.put(key, slot === none ? undefined : slot, list, at);
    }
    rows.tidy();
  }

  keys(): Iterable<MapKey> {
    return this.#keys;
  }

  deleted(): Iterable<readonly [MapKey, Row]> {
    return this.#keys.flatMap((key, index) => {
      const oldRow = this.#ats[index] === none ? this.#oldRow(index) : undefined;
      return oldRow === undefined ? [] : [[key, oldRow] as const];
    });
  }

  make(): readonly RowChange<Row>[] {
    return this.#keys.map((key, index): RowChange<Row> => {
      const oldRow = this.#oldRow(index);
      const newRow = this.#rows.get(key);
      if (oldRow !== undefined && newRow !== undefined) return { kind: 'update', key, oldRow, newRow };
      if (oldRow !== undefined) return { kind: 'delete', key, oldRow };
      if (newRow !== undefined) return { kind: 'insert', key, newRow };
      throw new Error('changes were asked for when their step was over');
    });
  }

  /** The same object each time. */
  #oldRow(index: number): Row | undefined {
    const cell = this.#oldCells[index];
    if (cell === undefined) return undefined;
    const row = this.#rows.rowOf(cell, this.#oldStarts[index] ?? 0);
    this.#oldCells[index] = row;
    return row;
  }
}

/** Whether each inserted row is another version of the deleted one in the same place: so servers list the updates of a transaction, mostly. */
function isUpdateOfAll<Row>(deletes: ListedRows<Row>, inserts: ListedRows<Row>): boolean {
  const { length } = deletes.keys;
  if (inserts.keys.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (inserts.keys[index] !== deletes.keys[index]) return false;
    if (equalRowBytes(deletes.list, index, inserts.list, index)) return false;
  }
  return true;
}

const unused = new Map<MapKey, number>();

/** Which inserted row has the key of a deleted one. Mostly servers list both in the same order, and then no map is needed. */
class Matches {
  /** Whether no key occurs twice in either list, as far as was asked. */
  areDistinct = true;
  readonly #isInStep: boolean;
  #byKey: Map<MapKey, number> = unused;

  constructor(deletes: readonly MapKey[], inserts: readonly MapKey[]) {
    this.#isInStep = inserts.length === deletes.length && inserts.every((key, index) => key === deletes[index]);
    if (this.#isInStep) return;
    this.#byKey = new Map();
    for (let at = 0; at < inserts.length; at++) this.#byKey.set(inserts[at] ?? 0, at);
    this.areDistinct = this.#byKey.size === inserts.length && new Set(deletes).size === deletes.length;
  }

  /** The place of the inserted row with the key of the deleted row `index`, which then is not among the rest; -1 when there is none. */
  take(key: MapKey, index: number): number {
    if (this.#isInStep) return index;
    const at = this.#byKey.get(key);
    if (at === undefined) return none;
    this.#byKey.delete(key);
    return at;
  }

  /** The inserted rows that nothing was deleted for. */
  rest(): Iterable<readonly [MapKey, number]> {
    return this.#byKey;
  }
}
