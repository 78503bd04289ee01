import brotli from 'brotli-dec-wasm';
import { inflatedTooLong, joined, notInflatable } from './inflate.ts';

/** How much goes into the decoder at once, and comes out of it, in bytes: it copies both. */
const stepBytes = 256 * 1024;

type BrotliDecoder = Awaited<typeof brotli>;
type BrotliStream = InstanceType<BrotliDecoder['BrotliDecStream']>;
type BrotliResult = ReturnType<BrotliStream['dec']>;

/** Loads the wasm module that inflates brotli. What the function it leads to returns is never longer than `maxBytes`. */
export async function loadBrotli(): Promise<(bytes: Uint8Array, maxBytes: number) => Uint8Array> {
  const decoder = await brotli.catch((cause: unknown) => {
    throw new Error('is brotli_dec_wasm_bg.wasm served beside the script, and may it be compiled there?', { cause });
  });
  return (bytes, maxBytes) => inflate(decoder, bytes, maxBytes);
}

function inflate(decoder: BrotliDecoder, bytes: Uint8Array, maxBytes: number): Uint8Array {
  const { BrotliDecStream, BrotliStreamResultCode } = decoder;
  const stream = new BrotliDecStream();
  const parts: Uint8Array[] = [];
  let size = 0;
  let offset = 0;
  try {
    for (;;) {
      const step = decodeStep(stream, bytes.subarray(offset, offset + stepBytes));
      offset += step.taken;
      size += step.output.length;
      if (size > maxBytes) throw inflatedTooLong('brotli', maxBytes);
      parts.push(step.output);
      if (step.code === BrotliStreamResultCode.ResultSuccess) return joined(parts, size);
      const isStuck = step.taken === 0 && step.output.length === 0;
      if (isStuck || (step.code === BrotliStreamResultCode.NeedsMoreInput && offset >= bytes.length)) {
        throw notInflatable('brotli', new Error('they end too early'));
      }
    }
  } finally {
    stream.free();
  }
}

function decodeStep(
  stream: BrotliStream,
  input: Uint8Array,
): { readonly output: Uint8Array; readonly taken: number; readonly code: BrotliResult['code'] } {
  try {
    const result = stream.dec(input, stepBytes);
    const step = { output: result.buf, taken: result.input_offset, code: result.code };
    result.free();
    return step;
  } catch (cause) {
    throw notInflatable('brotli', cause);
  }
}
