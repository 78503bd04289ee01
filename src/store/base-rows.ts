import { negativeCount, type Returned, RowCounts } from './row-counts.ts';
import { type KeptRows } from './kept-rows.ts';
import { type ListedRows } from './listed-rows.ts';
import { equalRowBytes } from './row-reader.ts';
import { StagedChanges } from './staged-changes.ts';
import { LateDiff, type TableDiff } from './table-diff.ts';
import { none, type TablePart, type TouchedRow, TouchedRows } from './touched-rows.ts';

/** What a step will do to the base of a table. Nothing has changed before `commit` runs. */
export interface StagedRows<Row> {
  readonly diff: TableDiff<Row>;
  readonly commit: () => void;
}

/** The base of a table: the rows that the server has sent, and which query sets return them. */
export class BaseRows<Row> {
  /** The rows by key. */
  readonly rows: KeptRows<Row>;
  readonly #table: string;
  /** How often each query set returns each row. */
  readonly counts: RowCounts;
  /** Whether all of a row is its key: then two rows of one key are always the same. */
  readonly #areWholeRows: boolean;

  constructor(table: string, rows: KeptRows<Row>, areWholeRows: boolean) {
    this.#table = table;
    this.rows = rows;
    this.counts = new RowCounts(table, rows);
    this.#areWholeRows = areWholeRows;
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
    if (part.deletes.keys.length > 0 || keys.length === 0) return undefined;
    const { rows } = this;
    const slots = rows.slotsOf(keys);
    if (slots === undefined) return undefined;
    const commit = (): void => {
      rows.load(slots, list);
      this.counts.load(part.querySetId);
    };
    return { diff: diffOfFirst(rows, keys.length), commit };
  }

  #stageTouched(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[]): StagedRows<Row> {
    const isOneMessage = forget.size === 0;
    const touched = this.#touch(forget, parts, isOneMessage);
    const changed = this.#changed(touched, isOneMessage);
    const changes = new StagedChanges(this.rows, changed);
    const commit = (): void => {
      changes.commit();
      this.counts.commit(touched);
    };
    return { diff: changes.diff, commit };
  }

  /** Nets the step: deletes of all sets before inserts of any, so that a row which moves from one to another is the same row. */
  #touch(
    forget: ReadonlySet<number>,
    parts: readonly TablePart<Row>[],
    isOneMessage: boolean,
  ): readonly TouchedRow<Row>[] {
    const touched = new TouchedRows(this.rows);
    for (const querySetId of forget) this.#touchAll(touched, querySetId);
    // A message takes a row away more than once only from a set that has it more than once.
    const areOnce = isOneMessage && !this.counts.areRepeated;
    for (const { deletes, inserts, updates } of parts) {
      touched.begin(areOnce && touched.rows.length === 0 ? updates : 0);
      for (let index = 0; index < deletes.keys.length; index++) {
        const row = touched.touch(deletes.keys[index] ?? 0);
        row.deletedBy = deletes;
        row.deletedAt = index;
        if (index >= updates || !isOneMessage) continue;
        row.insertedBy = inserts;
        row.insertedAt = index;
      }
    }
    // A message has one version of each row; of several the last counts, in the order in which they came.
    for (const { querySetId, inserts, updates } of parts) {
      touched.begin(0);
      for (let index = isOneMessage ? updates : 0; index < inserts.keys.length; index++) {
        const row = touched.touch(inserts.keys[index] ?? 0);
        row.insertedBy = inserts;
        row.insertedAt = index;
        if (index >= updates) row.returned = this.counts.changed(this.#returned(row), querySetId, 1);
      }
    }
    // Counted last, so that only what is taken away too often becomes negative.
    for (const { querySetId, deletes, updates } of parts) {
      touched.begin(0);
      for (let index = updates; index < deletes.keys.length; index++) {
        const row = touched.touch(deletes.keys[index] ?? 0);
        row.returned = this.counts.changed(this.#returned(row), querySetId, -1);
      }
    }
    return touched.rows;
  }

  /** The rows of a set leave. */
  #touchAll(touched: TouchedRows<Row>, querySetId: number): void {
    touched.begin(touched.rows.length === 0 ? this.rows.size : 0);
    for (const key of this.counts.of(querySetId)) {
      const row = touched.touch(key);
      row.returned = this.counts.changed(this.#returned(row), querySetId);
    }
  }

  /** What returns a row, as far as the step was followed. */
  #returned(row: TouchedRow<Row>): Returned {
    return row.returned ?? this.counts.before(row);
  }

  /** The touched rows that change: mostly all of them. */
  #changed(touched: readonly TouchedRow<Row>[], isOneMessage: boolean): readonly TouchedRow<Row>[] {
    const first = touched.findIndex((row) => !this.#isChanged(row, isOneMessage));
    if (first === -1) return touched;
    return touched.filter((row, index) => index < first || (index > first && this.#isChanged(row, isOneMessage)));
  }

  /** Whether the step changes a row: whether it comes, goes, or is another. */
  #isChanged(row: TouchedRow<Row>, isOneMessage: boolean): boolean {
    const { slot, insertedBy, insertedAt, returned } = row;
    if (slot === none && isOneMessage) this.#checkVersion(row);
    const isThere = returned === undefined ? slot !== none : returned.total > 0;
    if (!isThere) {
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
    const { slot, deletedBy, deletedAt } = row;
    if (isOneMessage && deletedBy !== undefined) {
      return equalRowBytes(deletedBy.list, deletedAt, insertedBy.list, insertedAt);
    }
    return this.rows.isSame(slot, insertedBy, insertedAt);
  }

  /** Counts are kept by key, so only here it shows that a message deletes another version of a row than any that was sent. */
  #checkVersion({ deletedBy, deletedAt, insertedBy, insertedAt }: TouchedRow<Row>): void {
    if (deletedBy === undefined || insertedBy === undefined) return;
    const isSame = equalRowBytes(deletedBy.list, deletedAt, insertedBy.list, insertedAt);
    if (!isSame) throw negativeCount(this.#table, undefined);
  }
}

/** The difference that the first rows make. A function of its own, so that a batch that is kept does not keep their message. */
function diffOfFirst<Row>(rows: KeptRows<Row>, size: number): TableDiff<Row> {
  return new LateDiff(size, {
    keys: () => rows.keys(),
    deleted: () => [],
    make: () => Array.from(rows, ([key, newRow]) => ({ kind: 'insert', key, newRow })),
  });
}
