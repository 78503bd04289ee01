import { type RowBytes } from './module-host.ts';

interface RowIterator {
  readonly rows: readonly RowBytes[];
  position: number;
}

/** One step of an iterator. */
export type Advance =
  | { readonly tag: 'noSuchIterator' }
  /** Not even the next row fits; it takes `size` bytes. */
  | { readonly tag: 'tooSmall'; readonly size: number }
  /** Exhausted: that was all, and the iterator is gone. */
  | { readonly tag: 'read'; readonly length: number; readonly isExhausted: boolean };

/** The numbers by which a module knows the results of its scans. Zero is no iterator. */
export class RowIterators {
  readonly #iterators = new Map<number, RowIterator>();
  #last = 0;

  open(rows: readonly RowBytes[]): number {
    const handle = ++this.#last;
    this.#iterators.set(handle, { rows, position: 0 });
    return handle;
  }

  /** Whether there was one to close. */
  close(handle: number): boolean {
    return this.#iterators.delete(handle);
  }

  /** Writes as many whole rows as fit into `target`, one after the other. */
  advance(handle: number, target: Uint8Array): Advance {
    const iterator = this.#iterators.get(handle);
    if (iterator === undefined) return { tag: 'noSuchIterator' };
    let length = 0;
    let row = iterator.rows[iterator.position];
    while (row !== undefined && length + row.bytes.length <= target.length) {
      target.set(row.bytes, length);
      length += row.bytes.length;
      iterator.position++;
      row = iterator.rows[iterator.position];
    }
    if (row === undefined) this.#iterators.delete(handle);
    else if (length === 0) return { tag: 'tooSmall', size: row.bytes.length };
    return { tag: 'read', length, isExhausted: row === undefined };
  }

  /** Forgets what a call left open. */
  clear(): void {
    // To clear a map is to make it anew, also one that is empty.
    if (this.#iterators.size > 0) this.#iterators.clear();
  }
}
