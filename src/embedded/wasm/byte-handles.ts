import { errno } from '../errno.ts';

interface Source {
  readonly bytes: Uint8Array;
  offset: number;
}

/**
 * The numbers by which a module knows byte strings of the host: sources, which it reads from and which vanish when they are exhausted, and sinks, which
 * it writes to. Zero is no handle; it stands for an empty source.
 */
export class ByteHandles {
  readonly #sources = new Map<number, Source>();
  readonly #sinks = new Map<number, Uint8Array[]>();
  #last = 0;

  /** A source of `bytes`, zero when there are none. */
  openSource(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    const handle = ++this.#last;
    this.#sources.set(handle, { bytes, offset: 0 });
    return handle;
  }

  openSink(): number {
    const handle = ++this.#last;
    this.#sinks.set(handle, []);
    return handle;
  }

  /** Fills `target`; `isExhausted` says that nothing is left and the source is gone. `undefined`: there is no such source. */
  read(handle: number, target: Uint8Array): { readonly length: number; readonly isExhausted: boolean } | undefined {
    const source = this.#sources.get(handle);
    if (source === undefined) return undefined;
    const chunk = source.bytes.subarray(source.offset, source.offset + target.length);
    target.set(chunk);
    source.offset += chunk.length;
    const isExhausted = source.offset === source.bytes.length;
    if (isExhausted) this.#sources.delete(handle);
    return { length: chunk.length, isExhausted };
  }

  /** How many bytes are left in a source. `undefined`: there is no such source. */
  remaining(handle: number): number | undefined {
    const source = this.#sources.get(handle);
    return source === undefined ? undefined : source.bytes.length - source.offset;
  }

  /** Appends a copy of `chunk`. The result is an error number, 0 when it was written. */
  write(handle: number, chunk: Uint8Array): number {
    const chunks = this.#sinks.get(handle);
    if (chunks === undefined) return errno.noSuchBytes;
    chunks.push(chunk.slice());
    return 0;
  }

  /** Closes a sink; the result is all that was written to it. */
  closeSink(handle: number): Uint8Array {
    const chunks = this.#sinks.get(handle) ?? [];
    this.#sinks.delete(handle);
    const [only] = chunks;
    return chunks.length === 1 && only !== undefined ? only : concat(chunks);
  }

  /** Forgets what a call left open. */
  clear(): void {
    // To clear a map is to make it anew, also one that is empty.
    if (this.#sources.size > 0) this.#sources.clear();
    if (this.#sinks.size > 0) this.#sinks.clear();
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
