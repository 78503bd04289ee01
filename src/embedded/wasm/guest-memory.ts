import { type LinearMemory } from './web-assembly.ts';

const lossyUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strictUtf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/**
 * Reads and writes the linear memory of an instance. Pointers and sizes are i32 as WebAssembly hands them over, so negative from 2 GiB on.
 * Every access outside the memory throws a `RangeError`, which the module cannot catch: it traps, as the protocol of the host functions asks.
 */
export class GuestMemory {
  readonly #memory: LinearMemory;
  #view: DataView;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
  }

  /** The memory may have grown since the last call, and then its buffer is another one. */
  #current(): DataView {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }

  /** The bytes at `pointer`, not copied: good until the module runs again. */
  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer >>> 0, length >>> 0);
  }

  /** A copy of the bytes at `pointer`. */
  copy(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(length >>> 0);
    copy.set(this.bytes(pointer, length));
    return copy;
  }

  /** The UTF-8 text at `pointer`; throws a `TypeError` where it is none. */
  text(pointer: number, length: number): string {
    return strictUtf8.decode(this.bytes(pointer, length));
  }

  /** The text at `pointer`, with U+FFFD for what is no UTF-8. */
  lossyText(pointer: number, length: number): string {
    return lossyUtf8.decode(this.bytes(pointer, length));
  }

  u32(pointer: number): number {
    return this.#current().getUint32(pointer >>> 0, true);
  }

  write(pointer: number, bytes: Uint8Array): void {
    this.bytes(pointer, bytes.length).set(bytes);
  }

  writeU32(pointer: number, value: number): void {
    this.#current().setUint32(pointer >>> 0, value, true);
  }

  writeU64(pointer: number, value: bigint): void {
    this.#current().setBigUint64(pointer >>> 0, value, true);
  }
}

/** Holds the memory of an instance, which exists only after the host functions that use it. */
export class MemorySlot {
  #memory: GuestMemory | undefined;

  attach(memory: GuestMemory): void {
    this.#memory = memory;
  }

  readonly get = (): GuestMemory => {
    if (this.#memory === undefined) throw new Error('the module called the host before it had a memory');
    return this.#memory;
  };
}
