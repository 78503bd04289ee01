/** How many ids share a block. */
const blockSize = 64;

interface Block<Value> {
  readonly values: (Value | undefined)[];
  count: number;
}

const emptyBlock: readonly undefined[] = Array.from({ length: blockSize });

/**
 * A `Map` by request id, for ids that count up and leave soon, in blocks of {@link blockSize}. A `Map` itself is made anew by V8 again and again while entries come
 * and go, and each former one refers to the next: once the first has become old, all entries outlive a quick collection, which doubled what a call costs.
 */
export class RequestMap<Value> {
  readonly #blocks = new Map<number, Block<Value>>();
  /** The block that was written last, which is the one of the next id as well, mostly. */
  #last: Block<Value> = { values: [], count: 0 };
  /** The number of that block; -1 where there is none. */
  #lastNumber = -1;
  #size = 0;

  /** How many entries there are. */
  get size(): number {
    return this.#size;
  }

  /** All values, in the order of their ids where those count up. */
  *values(): Iterable<Value> {
    for (const { values } of this.#blocks.values()) for (const value of values) if (value !== undefined) yield value;
  }

  /** Whether there is an entry of this id. */
  has(id: number): boolean {
    return this.#blocks.get(numberOf(id))?.values[id % blockSize] !== undefined;
  }

  /** Adds a value, or puts another one in its place. */
  set(id: number, value: Value): void {
    const number = numberOf(id);
    if (number !== this.#lastNumber) this.#turnTo(number);
    const block = this.#last;
    const index = id % blockSize;
    if (block.values[index] === undefined) {
      block.count++;
      this.#size++;
    }
    block.values[index] = value;
  }

  /** Takes the entry of `id` out and returns its value. */
  take(id: number): Value | undefined {
    const number = numberOf(id);
    const block = this.#blocks.get(number);
    const value = block?.values[id % blockSize];
    if (block === undefined || value === undefined) return undefined;
    block.values[id % blockSize] = undefined;
    this.#size--;
    if (--block.count === 0) this.#drop(number);
    return value;
  }

  /** Takes all entries out, in the order of {@link values}. */
  takeAll(): Value[] {
    const all = [...this.values()];
    for (const number of this.#blocks.keys()) this.#drop(number);
    this.#size = 0;
    return all;
  }

  #turnTo(number: number): void {
    this.#last = this.#blocks.get(number) ?? { values: emptyBlock.slice(), count: 0 };
    this.#lastNumber = number;
    this.#blocks.set(number, this.#last);
  }

  #drop(number: number): void {
    this.#blocks.delete(number);
    if (this.#lastNumber === number) this.#lastNumber = -1;
  }
}

function numberOf(id: number): number {
  return Math.floor(id / blockSize);
}
