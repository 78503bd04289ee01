import {
  type FunctionCall,
  type HostFactory,
  type HostOps,
  type ModuleHost,
  ModuleTrap,
  type ProcedureContext,
  type ReducerReturn,
  type ViewCall,
  type ViewReturn,
} from '../module-host.ts';
import { waitingFunctions, WorkerInstance } from '../procedures/worker-instance.ts';
import { WorkerPool } from '../procedures/worker-pool.ts';
import { readViewResult } from '../view-result.ts';
import { compileOnce } from './compiled-modules.ts';
import { datastoreFunctions } from './datastore-functions.ts';
import { readDescription } from './describe.ts';
import { environmentFunctions } from './environment-functions.ts';
import { Guest } from './guest.ts';
import { importsAny, type InstanceHost, instantiate, textOf, type WasmInstance } from './instance.ts';
import { type CompiledWasm, type WasmValue } from './web-assembly.ts';
import { callerWords, identityWords } from './words.ts';

/** The host of a module that is compiled to WebAssembly: Rust, C#, C++. */
export function wasmHost(bytes: Uint8Array): HostFactory {
  return async (ops) => {
    const module = await compileOnce(bytes);
    const pool = importsAny(module, waitingFunctions)
      ? new WorkerPool(async () => WorkerInstance.start(module, ops, instanceHostOf))
      : undefined;
    return new WasmHost(() => spawn(module, ops), pool);
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
  const host = instanceHostOf(guest);
  const instance = instantiate(module, host);
  return { guest, instance, definition: readDescription(instance, host) };
}

function instanceHostOf(guest: Guest): InstanceHost {
  const { ops } = guest;
  return {
    functions: new Map([...datastoreFunctions(guest), ...environmentFunctions(guest)]),
    handles: guest.handles,
    random: (size) => ops.random(size),
    nowMicros: () => ops.nowMicros(),
    attach: guest.attach.bind(guest),
    lastLogLine: () => guest.lastLogLine,
    unknownImports: 'refuse',
  };
}

const success = 0;
const failure = 1;
const viewWithHeader = 2;

const utf8 = new TextDecoder();

/**
 * One instance runs all reducers and views. A procedure gets one to itself, on a thread of its own where the module has procedures that wait. An instance that
 * trapped is thrown away: its memory may be in any state.
 */
class WasmHost implements ModuleHost {
  readonly definition: Uint8Array;
  readonly #spawn: () => Worker;
  #main: Worker;
  readonly #idle: Worker[] = [];
  readonly #pool: WorkerPool | undefined;

  constructor(spawn: () => Worker, pool: WorkerPool | undefined) {
    this.#spawn = spawn;
    this.#pool = pool;
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

  callProcedure(call: FunctionCall, context: ProcedureContext): Uint8Array | Promise<Uint8Array> {
    return this.#pool?.call(call, context) ?? context.within(() => this.#callHere(call));
  }

  close(): void {
    this.#pool?.close();
  }

  #callHere(call: FunctionCall): Uint8Array {
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
