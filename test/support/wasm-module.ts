/** A type of WebAssembly values. */
export type WasmType = 'i32' | 'i64';

/** A function that a module imports. */
export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly params?: readonly WasmType[];
  readonly results?: readonly WasmType[];
}

/** A function of a module; the code is that of {@link code}, without the `end`. */
export interface ExportedFunction {
  readonly name: string;
  readonly params?: readonly WasmType[];
  readonly results?: readonly WasmType[];
  readonly code: readonly number[];
}

export interface WasmModuleParts {
  readonly imports?: readonly ImportedFunction[];
  readonly functions?: readonly ExportedFunction[];
  /** Whether it exports a memory of one page; `true` by default. */
  readonly memory?: boolean;
  /** What stands in the memory at first, by address. */
  readonly data?: readonly { readonly at: number; readonly bytes: readonly number[] }[];
}

/** Instructions for {@link ExportedFunction.code}. Imports are numbered before the module's own functions. */
export const code = {
  unreachable: [0x00],
  drop: [0x1a],
  i32: (value: number): readonly number[] => [0x41, ...signedLeb(value)],
  i64: (value: number): readonly number[] => [0x42, ...signedLeb(value)],
  parameter: (index: number): readonly number[] => [0x20, index],
  call: (index: number): readonly number[] => [0x10, index],
  /** Address to byte. */
  loadByte: [0x2d, 0, 0],
  /** Address and byte to nothing. */
  storeByte: [0x3a, 0, 0],
  /** Runs for ever when two i32 are equal. */
  endlessWhenEqual: [0x46, 0x04, 0x40, 0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b],
  /** The lower half of an i64. */
  wrap: [0xa7],
} as const;

const typeCodes: Readonly<Record<WasmType, number>> = { i32: 0x7f, i64: 0x7e };
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const sectionIds = { types: 1, imports: 2, functions: 3, memories: 5, exports: 7, code: 10, data: 11 } as const;

/** The bytes of a small WebAssembly module: for what no compiler makes. */
export function wasmModule({ imports = [], functions = [], memory = true, data = [] }: WasmModuleParts): Uint8Array {
  const all = [...imports, ...functions];
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, ...leb(imports.length + index)]);
  const bodies = functions.map((item) => {
    const body = [0x00, ...item.code, 0x0b];
    return [...leb(body.length), ...body];
  });
  return Uint8Array.from([
    ...header,
    ...section(sectionIds.types, all.map(signature)),
    ...section(
      sectionIds.imports,
      imports.map(({ module, name }, index) => [...text(module), ...text(name), 0x00, ...leb(index)]),
    ),
    ...section(
      sectionIds.functions,
      functions.map((_, index) => leb(imports.length + index)),
    ),
    ...section(sectionIds.memories, memory ? [[0x00, 0x01]] : []),
    ...section(sectionIds.exports, [...exported, ...(memory ? [[...text('memory'), 0x02, 0x00]] : [])]),
    ...section(sectionIds.code, bodies),
    ...section(
      sectionIds.data,
      data.map(({ at, bytes }) => [0x00, ...code.i32(at), 0x0b, ...leb(bytes.length), ...bytes]),
    ),
  ]);
}

function signature({ params = [], results = [] }: Partial<ImportedFunction>): readonly number[] {
  return [0x60, ...typeList(params), ...typeList(results)];
}

function typeList(types: readonly WasmType[]): readonly number[] {
  return [...leb(types.length), ...types.map((type) => typeCodes[type])];
}

function section(id: number, items: readonly (readonly number[])[]): readonly number[] {
  if (items.length === 0) return [];
  const content = [...leb(items.length), ...items.flat()];
  return [id, ...leb(content.length), ...content];
}

/** UTF-8 with its length before it. */
function text(value: string): readonly number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...leb(bytes.length), ...bytes];
}

function leb(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function signedLeb(value: number): readonly number[] {
  if (value >= -64 && value < 64) return [value & 0x7f];
  return [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}
