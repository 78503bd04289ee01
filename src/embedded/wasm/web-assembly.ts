/** A compiled module; only {@link webAssembly} looks inside. */
export type CompiledWasm = object;

/** The linear memory of an instance. `buffer` is another object after the memory has grown. */
export interface LinearMemory {
  readonly buffer: ArrayBufferLike;
}

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

interface WasmExport {
  readonly name: string;
  readonly kind: string;
}

/** What crosses between a module and the host: i32 is a number, i64 a bigint. */
export type WasmValue = number | bigint;

/** A function that a module may import. */
export type HostFunction = (...args: never[]) => WasmValue | undefined;

interface WebAssemblyApi {
  readonly compile: (bytes: Uint8Array) => Promise<CompiledWasm>;
  readonly Module: {
    readonly imports: (module: CompiledWasm) => readonly WasmImport[];
    readonly exports: (module: CompiledWasm) => readonly WasmExport[];
  };
  readonly Instance: new (
    module: CompiledWasm,
    imports: Readonly<Record<string, Readonly<Record<string, HostFunction>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (descriptor: { readonly initial: number }) => LinearMemory;
}

// The types of this global come with those of the DOM, which the core does without.
declare const WebAssembly: WebAssemblyApi;

/** The WebAssembly of the platform, as far as a module host needs it. */
export const webAssembly: WebAssemblyApi = WebAssembly;
