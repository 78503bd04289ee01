import { type MapKey } from '../key.ts';

/** Rows by key, to read: those of a table are such. */
export interface VisibleRows<Row> extends Iterable<readonly [MapKey, Row]> {
  readonly size: number;
  get(key: MapKey): Row | undefined;
  values(): IterableIterator<Row>;
  /** The rows in an array. */
  toArray(): readonly Row[];
}

/** The rows of the base. */
type BaseRowsByKey<Row> = VisibleRows<Row> & { has(key: MapKey): boolean };

/** A key whose row is not the one of the base, and what is to be seen instead; `undefined` for nothing. */
export interface Overlaid<Row> {
  readonly shown: Row | undefined;
}

/** The rows of a table with others laid over some of them: in the order of the base, then those that the base has not. */
export class OverlaidRows<Row> implements VisibleRows<Row> {
  readonly #base: () => BaseRowsByKey<Row>;
  readonly #overlaid: ReadonlyMap<MapKey, Overlaid<Row>>;

  constructor(base: () => BaseRowsByKey<Row>, overlaid: ReadonlyMap<MapKey, Overlaid<Row>>) {
    this.#base = base;
    this.#overlaid = overlaid;
  }

  get size(): number {
    const base = this.#base();
    let size = base.size;
    for (const [key, { shown }] of this.#overlaid) size += Number(shown !== undefined) - Number(base.has(key));
    return size;
  }

  get(key: MapKey): Row | undefined {
    const overlaid = this.#overlaid.get(key);
    return overlaid === undefined ? this.#base().get(key) : overlaid.shown;
  }

  /** The rows that are there now, whatever changes during the iteration. */
  values(): IterableIterator<Row> {
    return this.toArray().values();
  }

  toArray(): readonly Row[] {
    return Array.from(this, ([, row]) => row);
  }

  *[Symbol.iterator](): Iterator<readonly [MapKey, Row]> {
    const base = this.#base();
    for (const [key, row] of base) {
      const overlaid = this.#overlaid.get(key);
      if (overlaid === undefined) yield [key, row];
      else if (overlaid.shown !== undefined) yield [key, overlaid.shown];
    }
    for (const [key, { shown }] of this.#overlaid) if (shown !== undefined && !base.has(key)) yield [key, shown];
  }
}
