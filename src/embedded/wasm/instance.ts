import { messageOf } from '../../errors.ts';
import { ModuleLoadError, oneLine } from '../module-load-error.ts';
import { type ByteHandles } from './byte-handles.ts';
import { GuestMemory, MemorySlot } from './guest-memory.ts';
import { wasiFunction, wasiModules } from './wasi.ts';
import {
  type CompiledWasm,
  type HostFunction,
  type LinearMemory,
  type WasmImport,
  type WasmValue,
  webAssembly,
} from './web-assembly.ts';

const abiMajor = '10';
const abiModule = /^spacetime_(\d+)\.\d+$/;

/** What an instance is made with. */
export interface InstanceHost {
  /** The host functions by `module.name`, such as `spacetime_10.0.console_log`. */
  readonly functions: ReadonlyMap<string, HostFunction>;
  readonly handles: ByteHandles;
  readonly random: (size: number) => Uint8Array;
  readonly nowMicros: () => bigint;
  /** Called with the memory before any code of the module runs. */
  readonly attach: (memory: GuestMemory) => void;
  /** The last line that the module wrote to its log: in most languages the text of a panic. */
  readonly lastLogLine: () => string | undefined;
  /** What to do about an import that nobody knows: refuse the module, or fail when the function is called. */
  readonly unknownImports: 'refuse' | 'failWhenCalled';
}

/** A running instance. */
export interface WasmInstance {
  /** Whether the module exports a function of this name. */
  has(name: string): boolean;
  /** Calls an exported function; what it throws is a trap. */
  call(name: string, ...args: readonly WasmValue[]): WasmValue | undefined;
}

/** Compiles a module. Throws a {@link ModuleLoadError} when the bytes are no WebAssembly. */
export async function compileWasm(bytes: Uint8Array): Promise<CompiledWasm> {
  let module: CompiledWasm;
  try {
    module = await webAssembly.compile(bytes);
  } catch (cause) {
    throw new ModuleLoadError(`its ${bytes.length} bytes are no WebAssembly module (${textOf(cause)})`, { cause });
  }
  requireExports(module);
  return module;
}

const requiredExports: readonly { readonly name: string; readonly kind: string }[] = [
  { name: 'memory', kind: 'memory' },
  { name: '__describe_module__', kind: 'function' },
  { name: '__call_reducer__', kind: 'function' },
];

function requireExports(module: CompiledWasm): void {
  const exports = webAssembly.Module.exports(module);
  for (const { name, kind } of requiredExports) {
    if (!exports.some((item) => item.name === name && item.kind === kind)) {
      throw new ModuleLoadError(`it does not export the ${kind} ${name}, as every SpacetimeDB module does`);
    }
  }
}

/**
 * Instantiates a module and runs its initialisers in the order of the real server: `_initialize`, each `__preinit__…` by byte order of the names, `__setup__`.
 * Throws a {@link ModuleLoadError}.
 */
export function instantiate(module: CompiledWasm, host: InstanceHost): WasmInstance {
  const slot = new MemorySlot();
  const exports = link(module, importsFor(module, host, slot.get));
  const memory = new GuestMemory(memoryOf(exports['memory']));
  slot.attach(memory);
  host.attach(memory);
  const instance = instanceOf(exports);
  runInitializers(instance, exports, host);
  return instance;
}

function link(
  module: CompiledWasm,
  imports: Readonly<Record<string, Readonly<Record<string, HostFunction>>>>,
): Readonly<Record<string, unknown>> {
  try {
    return new webAssembly.Instance(module, imports).exports;
  } catch (cause) {
    throw new ModuleLoadError(`it cannot be instantiated (${textOf(cause)})`, { cause });
  }
}

function importsFor(
  module: CompiledWasm,
  host: InstanceHost,
  memory: () => GuestMemory,
): Readonly<Record<string, Readonly<Record<string, HostFunction>>>> {
  const imports: Record<string, Record<string, HostFunction>> = Object.create(null);
  for (const item of webAssembly.Module.imports(module)) {
    const functions = (imports[item.module] ??= Object.create(null) as Record<string, HostFunction>);
    functions[item.name] = hostFunction(item, host, memory);
  }
  return imports;
}

/** The functions that a module imports, in its order, by names such as `spacetime_10.0.console_log`. Throws a {@link ModuleLoadError}. */
export function hostFunctions(
  module: CompiledWasm,
  host: InstanceHost,
  memory: () => GuestMemory,
): readonly { readonly name: string; readonly run: HostFunction }[] {
  return webAssembly.Module.imports(module).map((item) => ({
    name: `${item.module}.${item.name}`,
    run: hostFunction(item, host, memory),
  }));
}

/** Whether a module imports one of these functions. */
export function importsAny(module: CompiledWasm, names: readonly string[]): boolean {
  return webAssembly.Module.imports(module).some((item) => names.includes(`${item.module}.${item.name}`));
}

function hostFunction(item: WasmImport, host: InstanceHost, memory: () => GuestMemory): HostFunction {
  const name = `${item.module}.${item.name}`;
  if (item.kind !== 'function')
    throw new ModuleLoadError(`it imports the ${item.kind} ${name}; only functions can be imported`);
  const major = abiModule.exec(item.module)?.[1];
  if (major !== undefined && major !== abiMajor) {
    throw new ModuleLoadError(
      `it imports ${name}: its host interface has version ${major}, this server has spacetime_${abiMajor}; ` +
        'build it with a 1.x or 2.x SpacetimeDB library that uses that version',
    );
  }
  if (wasiModules.includes(item.module)) return wasiFunction(item.name, { ...host, memory });
  const known = host.functions.get(name);
  if (known !== undefined) return known;
  if (host.unknownImports === 'refuse')
    throw new ModuleLoadError(`it imports ${name}, which this server does not have${adviceFor(name)}`);
  return () => {
    throw new Error(`the module called ${name}, which this host does not have${adviceFor(name)}`);
  };
}

/** What brings imports into a module that no server has. */
function adviceFor(name: string): string {
  if (name.includes('getrandom'))
    return ': a dependency asks for random bytes; take them from the context of the reducer';
  if (!name.includes('wbg') && !name.includes('wbindgen')) return '';
  return ': a dependency is meant for browsers; `cargo tree -i wasm-bindgen` says which, and its features may do without';
}

function memoryOf(value: unknown): LinearMemory {
  if (value instanceof webAssembly.Memory) return value;
  throw new ModuleLoadError('its export memory is no memory');
}

function instanceOf(exports: Readonly<Record<string, unknown>>): WasmInstance {
  const functionOf = (name: string): Function | undefined => {
    const value = Object.hasOwn(exports, name) ? exports[name] : undefined;
    return typeof value === 'function' ? value : undefined;
  };
  return {
    has: (name) => functionOf(name) !== undefined,
    call: (name, ...args) => {
      const exported = functionOf(name);
      if (exported === undefined) throw new Error(`the module does not export the function ${name}`);
      const result: unknown = Reflect.apply(exported, undefined, args);
      return typeof result === 'number' || typeof result === 'bigint' ? result : undefined;
    },
  };
}

function runInitializers(instance: WasmInstance, exports: Readonly<Record<string, unknown>>, host: InstanceHost): void {
  if (instance.has('_initialize')) callOrRefuse(instance, '_initialize', [], host);
  const preinit = Object.keys(exports)
    .filter((name) => name.startsWith('__preinit__') && instance.has(name))
    .sort(byBytes);
  for (const name of preinit) callOrRefuse(instance, name, [], host);
  if (!instance.has('__setup__')) return;
  const sink = host.handles.openSink();
  const status = callOrRefuse(instance, '__setup__', [sink], host);
  const text = new TextDecoder().decode(host.handles.closeSink(sink));
  if (status !== 0) throw new ModuleLoadError(`__setup__ failed: ${text === '' ? `status ${status}` : text}`);
}

/** Calls an exported function while loading; a trap becomes a {@link ModuleLoadError} with the last line of the log. */
export function callOrRefuse(
  instance: WasmInstance,
  name: string,
  args: readonly WasmValue[],
  host: Pick<InstanceHost, 'lastLogLine'>,
): WasmValue | undefined {
  try {
    return instance.call(name, ...args);
  } catch (cause) {
    const log = host.lastLogLine();
    throw new ModuleLoadError(
      `${name} trapped: ${textOf(cause)}${log === undefined ? '' : `; the last line of its log: ${log}`}`,
      { cause },
    );
  }
}

/** The message of whatever was thrown, in one line. */
export function textOf(thrown: unknown): string {
  return oneLine(messageOf(thrown));
}

function byBytes(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
