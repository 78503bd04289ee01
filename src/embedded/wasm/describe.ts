import { ByteHandles } from './byte-handles.ts';
import { bytesSinkWrite } from './bytes-sink.ts';
import { consoleLog } from './console.ts';
import { MemorySlot } from './guest-memory.ts';
import { callOrRefuse, compileWasm, instantiate, type InstanceHost, type WasmInstance } from './instance.ts';
import { type HostFunction } from './web-assembly.ts';

/**
 * The definition of a module (Rust, C#, C++), as BSATN of `RawModuleDef`: runs the module's initialisers and asks it to describe itself, without a database.
 * Throws a `ModuleLoadError` of one line that names the import, the export or the trap at fault.
 */
export async function describeWasm(bytes: Uint8Array): Promise<Uint8Array> {
  const module = await compileWasm(bytes);
  const host = describingHost();
  return readDescription(instantiate(module, host), host);
}

/** Calls `__describe_module__`. Modules fill their dispatch tables in it, so each new instance must do this before any other call. */
export function readDescription(
  instance: WasmInstance,
  host: Pick<InstanceHost, 'handles' | 'lastLogLine'>,
): Uint8Array {
  const sink = host.handles.openSink();
  callOrRefuse(instance, '__describe_module__', [sink], host);
  return host.handles.closeSink(sink);
}

/** A module that describes itself writes bytes, perhaps a log, and asks for its identity at most; everything else fails when called. */
function describingHost(): InstanceHost {
  const handles = new ByteHandles();
  const slot = new MemorySlot();
  let lastLogLine: string | undefined;
  const remember = (line: { readonly message: string }): void => {
    lastLogLine = line.message;
  };
  const functions: [string, HostFunction][] = [
    ['spacetime_10.0.bytes_sink_write', bytesSinkWrite(slot.get, handles)],
    ['spacetime_10.0.console_log', consoleLog(slot.get, remember)],
    [
      'spacetime_10.0.identity',
      (out: number) => {
        slot.get().write(out, new Uint8Array(32));
        return undefined;
      },
    ],
  ];
  return {
    functions: new Map(functions),
    handles,
    attach: (memory) => slot.attach(memory),
    lastLogLine: () => lastLogLine,
    // Describing must give the same bytes every time.
    random: (size) => new Uint8Array(size),
    nowMicros: () => 0n,
    unknownImports: 'failWhenCalled',
  };
}
