import { type MapKey } from './key.ts';
import { type RowComparison } from './row-comparison.ts';
import { negativeCount, RowCounts, type TablePart } from './row-counts.ts';
import { type KeptRows } from './kept-rows.ts';
import { type ListedRows } from './listed-rows.ts';
import { PlainChanges } from './plain-changes.ts';
import { equalRowBytes } from './row-reader.ts';
import { diffOf, LateDiff, type RowChange, type TableDiff } from './table-diff.ts';

/** What a step will do to the base of a table. Nothing has changed before `commit` runs. */
export interface StagedRows<Row> {
  readonly diff: TableDiff<Row>;
  readonly commit: () => void;
}

/** A row that a step has to do with. */
interface TouchedRow<Row> {
  readonly oldRow: Row | undefined;
  /** By how much its total count changes. */
  delta: number;
  /** The list and place of its last deletion in this step. */
  deletedBy: ListedRows<Row> | undefined;
  deletedAt: number;
  /** The list and place of its last insertion. */
  insertedBy: ListedRows<Row> | undefined;
  insertedAt: number;
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
    if (mayBeLate && part !== undefined && parts.length === 1) {
      const staged = this.rows.size === 0 ? this.#stageFirst(part) : this.#stagePlain(forget, part);
      if (staged !== undefined) return staged;
    }
    return this.#stageTouched(forget, parts);
  }

  /** The first rows of a table, all of one set and each only once: the map of them is the new state. */
  #stageFirst(part: TablePart<Row>): StagedRows<Row> | undefined {
    const { keys, list } = part.inserts;
    if (part.deletes.keys.length > 0) return undefined;
    const slots = new Map<MapKey, number>();
    for (let index = 0; index < keys.length; index++) slots.set(keys[index] ?? 0, index);
    if (slots.size < keys.length) return undefined;
    const { rows } = this;
    const commit = (): void => {
      rows.load(slots, list);
      this.#single = slots.size > 0 ? part.querySetId : undefined;
    };
    return { diff: diffOfFirst(rows, keys.length), commit };
  }

  /** See {@link PlainChanges}. */
  #stagePlain(forget: ReadonlySet<number>, part: TablePart<Row>): StagedRows<Row> | undefined {
    if (forget.size > 0 || this.#counts !== undefined || this.#single !== part.querySetId) return undefined;
    const plain = PlainChanges.of(this.rows, part);
    if (plain === undefined) return undefined;
    const commit = (): void => {
      plain.commit();
      if (this.rows.size === 0) this.#single = undefined;
    };
    return { diff: plain.diff, commit };
  }

  #stageTouched(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[]): StagedRows<Row> {
    const touched = this.#touch(forget, parts);
    const commitCounts = this.#stageCounts(forget, parts, touched);
    const isOneMessage = forget.size === 0;
    const changes: RowChange<Row>[] = [];
    for (const [key, row] of touched) {
      if (isOneMessage) this.#checkVersion(row);
      const change = this.#changeOf(key, row, isOneMessage);
      if (change !== undefined) changes.push(change);
    }
    const commit = (): void => {
      commitCounts();
      for (const change of changes) {
        if (change.kind === 'delete') this.rows.delete(change.key);
        else this.rows.set(change.key, change.newRow);
      }
      this.rows.tidy();
      if (this.rows.size === 0) this.#single = this.#counts = undefined;
    };
    return { diff: diffOf(changes), commit };
  }

  /** Nets the step: deletes of all sets before inserts of any, so that a row which moves from one to another is the same row. */
  #touch(forget: ReadonlySet<number>, parts: readonly TablePart<Row>[]): ReadonlyMap<MapKey, TouchedRow<Row>> {
    const touched = new Map<MapKey, TouchedRow<Row>>();
    for (const querySetId of forget) this.#touchAll(touched, querySetId);
    for (const { deletes } of parts) {
      let index = 0;
      for (const key of deletes.keys) {
        const row = this.#touchRow(touched, key);
        row.delta--;
        row.deletedBy = deletes;
        row.deletedAt = index++;
      }
    }
    for (const { inserts } of parts) {
      let index = 0;
      for (const key of inserts.keys) {
        const row = this.#touchRow(touched, key);
        row.delta++;
        row.insertedBy = inserts;
        row.insertedAt = index++;
      }
    }
    return touched;
  }

  #touchRow(touched: Map<MapKey, TouchedRow<Row>>, key: MapKey): TouchedRow<Row> {
    const known = touched.get(key);
    if (known !== undefined) return known;
    const oldRow = this.rows.get(key);
    const row: TouchedRow<Row> = {
      oldRow,
      delta: 0,
      deletedBy: undefined,
      deletedAt: 0,
      insertedBy: undefined,
      insertedAt: 0,
    };
    touched.set(key, row);
    return row;
  }

  /**
   * Whether the inserted row is the one that was there. What one message deletes is what was there, so its bytes tell. A step that forgets sets is
   * made of several messages, which may delete versions that were never shown.
   */
  #isUnchanged(touched: TouchedRow<Row>, oldRow: Row, newRow: Row, isOneMessage: boolean): boolean {
    const { deletedBy, deletedAt, insertedBy, insertedAt } = touched;
    if (!isOneMessage || deletedBy === undefined || insertedBy === undefined) return this.#isSame(oldRow, newRow);
    return equalRowBytes(deletedBy.list, deletedAt, insertedBy.list, insertedAt);
  }

  /** Counts are kept by key, so only here it shows that a message deletes another version of a row than any that was sent. */
  #checkVersion({ oldRow, deletedBy, deletedAt, insertedBy, insertedAt }: TouchedRow<Row>): void {
    if (oldRow !== undefined || deletedBy === undefined || insertedBy === undefined) return;
    const isSame = equalRowBytes(deletedBy.list, deletedAt, insertedBy.list, insertedAt);
    if (!isSame) throw negativeCount(this.#table, undefined);
  }

  /** The rows of a set leave. */
  #touchAll(touched: Map<MapKey, TouchedRow<Row>>, querySetId: number): void {
    if (this.#counts !== undefined) {
      for (const [key, count] of this.#counts.of(querySetId)) this.#touchRow(touched, key).delta -= count;
    } else if (this.#single === querySetId) {
      for (const key of this.rows.keys()) this.#touchRow(touched, key).delta--;
    }
  }

  /** The total count of a row after the step. */
  #totalAfter(key: MapKey, { oldRow, delta }: TouchedRow<Row>): number {
    if (this.#counts !== undefined) return this.#counts.total(key) + delta;
    return (oldRow === undefined ? 0 : 1) + delta;
  }

  #stageCounts(
    forget: ReadonlySet<number>,
    parts: readonly TablePart<Row>[],
    touched: ReadonlyMap<MapKey, TouchedRow<Row>>,
  ): () => void {
    if (this.#counts === undefined) {
      const sets = new Set(parts.map((part) => part.querySetId));
      if (this.#single !== undefined && !forget.has(this.#single)) sets.add(this.#single);
      const most = this.#mostAfter(touched);
      if (sets.size <= 1 && most <= 1) {
        const [single] = sets;
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

  /** The greatest count after the step. Throws when one is negative. */
  #mostAfter(touched: ReadonlyMap<MapKey, TouchedRow<Row>>): number {
    let most = 0;
    for (const [key, row] of touched) {
      const total = this.#totalAfter(key, row);
      if (total < 0) throw negativeCount(this.#table, this.#single);
      if (total > most) most = total;
    }
    return most;
  }

  #changeOf(key: MapKey, row: TouchedRow<Row>, isOneMessage: boolean): RowChange<Row> | undefined {
    const { oldRow, insertedBy, insertedAt } = row;
    if (this.#totalAfter(key, row) === 0) return oldRow === undefined ? undefined : { kind: 'delete', key, oldRow };
    if (insertedBy === undefined || (oldRow !== undefined && this.#areWholeRows)) return undefined;
    const newRow = insertedBy.row(insertedAt);
    if (oldRow === undefined) return { kind: 'insert', key, newRow };
    return this.#isUnchanged(row, oldRow, newRow, isOneMessage) ? undefined : { kind: 'update', key, oldRow, newRow };
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
