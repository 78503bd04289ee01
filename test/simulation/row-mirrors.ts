import { toHex } from '../../src/bsatn/bytes.ts';
import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { type KeyedTable, type PlainTable } from '../../src/store/handles.ts';

/** Copies of tables, kept by their events alone. An event that does not fit is a problem, and one for a row that did not change too. */
export class RowMirrors {
  readonly #problems: string[];
  readonly #onEvent: () => void;
  readonly #mirrors = new Map<string, Set<string>>();

  /** `onEvent` is called at the end of each listener. */
  constructor(problems: string[], onEvent: () => void = () => undefined) {
    this.#problems = problems;
    this.#onEvent = onEvent;
  }

  /** The rows of a table as sorted hex; undefined for one that has no copy. */
  rows(table: string): string[] | undefined {
    const mirror = this.#mirrors.get(table);
    return mirror === undefined ? undefined : [...mirror].sort();
  }

  /** Begins the copy of a table that has `rows`, as hex. */
  add<Row>(table: PlainTable<Row>, codec: Codec<Row>, rows: readonly string[] = []): Set<string> {
    const mirror = new Set(rows);
    this.#mirrors.set(table.name, mirror);
    table.onInsert(({ row }) => {
      const hex = toHex(encode(codec, row));
      if (mirror.has(hex)) this.#problems.push(`${table.name}: an insert of a row that was there: ${hex}`);
      mirror.add(hex);
      this.#onEvent();
    });
    table.onDelete(({ row }) => {
      const hex = toHex(encode(codec, row));
      if (!mirror.delete(hex)) this.#problems.push(`${table.name}: a delete of a row that was not there: ${hex}`);
      this.#onEvent();
    });
    return mirror;
  }

  /** The same for a table whose rows can be updated. */
  addKeyed<Row, Key extends number | bigint | string>(
    table: KeyedTable<Row, Key>,
    codec: Codec<Row>,
    rows?: readonly string[],
  ): void {
    const mirror = this.add(table, codec, rows);
    table.onUpdate(({ oldRow, newRow }) => {
      const [before, after] = [toHex(encode(codec, oldRow)), toHex(encode(codec, newRow))];
      if (before === after) this.#problems.push(`${table.name}: an update of a row that did not change: ${before}`);
      if (!mirror.delete(before))
        this.#problems.push(`${table.name}: an update of a row that was not there: ${before}`);
      mirror.add(after);
      this.#onEvent();
    });
  }
}
