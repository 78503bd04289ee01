import { compareKeys, type MapKey } from '../key.ts';
import { type QuerySignal } from '../query-signal.ts';
import { WatchedSignals } from '../watched-signals.ts';
import { type ColumnQuery, type KeyRange } from './column-query.ts';

/**
 * The watched signals of the ranges of an index, found by columns that lie in them. Ranges lie in a tree in the order in which they begin, where each
 * branch knows how far its ranges reach:
 *
 * ```text
 *                 4…6, reaches to 9
 *                ╱                 ╲
 *     1…9, reaches to 9      5…8, reaches to 8
 * ```
 *
 * What asks for the ranges at a place leaves out branches that do not reach it, and those behind a range that begins after it. Priorities drawn by lot keep the
 * tree as low as one of ranges that came in no order. So a step takes as long as it finds ranges, not as there are.
 */
export class WatchedRanges<Value> extends WatchedSignals<ColumnQuery, Value> {
  readonly #ranges = new Map<MapKey, PlacedRange>();
  #tree: Branch | undefined;

  override add(key: MapKey, signal: QuerySignal<ColumnQuery, Value>): void {
    super.add(key, signal);
    if (this.#ranges.has(key)) return;
    const range = placed(signal.query);
    this.#ranges.set(key, range);
    this.#tree = withRange(this.#tree, range);
  }

  override remove(key: MapKey, signal: QuerySignal<ColumnQuery, Value>): void {
    super.remove(key, signal);
    const range = this.#ranges.get(key);
    if (range === undefined || this.find(key) !== undefined) return;
    this.#ranges.delete(key);
    this.#tree = withoutRange(this.#tree, range);
  }

  /** The watched signals that ask for a range in which these columns lie. */
  *at(columns: readonly MapKey[]): Iterable<QuerySignal<ColumnQuery, Value>> {
    const found: MapKey[] = [];
    collect(this.#tree, { columns, side: 0 }, found);
    for (const key of found) yield* this.of(key);
  }
}

/** A place in the order of the columns: just before (-1) or just behind (1) all that begin with these, or these (0) where they are all columns. */
interface Place {
  readonly columns: readonly MapKey[];
  readonly side: number;
}

interface PlacedRange {
  readonly key: MapKey;
  readonly start: Place;
  readonly end: Place;
  readonly priority: number;
}

interface Branch {
  readonly range: PlacedRange;
  readonly before: Branch | undefined;
  readonly behind: Branch | undefined;
  /** The farthest end of all ranges in here. */
  readonly reach: Place;
}

function placed({ prefix, range, key }: ColumnQuery): PlacedRange {
  return {
    key,
    start: placeOf(prefix, range?.least, -1),
    end: placeOf(prefix, range?.greatest, 1),
    priority: Math.random(),
  };
}

/** Where a bound is that leaves out what lies on this `side` of it; without one, where everything with the prefix begins (-1) or ends (1). */
function placeOf(prefix: readonly MapKey[], bound: KeyRange['least'], side: number): Place {
  if (bound === undefined) return { columns: prefix, side };
  return { columns: [...prefix, bound.key], side: bound.isIncluded ? side : -side };
}

function comparePlaces(left: Place, right: Place): number {
  const { length } = right.columns;
  for (const [index, value] of left.columns.entries()) {
    const other = right.columns[index];
    if (other === undefined) return -right.side;
    const order = compareKeys(value, other);
    if (order !== 0) return order;
  }
  return left.columns.length < length ? left.side : left.side - right.side;
}

/** Ranges of one place, such as everything from 3 to 3 and everything with the prefix 3, by their keys. */
function compareRanges(left: PlacedRange, right: PlacedRange): number {
  return (
    comparePlaces(left.start, right.start) || comparePlaces(left.end, right.end) || compareKeys(left.key, right.key)
  );
}

function branch(range: PlacedRange, before: Branch | undefined, behind: Branch | undefined): Branch {
  let reach = range.end;
  for (const below of [before, behind]) {
    if (below !== undefined && comparePlaces(below.reach, reach) > 0) ({ reach } = below);
  }
  return { range, before, behind, reach };
}

function withRange(tree: Branch | undefined, range: PlacedRange): Branch {
  if (tree === undefined || tree.range.priority < range.priority) return branch(range, ...split(tree, range));
  return compareRanges(range, tree.range) < 0
    ? branch(tree.range, withRange(tree.before, range), tree.behind)
    : branch(tree.range, tree.before, withRange(tree.behind, range));
}

function withoutRange(tree: Branch | undefined, range: PlacedRange): Branch | undefined {
  if (tree === undefined) return undefined;
  const order = compareRanges(range, tree.range);
  if (order === 0) return joined(tree.before, tree.behind);
  return order < 0
    ? branch(tree.range, withoutRange(tree.before, range), tree.behind)
    : branch(tree.range, tree.before, withoutRange(tree.behind, range));
}

/** What lies before a range, and what lies behind it. */
function split(tree: Branch | undefined, range: PlacedRange): [Branch | undefined, Branch | undefined] {
  if (tree === undefined) return [undefined, undefined];
  if (compareRanges(range, tree.range) < 0) {
    const [before, behind] = split(tree.before, range);
    return [before, branch(tree.range, behind, tree.behind)];
  }
  const [before, behind] = split(tree.behind, range);
  return [branch(tree.range, tree.before, before), behind];
}

/** Two trees, of which the second lies behind the first. */
function joined(first: Branch | undefined, second: Branch | undefined): Branch | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return first.range.priority > second.range.priority
    ? branch(first.range, first.before, joined(first.behind, second))
    : branch(second.range, joined(first, second.before), second.behind);
}

/** Adds the keys of the ranges in which a place lies. */
function collect(tree: Branch | undefined, place: Place, found: MapKey[]): void {
  if (tree === undefined || comparePlaces(tree.reach, place) < 0) return;
  const { range, before, behind } = tree;
  collect(before, place, found);
  if (comparePlaces(range.start, place) > 0) return;
  if (comparePlaces(range.end, place) >= 0) found.push(range.key);
  collect(behind, place, found);
}
