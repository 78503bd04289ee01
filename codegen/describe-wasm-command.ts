import { readFile, writeFile } from 'node:fs/promises';
import { describeWasm } from '../src/embedded/wasm/describe.ts';

/** What this program is started with by itself, to describe a compiled module in a process that can be ended. */
export const describeWasmName = 'describe-wasm';

/** Writes what the module in the first file says of itself to the second. */
export async function describeWasmCommand([file = '', output = '']: readonly string[]): Promise<void> {
  await writeFile(output, await describeWasm(await readFile(file)));
}
