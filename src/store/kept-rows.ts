import { encode } from '../bsatn/codec.ts';
import { type TableDefinition } from './definition.ts';
import { isAlike } from './is-alike.ts';
import { type MapKey } from './key.ts';
import { type ListedRows } from './listed-rows.ts';
import { type VisibleRows } from './overlay/overlaid-rows.ts';
import { type RowLayout } from './row-layout.ts';
import { hasRowBytes } from './row-reader.ts';
import { RowSegment } from './row-segment.ts';
import { type NewSlots, type SlotIndex } from './slot-index.ts';
import { type RowBytes } from './step.ts';

/** A row that is kept, or was: itself, or where its bytes are. */
export type Cell<Row> = Row | RowSegment;

/** The least and the greatest size of a segment that is made for single rows, in bytes. */
const smallestSegment = 1024;
const largestSegment = 64 * 1024;

/** Up to so many rows whose bytes are kept in vain, and one for every second slot, nothing is moved together; to fewer where the segments are large. */
const neglected = 1024;
const neglectedOfMany = 16;
const manyBytes = 1024 * 1024;

/**
 * The rows of a table by key, in the order in which they came. A row stays bytes until somebody reads it:
 *
 * ```text
 * slots    key ──► slot                      the slots ascend in the order of the keys
 * cells    slot ──► row, once it was read    before that the segment that holds its bytes; nothing where the row is gone
 * starts   slot ──► where it begins there
 * ```
 *
 * No row of the first load has an object of its own: 100,000 of them take a third of the memory of objects in a `Map`, and a fifth of the time.
 * Bytes are copied out of the message, so that no frame is kept for the sake of a row. A segment is free when all of its rows were read or are gone;
 * when most of what is kept is of no use, the rest is moved together.
 */
export class KeptRows<Row> implements VisibleRows<Row> {
  readonly #definition: TableDefinition<Row>;
  readonly #layout: RowLayout<Row>;
  readonly #newSlots: NewSlots;
  #slots: SlotIndex;
  /** The segment of the first load, while no row of it was touched: then there are no cells, which take 8 bytes a row. */
  #untouched: RowSegment | undefined;
  #touched: (Cell<Row> | undefined)[] = [];
  #starts = new Uint32Array(0);
  /** Slots whose row is gone. */
  #gaps = 0;
  /** Rows that nobody has read. */
  #unread = 0;
  /** Rows whose bytes came into the segments of the present. */
  #stored = 0;
  /** The bytes of the segments of the present, and of those that were made and left since rows were last moved together. */
  #storedBytes = 0;
  #tail: RowSegment | undefined;
  /** The array that was made last, and the slots that have changed since then. */
  #array: readonly Row[] | undefined;
  #changed: number[] = [];

  constructor(definition: TableDefinition<Row>, layout: RowLayout<Row>, newSlots: NewSlots) {
    this.#definition = definition;
    this.#layout = layout;
    this.#newSlots = newSlots;
    this.#slots = newSlots([]);
  }

  get size(): number {
    return this.#slots.size;
  }

  has(key: MapKey): boolean {
    return this.#slots.get(key) !== undefined;
  }

  keys(): readonly MapKey[] {
    const keys: MapKey[] = [];
    this.#slots.forEach((_slot, key) => keys.push(key));
    return keys;
  }

  get(key: MapKey): Row | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    // Small enough to become part of whoever looks something up, for whom it is a sixth of the time. Cells that are not made yet are `undefined`.
    const cell = this.#touched[slot];
    return cell === undefined || cell instanceof RowSegment ? this.#at(slot) : cell;
  }

  /** The rows, all of them read. The array is another one after every change, and what a caller does to one is in none that is made later. */
  toArray(): readonly Row[] {
    if (this.#array === undefined) this.#readAll();
    else if (this.#changed.length === 0) return this.#array;
    // All others were read for the array of before: looking at every slot takes four times as long.
    else for (const slot of this.#changed) this.#at(slot);
    this.#changed = [];
    const cells = this.#cells;
    this.#array = areRows(cells, this.#slots.size - this.#unread) ? cells.slice() : cells.filter(isRow);
    return this.#array;
  }

  values(): IterableIterator<Row> {
    return this.toArray().values();
  }

  *[Symbol.iterator](): Iterator<readonly [MapKey, Row]> {
    for (const key of this.keys()) {
      const row = this.get(key);
      if (row !== undefined) yield [key, row];
    }
  }

  /** The BSATN of the row of this key, which is not read for it. */
  encodedRow(key: MapKey): Uint8Array | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const cell = this.#cells[slot];
    if (!(cell instanceof RowSegment)) return encode(this.#definition.codec, this.#at(slot));
    const start = this.startAt(slot);
    return cell.reader.bytes.slice(start, this.#layout.endOf(cell.reader, start));
  }

  /** Whether the row of a slot is row `index` of a list. Rows that differ only in the payload of a NaN are the same. */
  isSame(slot: number, listed: ListedRows<Row>, index: number): boolean {
    const cell = this.#untouched ?? this.#touched[slot];
    if (cell instanceof RowSegment && hasRowBytes(cell.reader.bytes, this.startAt(slot), listed.list, index))
      return true;
    return isAlike(this.#at(slot), listed.row(index));
  }

  /** Where the row of this key is, for the time until the next change. */
  slotOf(key: MapKey): number | undefined {
    return this.#slots.get(key);
  }

  /** What is in a slot, to be read by {@link rowOf} also when it is there no more. */
  cellAt(slot: number): Cell<Row> | undefined {
    return this.#cells[slot];
  }

  startAt(slot: number): number {
    return this.#starts[slot] ?? 0;
  }

  /** The row of a cell that was taken by {@link cellAt} and {@link startAt}. */
  rowOf(cell: Cell<Row>, start: number): Row {
    if (!(cell instanceof RowSegment)) return cell;
    cell.reader.restart(start);
    return this.#definition.codec.read(cell.reader);
  }

  /** What {@link load} takes for rows with these keys; `undefined` where a key occurs twice. */
  slotsOf(keys: readonly MapKey[]): SlotIndex | undefined {
    const slots = this.#newSlots(keys);
    return slots.size < keys.length ? undefined : slots;
  }

  /** Takes over the first rows of an empty table: `slots` says which key each row of the list has. */
  load(slots: SlotIndex, list: RowBytes): void {
    const { length } = list;
    const from = list.start(0);
    const bytes = new Uint8Array(list.data.subarray(from, length > 0 ? list.end(length - 1) : from));
    const segment = new RowSegment(this.#layout.readerOf(bytes), bytes.length);
    this.#slots = slots;
    this.#starts = new Uint32Array(length);
    for (let slot = 0; slot < length; slot++) this.#starts[slot] = list.start(slot) - from;
    this.#untouched = segment;
    this.#touched = [];
    this.#gaps = 0;
    this.#unread = this.#stored = length;
    this.#storedBytes = bytes.length;
    this.#tail = undefined;
    this.#array = undefined;
  }

  /** Puts a row that was read in the place of what the key has, or behind all others. */
  set(key: MapKey, row: Row): void {
    const slot = this.#slots.get(key) ?? this.#append(key);
    this.#leave(slot);
    this.#cells[slot] = row;
  }

  /** The same for row `index` of a list, which stays bytes. `slot`: of its key; `undefined` for a key that has none. */
  put(key: MapKey, slot: number | undefined, list: RowBytes, index: number): void {
    const to = slot ?? this.#append(key);
    this.#leave(to);
    const [start, end] = [list.start(index), list.end(index)];
    let segment = this.#tail ?? this.#newTail(end - start);
    let at = segment.add(list.data, start, end);
    if (at === undefined) {
      segment = this.#newTail(end - start);
      at = segment.add(list.data, start, end) ?? 0;
    }
    this.#cells[to] = segment;
    this.#starts[to] = at;
    this.#unread++;
    this.#stored++;
  }

  delete(key: MapKey): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#leave(slot);
    this.#slots.delete(key);
    this.#cells[slot] = undefined;
    this.#gaps++;
    this.#array = undefined;
  }

  /** Gives back what is of no use any more. For the end of a change: slots are others afterwards. */
  tidy(): void {
    if (this.#unread === 0) {
      this.#stored = this.#storedBytes = 0;
    } else if (this.#stored > 2 * this.#unread + this.#cells.length / 2 + this.#neglected) {
      // It looks at every slot, so it may only happen once in as many changes as there are slots.
      this.#moveTogether();
    }
    if (this.#gaps > 32 && this.#gaps > this.#slots.size) this.#closeGaps();
  }

  get #neglected(): number {
    return this.#storedBytes > manyBytes ? neglectedOfMany : neglected;
  }

  /** The row of a slot that has one. */
  #at(slot: number): Row {
    const cell = this.#cells[slot];
    if (cell instanceof RowSegment) {
      const row = this.rowOf(cell, this.#starts[slot] ?? 0);
      this.#cells[slot] = row;
      this.#unread--;
      return row;
    }
    if (cell === undefined)
      throw new Error(`a bug of spacetimedb-signals: a key of table ${this.#definition.name} has no row`);
    return cell;
  }

  #readAll(): void {
    const cells = this.#cells;
    for (let slot = 0; this.#unread > 0 && slot < cells.length; slot++) {
      if (cells[slot] instanceof RowSegment) this.#at(slot);
    }
  }

  /** The slot is about to change. */
  #leave(slot: number): void {
    if (this.#cells[slot] instanceof RowSegment) this.#unread--;
    if (this.#array === undefined) return;
    this.#changed.push(slot);
    // Nobody asks for it any more, or it has to be made anew.
    if (this.#gaps > 0 || this.#changed.length > 16 + this.#slots.size / 4) this.#array = undefined;
  }

  get #cells(): (Cell<Row> | undefined)[] {
    if (this.#untouched !== undefined) {
      for (let slot = 0; slot < this.#starts.length; slot++) this.#touched.push(this.#untouched);
      this.#untouched = undefined;
    }
    return this.#touched;
  }

  #append(key: MapKey): number {
    const slot = this.#cells.length;
    this.#slots.set(key, slot);
    this.#cells.push(undefined);
    if (slot >= this.#starts.length) {
      const starts = new Uint32Array(Math.max(16, slot + (slot >> 1)));
      starts.set(this.#starts);
      this.#starts = starts;
    }
    return slot;
  }

  #newTail(size: number): RowSegment {
    const known = this.#tail?.reader.bytes.length ?? smallestSegment / 2;
    const bytes = new Uint8Array(Math.max(size, Math.min(largestSegment, known * 2)));
    this.#tail = new RowSegment(this.#layout.readerOf(bytes), 0);
    this.#storedBytes += bytes.length;
    return this.#tail;
  }

  /** Moves the rows that nobody has read into a segment of their own. */
  #moveTogether(): void {
    const sizes = new Uint32Array(this.#cells.length);
    let total = 0;
    this.#cells.forEach((cell, slot) => {
      if (!(cell instanceof RowSegment)) return;
      const start = this.#starts[slot] ?? 0;
      const size = this.#layout.endOf(cell.reader, start) - start;
      sizes[slot] = size;
      total += size;
    });
    const segment = new RowSegment(this.#layout.readerOf(new Uint8Array(total)), 0);
    this.#cells.forEach((cell, slot) => {
      if (!(cell instanceof RowSegment)) return;
      const start = this.#starts[slot] ?? 0;
      this.#starts[slot] = segment.add(cell.reader.bytes, start, start + (sizes[slot] ?? 0)) ?? 0;
      this.#cells[slot] = segment;
    });
    this.#tail = undefined;
    this.#stored = this.#unread;
    this.#storedBytes = total;
  }

  /** Numbers the slots anew. */
  #closeGaps(): void {
    let next = 0;
    this.#slots.forEach((slot) => {
      this.#cells[next] = this.#cells[slot];
      this.#starts[next] = this.#starts[slot] ?? 0;
      next++;
    });
    this.#slots = this.#newSlots(this.keys());
    this.#cells.length = next;
    this.#gaps = 0;
  }
}

function isRow<Row>(cell: Cell<Row> | undefined): cell is Row {
  return cell !== undefined && !(cell instanceof RowSegment);
}

/** Whether all cells are rows, of which there are `count`: to look at each takes longer than to copy them. */
function areRows<Row>(cells: (Cell<Row> | undefined)[], count: number): cells is Row[] {
  return cells.length === count;
}
