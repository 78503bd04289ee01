import { type SequenceModel } from '../../module-def/model.ts';
import { errno, HostError } from '../errno.ts';

/** The numbers that a column with auto-increment takes when a row leaves it at zero. They are never given back, not even by a rollback. */
export class Sequence {
  readonly column: number;
  readonly #model: SequenceModel;
  /** How many bytes a value of the column takes. */
  readonly #size: number;
  readonly #isSigned: boolean;
  #next: bigint;

  constructor(model: SequenceModel, size: number, isSigned: boolean) {
    this.column = model.column;
    this.#model = model;
    this.#size = size;
    this.#isSigned = isSigned;
    this.#next = model.start ?? model.min ?? 1n;
  }

  /** The number that the next row gets. */
  get next(): bigint {
    return this.#next;
  }

  /** Goes on with `next`, where a stored sequence ended. */
  resume(next: bigint): void {
    this.#next = next;
  }

  /** Fills the column at `offset` of `row` if it is zero. The result is the bytes that were written, `undefined` for a column that has a value. */
  fill(row: Uint8Array, offset: number, table: string): Uint8Array | undefined {
    const target = row.subarray(offset, offset + this.#size);
    if (target.some((byte) => byte !== 0)) return undefined;
    let rest = this.#take(table);
    for (let index = 0; index < target.length; index++) {
      target[index] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return target;
  }

  #take(table: string): bigint {
    const value = this.#next;
    const bits = this.#size * 8;
    const fits = (this.#isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
    if (!fits) {
      throw new HostError(
        errno.autoIncrementOverflow,
        `table ${table} has used up the numbers of column ${this.column}`,
      );
    }
    this.#next = this.#following(value);
    return value;
  }

  /** Beyond a declared end the sequence begins again at the other one. */
  #following(value: bigint): bigint {
    const { increment, min, max } = this.#model;
    const next = value + increment;
    if (increment > 0n && max !== undefined && next > max) return min ?? 1n;
    if (increment < 0n && min !== undefined && next < min) return max ?? -1n;
    return next;
  }
}
