import { encode } from '../bsatn/codec.ts';
import { type BaseRows } from './base-rows.ts';
import { type TableDefinition } from './definition.ts';
import { type MapKey } from './key.ts';
import { type RowKeys } from './row-keys.ts';
import { rowBytes } from './row-reader.ts';
import { type RowBytes } from './step.ts';
import { type TableDiff } from './table-diff.ts';

/** The BSATN of rows that changed: of those that are there now, and of a former version of those that are gone. */
export interface ChangedRows {
  readonly puts: readonly Uint8Array[];
  readonly removals: readonly Uint8Array[];
}

/** Changed rows as they were read. */
export interface ChangedRowBytes {
  readonly puts: RowBytes;
  readonly removals: RowBytes;
}

/** What outlives the client asks of a table: the rows that the server said, as bytes. What calls expect is not in them. */
export interface TablePersistence {
  /** How many rows the server has said. */
  readonly size: number;
  /** How many rows have changed since they were last taken; 0 while nobody follows. */
  readonly changed: number;
  /** The BSATN of every row that the server has said. */
  rows(): readonly Uint8Array[];
  /** From here on takes note of what changes, and calls `onChange` in every step that changes anything; without it no longer. */
  follow(onChange: (() => void) | undefined): void;
  /** The rows that have changed since they were last taken. */
  take(): ChangedRows;
  /** What is left of `rows` when the changes have been made. Throws a `SchemaError` for a row that cannot be read. */
  replay(rows: RowBytes, changes: readonly ChangedRowBytes[]): readonly Uint8Array[];
  /** The BSATN of a row from outside. Throws what its codec throws. */
  encodeRow(row: unknown): Uint8Array;
}

/** What persistence has to do with a table. */
export interface PersistedTable<Row> {
  readonly definition: TableDefinition<Row>;
  readonly keys: RowKeys<Row>;
  readonly base: BaseRows<Row>;
}

/** The rows of the base as bytes, and which of them have changed. */
export class BasePersistence<Row> implements TablePersistence {
  readonly #table: PersistedTable<Row>;
  /** By key, where a row is gone, one that had it. */
  readonly #changed = new Map<MapKey, Row | undefined>();
  #onChange: (() => void) | undefined;

  constructor(table: PersistedTable<Row>) {
    this.#table = table;
  }

  get size(): number {
    return this.#table.base.rows.size;
  }

  get changed(): number {
    return this.#changed.size;
  }

  rows(): readonly Uint8Array[] {
    const { rows } = this.#table.base;
    return rows.keys().flatMap((key) => rows.encodedRow(key) ?? []);
  }

  follow(onChange: (() => void) | undefined): void {
    this.#onChange = onChange;
    if (onChange === undefined) this.#changed.clear();
  }

  /** For the commit of a step. */
  note(diff: TableDiff<Row>): void {
    if (this.#onChange === undefined || diff.size === 0) return;
    for (const key of diff.keys) this.#changed.set(key, undefined);
    for (const [key, row] of diff.deleted()) this.#changed.set(key, row);
    this.#onChange();
  }

  take(): ChangedRows {
    const puts: Uint8Array[] = [];
    const removals: Uint8Array[] = [];
    for (const [key, former] of this.#changed) {
      const row = this.#table.base.rows.encodedRow(key);
      if (row !== undefined) puts.push(row);
      else if (former !== undefined) removals.push(this.encodeRow(former));
    }
    this.#changed.clear();
    return { puts, removals };
  }

  replay(rows: RowBytes, changes: readonly ChangedRowBytes[]): readonly Uint8Array[] {
    const { keys } = this.#table;
    const left = new Map<MapKey, Uint8Array>();
    const put = (list: RowBytes): void => {
      for (const [index, key] of keys.list(list).keys.entries()) left.set(key, rowBytes(list, index));
    };
    put(rows);
    for (const { puts, removals } of changes) {
      for (const key of keys.list(removals).keys) left.delete(key);
      put(puts);
    }
    return [...left.values()];
  }

  encodeRow(row: unknown): Uint8Array {
    // Encoding is the check.
    return encode(this.#table.definition.codec, row as Row);
  }
}

/** Makes the persistence of a table. A client that keeps nothing between runs does without: it comes with what works offline. */
export type MakePersistence = <Row>(table: PersistedTable<Row>) => BasePersistence<Row>;

/** See {@link MakePersistence}. */
export function createPersistence<Row>(table: PersistedTable<Row>): BasePersistence<Row> {
  return new BasePersistence(table);
}
