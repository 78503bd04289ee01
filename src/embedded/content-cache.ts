import { createHash } from 'node:crypto';

/** How many values are kept: tests start the same few modules over and over. */
const capacity = 4;

/** What was made of some bytes, kept for whoever comes with the same bytes. What throws is not kept. */
export class ContentCache<T> {
  readonly #make: (bytes: Uint8Array) => T;
  /** By the hash of the bytes, the value that was used last at the end. */
  readonly #values = new Map<string, T>();

  constructor(make: (bytes: Uint8Array) => T) {
    this.#make = make;
  }

  of(bytes: Uint8Array): T {
    const key = keyOf(bytes);
    const value = this.#values.get(key) ?? this.#make(bytes);
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= capacity) break;
      this.#values.delete(oldest);
    }
    return value;
  }

  forget(bytes: Uint8Array): void {
    this.#values.delete(keyOf(bytes));
  }
}

function keyOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
