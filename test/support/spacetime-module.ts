import { code, type ExportedFunction, type ImportedFunction, wasmModule, type WasmType } from './wasm-module.ts';

const bytesSinkWrite: ImportedFunction = {
  module: 'spacetime_10.0',
  name: 'bytes_sink_write',
  params: ['i32', 'i32', 'i32'],
  results: ['i32'],
};

const callerParams: readonly WasmType[] = ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'];

/** The parts of a module that has no tables and the functions that every module must have. */
export interface SpacetimeModuleParts {
  /** Numbered from 1 on; 0 is `bytes_sink_write`. */
  readonly imports?: readonly ImportedFunction[];
  /** Functions besides, or in place of, `__describe_module__` and `__call_reducer__`. */
  readonly functions?: readonly ExportedFunction[];
  /** The definition, without its first byte; no sections by default. */
  readonly definition?: readonly number[];
  /** Texts in the memory, by address. */
  readonly texts?: Readonly<Record<number, string>>;
}

const lengthAt = 8;
const definitionAt = 4096;

/** A module made by hand; see {@link wasmModule}. The definition is of version 10. */
export function spacetimeModule({
  imports = [],
  functions = [],
  definition = [0, 0, 0, 0],
  texts = {},
}: SpacetimeModuleParts): Uint8Array {
  const bytes = [2, ...definition];
  const describe: ExportedFunction = {
    name: '__describe_module__',
    params: ['i32'],
    code: [...code.parameter(0), ...code.i32(definitionAt), ...code.i32(lengthAt), ...code.call(0), ...code.drop],
  };
  const callReducer: ExportedFunction = {
    name: '__call_reducer__',
    params: ['i32', ...callerParams, 'i32', 'i32'],
    results: ['i32'],
    code: code.i32(0),
  };
  const replaced = new Set(functions.map(({ name }) => name));
  const standard = [describe, callReducer].filter(({ name }) => !replaced.has(name));
  return wasmModule({
    imports: [bytesSinkWrite, ...imports],
    functions: [...standard, ...functions],
    data: [
      { at: lengthAt, bytes: [bytes.length & 0xff, bytes.length >> 8, 0, 0] },
      { at: definitionAt, bytes },
      ...Object.entries(texts).map(([at, value]) => ({ at: Number(at), bytes: [...new TextEncoder().encode(value)] })),
    ],
  });
}
