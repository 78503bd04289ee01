import { type IndexModel } from '../../module-def/model.ts';
import { errno, HostError } from '../errno.ts';
import { Cursor, DecodeError } from './cursor.ts';
import { type Row, type RowLayout } from './row.ts';

/** Greater than every character of an order key, so that `prefix + beyond` is greater than every key that begins with `prefix`. */
const beyond = '\uffff';

/** The part of an index that a range scan asks for: keys from `from` on, below `to`. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/** The bytes of a range scan: values of the first columns, then both bounds of the next one. */
export interface EncodedRange {
  readonly prefix: Uint8Array;
  readonly prefixColumns: number;
  readonly lower: Uint8Array;
  /** No bytes at all: the same as `lower`. */
  readonly upper: Uint8Array;
}

/** An index of a table. Rows are found by their order key; a sorted list of the keys exists from the first range scan on. */
export class TableIndex {
  readonly id: number;
  readonly model: IndexModel;
  readonly isUnique: boolean;
  readonly #layout: RowLayout;
  readonly #rows = new Map<string, Set<Row>>();
  #sortedKeys: string[] | undefined;

  constructor(id: number, model: IndexModel, isUnique: boolean, layout: RowLayout) {
    this.id = id;
    this.model = model;
    this.isUnique = isUnique;
    this.#layout = layout;
  }

  /** How many different keys there are. */
  get keyCount(): number {
    return this.#rows.size;
  }

  get columns(): readonly number[] {
    return this.model.columns;
  }

  keyOf(row: Row): string {
    return row.orderKey(this.columns);
  }

  add(row: Row): void {
    const key = this.keyOf(row);
    const rows = this.#rows.get(key);
    if (rows !== undefined) {
      rows.add(row);
      return;
    }
    this.#rows.set(key, new Set([row]));
    this.#sortedKeys?.splice(lowerBound(this.#sortedKeys, key), 0, key);
  }

  remove(row: Row): void {
    const key = this.keyOf(row);
    const rows = this.#rows.get(key);
    if (rows === undefined) return;
    rows.delete(row);
    if (rows.size > 0) return;
    this.#rows.delete(key);
    this.#sortedKeys?.splice(lowerBound(this.#sortedKeys, key), 1);
  }

  /** The rows under one key. */
  at(key: string): readonly Row[] {
    const rows = this.#rows.get(key);
    return rows === undefined ? [] : [...rows];
  }

  /** The only row under one key of a unique index. */
  only(key: string): Row | undefined {
    const rows = this.#rows.get(key);
    if (rows === undefined) return undefined;
    for (const row of rows) return row;
    return undefined;
  }

  /** The rows whose keys are in a range, in the order of the keys. */
  within({ from, to }: KeyRange): readonly Row[] {
    this.#sortedKeys ??= [...this.#rows.keys()].sort(compareKeys);
    const keys = this.#sortedKeys;
    const rows: Row[] = [];
    for (let index = lowerBound(keys, from); index < keys.length; index++) {
      const key = keys[index];
      if (key === undefined || key >= to) break;
      rows.push(...this.at(key));
    }
    return rows;
  }

  /** The key that the values of all columns, one after the other, make. Throws a {@link HostError} when they are not of the index's types. */
  pointKey(point: Uint8Array): string {
    return decoding(() => this.#prefixKey(new Cursor(point), this.columns.length));
  }

  /** Throws a {@link HostError} for a hash index, or for bytes that are not of the index's types. */
  range(range: EncodedRange): KeyRange {
    if (this.model.algorithm === 'hash') {
      throw new HostError(
        errno.wrongIndexAlgorithm,
        `index ${this.model.name.canonical} is a hash index, without ranges`,
      );
    }
    return decoding(() => {
      const prefix = this.#prefixKey(new Cursor(range.prefix), range.prefixColumns);
      const lower = this.#bound(range.lower, range.prefixColumns);
      const upper = range.upper.length === 0 ? lower : this.#bound(range.upper, range.prefixColumns);
      return {
        from: prefix + (lower.tag === 'excluded' ? lower.key + beyond : lower.key),
        to: prefix + (upper.tag === 'excluded' ? upper.key : upper.key + beyond),
      };
    });
  }

  #prefixKey(cursor: Cursor, count: number): string {
    let key = '';
    for (let position = 0; position < count; position++) key += this.#readKey(cursor, position);
    return key;
  }

  #bound(bytes: Uint8Array, position: number): { readonly tag: 'included' | 'excluded'; readonly key: string } {
    const cursor = new Cursor(bytes);
    const tag = cursor.u8();
    switch (tag) {
      case 0:
        return { tag: 'included', key: this.#readKey(cursor, position) };
      case 1:
        return { tag: 'excluded', key: this.#readKey(cursor, position) };
      case 2:
        // Without a bound every key that begins with the prefix is in.
        return { tag: 'included', key: '' };
      default:
        throw new DecodeError(`unknown tag 0x${tag.toString(16)} for sum type Bound`);
    }
  }

  #readKey(cursor: Cursor, position: number): string {
    const column = this.columns[position];
    if (column === undefined) throw new DecodeError(`the index has only ${this.columns.length} columns`);
    const layout = this.#layout.column(column);
    const start = cursor.offset;
    layout.check(cursor);
    cursor.offset = start;
    return layout.orderKey(cursor);
  }
}

/** Runs `read`, turning bytes that are not of their type into a {@link HostError}. */
export function decoding<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) throw new HostError(errno.bsatnDecodeError, error.message);
    throw error;
  }
}

function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Where `key` stands in sorted `keys`, or would. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
