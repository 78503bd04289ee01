import { readFile } from 'node:fs/promises';
import { Failure } from './failure.ts';

/** The text of a file with a schema. Throws a {@link Failure} for a compiled module. */
export async function readSchemaText(path: string): Promise<string> {
  const bytes = await readFile(path);
  // How every WebAssembly file begins.
  if (bytes.subarray(0, 4).equals(Buffer.from('\0asm'))) {
    throw new Failure(`${path} is a compiled module, not a schema in JSON: read it with --wasm`);
  }
  return bytes.toString('utf8');
}
