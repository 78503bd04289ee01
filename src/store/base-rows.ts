import { type MapKey } from './key.ts';
import { type RowComparison } from './row-comparison.ts';
import { negativeCount, RowCounts, type TablePart } from './row-counts.ts';
import { type KeptRows } from './kept-rows.ts';
import { type ListedRows } from './listed-rows.ts';
import { equalRowBytes } from './row-reader.ts';
import { StagedChanges } from './staged-changes.ts';
import { LateDiff, type TableDiff } from './table-diff.ts';
import { isInStep, none, type TouchedRow, TouchedRows } from './touched-rows.ts';

/** What a step will do to the base of a table. Nothing has changed before `commit` runs. */
export interface StagedRows<Row> {
  readonly diff: TableDiff<Row>;
  readonly commit: () => void;
}

/** When two rows of one key are the same. */
export interface RowEquality<Row> {
  readonly isSame: RowComparison<Row>;
  /** Whether all of a row is its key: then they always are. */
  readonly areWholeRows: boolean;
}

/**
 * The base of a table: the rows that the server has sent, each with the number of times that all query sets together return it.
 *
 * ```text
 * no rows                           single = undefined, counts = undefined
 * one set returns every row once    single = that set,  counts = undefined     the usual case: the rows say it all
 * anything else                     single = undefined, counts = per set and row, made once
 * ```
 */
export class BaseRows<Row> {
  /** The rows by key. */
  readonly rows: KeptRows<Row>;
  readonly #table: string;
  readonly #isSame: RowComparison<Row>;
  readonly #areWholeRows: boolean;
  #single: number | undefined;
  #counts: RowCounts | undefined;

  constructor(table: string, rows: KeptRows<Row>, { isSame, areWholeRows }: RowEquality<Row>) {
    this.#table = table;
    this.rows = rows;
    this.#isSame = isSame;
    this.#areWholeRows = areWholeRows;
  }

  /** Whether rows are counted one by one, because sets overlap or one returns a row several times. */
  get isCounted(): boolean {
    return this.#counts !== undefined;
  }

  /** The sets that have rows here. */
  querySetIds(): Iterable<number> {
    if (this.#counts !== undefined) return this.#counts.querySetIds();
    return this.#single === undefined ? [] : [this.#single];
  }

  /** Whether the set has rows here. */
  holds(querySetId: number): boolean {
    return this.#counts === undefined ? this.#single === querySetId : this.#counts.holds(querySetId);
  }

  /** Takes `row`, which has the same bytes, in the place of the object that the key has. */
  keepObject(key: MapKey, row: Row): void {
    if (this.rows.has(key)) this.rows.set(key, row);
  }

  /**
   * Works out what a step changes: first the rows of the sets in `forget` leave, then `parts` are applied. Where `mayBeLate`, nobody asks for the changes
   * before the commit. Throws a `ProtocolError` when a count would become negative.
   */
  stage(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[], mayBeLate: boolean): StagedRows<Row> {
    const [part] = parts;
    if (mayBeLate && part !== undefined && parts.length === 1 && this.rows.size === 0) {
      const staged = this.#stageFirst(part);
      if (staged !== undefined) return staged;
    }
    return this.#stageTouched(forget, parts);
  }

  /** The first rows of a table, all of one set and each only once: the index of them is the new state. */
  #stageFirst(part: TablePart<Row>): StagedRows<Row> | undefined {
    const { keys, list } = part.inserts;
    if (part.deletes.keys.length > 0) return undefined;
    const { rows } = this;
    const slots = rows.slotsOf(keys);
    if (slots === undefined) return undefined;
    const commit = (): void => {
      rows.load(slots, list);
      this.#single = slots.size > 0 ? part.querySetId : undefined;
    };
    return { diff: diffOfFirst(rows, keys.length), commit };
  }

  #stageTouched(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[]): StagedRows<Row> {
    const isOneMessage = forget.size === 0;
    const touched = this.#touch(forget, parts);
    const commitCounts = this.#stageCounts(forget, parts, touched);
    const changed = touched.filter((row) => this.#isChanged(row, isOneMessage));
    const changes = new StagedChanges(this.rows, changed);
    const commit = (): void => {
      commitCounts();
      changes.commit();
      if (this.rows.size === 0) this.#single = this.#counts = undefined;
    };
    return { diff: changes.diff, commit };
  }

  /** Nets the step: deletes of all sets before inserts of any, so that a row which moves from one to another is the same row. */
  #touch(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[]): readonly TouchedRow<Row>[] {
    const touched = new TouchedRows(this.rows);
    for (const querySetId of forget) this.#touchAll(touched, querySetId);
    // A message takes a row away more than once only from a set that has it more than once.
    const areOnce = forget.size === 0 && this.#counts?.areRepeated !== true;
    for (const part of parts) {
      const { deletes } = part;
      touched.begin(areOnce && touched.rows.length === 0 && isInStep(part));
      for (let index = 0; index < deletes.keys.length; index++) {
        const row = touched.touch(deletes.keys[index] ?? 0);
        row.delta--;
        row.deletedBy = deletes;
        row.deletedAt = index;
      }
    }
    for (const { inserts } of parts) {
      touched.begin(false);
      for (let index = 0; index < inserts.keys.length; index++) {
        const row = touched.touch(inserts.keys[index] ?? 0);
        row.delta++;
        row.insertedBy = inserts;
        row.insertedAt = index;
      }
    }
    return touched.rows;
  }

  /** The rows of a set leave. */
  #touchAll(touched: TouchedRows<Row>, querySetId: number): void {
    touched.begin(touched.rows.length === 0);
    if (this.#counts !== undefined) {
      for (const [key, count] of this.#counts.of(querySetId)) touched.touch(key).delta -= count;
    } else if (this.#single === querySetId) {
      for (const key of this.rows.keys()) touched.touch(key).delta--;
    }
  }

  #stageCounts(
    forget: ReadonlySet<number>,
    parts: readonly TablePart<Row>[],
    touched: readonly TouchedRow<Row>[],
  ): () => void {
    if (this.#counts === undefined) {
      const single = this.#singleAfter(forget, parts);
      const most = this.#mostAfter(touched);
      if (single !== several && most <= 1) {
        return () => {
          this.#single = single;
        };
      }
    }
    const counts = this.#counts ?? RowCounts.ofSingle(this.#single ?? 0, this.rows.keys());
    const commit = counts.stage(this.#table, forget, parts);
    return () => {
      commit();
      this.#single = undefined;
      this.#counts = counts;
    };
  }

  /** The only set that has rows after the step, where there were not several before. */
  #singleAfter(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[]): number | undefined | typeof several {
    let single = this.#single !== undefined && forget.has(this.#single) ? undefined : this.#single;
    for (const { querySetId, deletes, inserts } of parts) {
      if (deletes.keys.length === 0 && inserts.keys.length === 0) continue;
      if (single !== undefined && single !== querySetId) return several;
      single = querySetId;
    }
    return single;
  }

  /** The greatest count after the step, where none was greater than 1. Throws when one is negative. */
  #mostAfter(touched: readonly TouchedRow<Row>[]): number {
    let most = 0;
    for (const row of touched) {
      const total = this.#totalAfter(row);
      if (total < 0) throw negativeCount(this.#table, this.#single);
      if (total > most) most = total;
    }
    return most;
  }

  /** How often all sets together return a row after the step. */
  #totalAfter({ key, slot, delta }: TouchedRow<Row>): number {
    if (slot === none) return delta;
    return delta + (this.#counts === undefined ? 1 : this.#counts.total(key));
  }

  /** Whether the step changes a row: whether it comes, goes, or is another. */
  #isChanged(row: TouchedRow<Row>, isOneMessage: boolean): boolean {
    const { slot, delta, insertedBy, insertedAt } = row;
    if (slot === none && isOneMessage) this.#checkVersion(row);
    // What is deleted no more often than inserted stays: nothing has to be looked up.
    if (delta <= 0 && (delta < 0 || slot === none) && this.#totalAfter(row) === 0) {
      row.insertedBy = undefined;
      row.insertedAt = none;
      return slot !== none;
    }
    if (insertedBy === undefined) return false;
    if (slot === none) return true;
    return !this.#areWholeRows && !this.#isUnchanged(row, insertedBy, insertedAt, isOneMessage);
  }

  /**
   * Whether the inserted row is the one that was there. What one message deletes is what was there, so its bytes tell. A step that forgets sets is
   * made of several messages, which may delete versions that were never shown.
   */
  #isUnchanged(row: TouchedRow<Row>, insertedBy: ListedRows<Row>, insertedAt: number, isOneMessage: boolean): boolean {
    const { key, slot, deletedBy, deletedAt } = row;
    if (isOneMessage && deletedBy !== undefined) {
      return equalRowBytes(deletedBy.list, deletedAt, insertedBy.list, insertedAt);
    }
    if (this.rows.hasBytes(slot, insertedBy.list, insertedAt)) return true;
    const oldRow = this.rows.get(key);
    return oldRow !== undefined && this.#isSame(oldRow, insertedBy.row(insertedAt));
  }

  /** Counts are kept by key, so only here it shows that a message deletes another version of a row than any that was sent. */
  #checkVersion({ deletedBy, deletedAt, insertedBy, insertedAt }: TouchedRow<Row>): void {
    if (deletedBy === undefined || insertedBy === undefined) return;
    const isSame = equalRowBytes(deletedBy.list, deletedAt, insertedBy.list, insertedAt);
    if (!isSame) throw negativeCount(this.#table, undefined);
  }
}

const several = Symbol('several sets');

/** The difference that the first rows make. A function of its own, so that a batch that is kept does not keep their message. */
function diffOfFirst<Row>(rows: KeptRows<Row>, size: number): TableDiff<Row> {
  return new LateDiff(size, {
    keys: () => rows.keys(),
    deleted: () => [],
    make: () => Array.from(rows, ([key, newRow]) => ({ kind: 'insert', key, newRow })),
  });
}
