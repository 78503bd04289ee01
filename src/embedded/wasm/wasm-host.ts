import { type Identity } from '../../bsatn/special/identity.ts';
import {
  type Caller,
  type FunctionCall,
  type HostFactory,
  type HostOps,
  type ModuleHost,
  ModuleTrap,
  type ReducerReturn,
  type ViewCall,
  type ViewReturn,
} from '../module-host.ts';
import { readViewResult } from '../view-result.ts';
import { compileOnce } from './compiled-modules.ts';
import { datastoreFunctions } from './datastore-functions.ts';
import { readDescription } from './describe.ts';
import { environmentFunctions } from './environment-functions.ts';
import { Guest } from './guest.ts';
import { instantiate, textOf, type WasmInstance } from './instance.ts';
import { type CompiledWasm, type WasmValue } from './web-assembly.ts';

/** The host of a module that is compiled to WebAssembly: Rust, C#, C++. */
export function wasmHost(bytes: Uint8Array): HostFactory {
  return async (ops) => {
    const module = await compileOnce(bytes);
    return new WasmHost(() => spawn(module, ops));
  };
}

/** An instance that is ready to be called. */
interface Worker {
  readonly guest: Guest;
  readonly instance: WasmInstance;
  readonly definition: Uint8Array;
}

function spawn(module: CompiledWasm, ops: HostOps): Worker {
  const guest = new Guest(ops);
  const host = {
    functions: new Map([...datastoreFunctions(guest), ...environmentFunctions(guest)]),
    handles: guest.handles,
    random: (size: number) => ops.random(size),
    nowMicros: () => ops.nowMicros(),
    attach: guest.attach.bind(guest),
    lastLogLine: () => guest.lastLogLine,
    unknownImports: 'refuse',
  } as const;
  const instance = instantiate(module, host);
  return { guest, instance, definition: readDescription(instance, host) };
}

const success = 0;
const failure = 1;
const viewWithHeader = 2;

const utf8 = new TextDecoder();

/**
 * One instance runs all reducers and views. A procedure gets one to itself, since reducers and views may run while it waits. An instance that trapped is
 * thrown away: its memory may be in any state.
 */
class WasmHost implements ModuleHost {
  readonly definition: Uint8Array;
  readonly #spawn: () => Worker;
  #main: Worker;
  readonly #idle: Worker[] = [];

  constructor(spawn: () => Worker) {
    this.#spawn = spawn;
    this.#main = spawn();
    this.definition = this.#main.definition;
  }

  callReducer(call: FunctionCall): ReducerReturn {
    const { status, output } = this.#onMain((worker) => callFunction(worker, '__call_reducer__', call));
    if (status === success) return { tag: 'ok' };
    if (status === failure) return { tag: 'error', message: utf8.decode(output) };
    throw new ModuleTrap(`__call_reducer__ answered the status ${status}`);
  }

  callView(call: ViewCall): ViewReturn {
    const { status, output } = this.#onMain((worker) => callView(worker, call));
    if (status === success) return { tag: 'rows', rows: output };
    if (status === viewWithHeader) return readViewResult(output);
    throw new ModuleTrap(`the view answered the status ${status}`);
  }

  callProcedure(call: FunctionCall): Uint8Array {
    const worker = this.#idle.pop() ?? this.#spawn();
    const { status, output } = run(() => callFunction(worker, '__call_procedure__', call));
    worker.guest.closeAll();
    this.#idle.push(worker);
    if (status === success) return output;
    throw new ModuleTrap(`__call_procedure__ answered the status ${status}`);
  }

  #onMain(call: (worker: Worker) => Answer): Answer {
    const worker = this.#main;
    try {
      const answer = run(() => call(worker));
      worker.guest.closeAll();
      return answer;
    } catch (error) {
      this.#main = this.#spawn();
      throw error;
    }
  }
}

interface Answer {
  readonly status: WasmValue | undefined;
  readonly output: Uint8Array;
}

function run(call: () => Answer): Answer {
  try {
    return call();
  } catch (cause) {
    throw new ModuleTrap(textOf(cause), { cause });
  }
}

function callFunction({ guest, instance }: Worker, name: string, call: FunctionCall): Answer {
  const args = guest.handles.openSource(call.args);
  const sink = guest.handles.openSink();
  const status = instance.call(name, call.id, ...callerWords(call), args, sink);
  return { status, output: guest.handles.closeSink(sink) };
}

function callView({ guest, instance }: Worker, { id, sender }: ViewCall): Answer {
  const sink = guest.handles.openSink();
  const noArgs = 0;
  const status =
    sender === undefined
      ? instance.call('__call_view_anon__', id, noArgs, sink)
      : instance.call('__call_view__', id, ...identityWords(sender), noArgs, sink);
  return { status, output: guest.handles.closeSink(sink) };
}

/** Wide numbers cross as 64-bit words, least significant first; no connection is zero. */
function callerWords({ sender, connectionId, timestamp }: Caller): readonly bigint[] {
  return [...identityWords(sender), ...words(connectionId?.value ?? 0n, 2), timestamp];
}

function identityWords(identity: Identity): readonly bigint[] {
  return words(identity.value, 4);
}

function words(value: bigint, count: number): readonly bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt.asIntN(64, value >> BigInt(index * 64)));
}
