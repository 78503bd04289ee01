import { programOf } from '../bare-thread.ts';
import { type FunctionCall, type HostOps, ModuleTrap, type ProcedureContext } from '../module-host.ts';
import { answering } from '../wasm/datastore-functions.ts';
import { Guest } from '../wasm/guest.ts';
import { GuestMemory } from '../wasm/guest-memory.ts';
import { hostFunctions, type InstanceHost } from '../wasm/instance.ts';
import { callerWords } from '../wasm/words.ts';
import { type CompiledWasm, type HostFunction, type LinearMemory, type WasmValue } from '../wasm/web-assembly.ts';
import { ProcedureThread } from './procedure-thread.ts';
import { workerSource } from './worker-source.ts';
import { stringCodec } from '../../bsatn/basic-codecs.ts';
import { encode } from '../../bsatn/codec.ts';
import { errno } from '../errno.ts';

/** What the thread asks for. */
interface Ask {
  /** The number of the import. */
  readonly index: number;
  readonly args: readonly WasmValue[];
  readonly memory: SharedArrayBuffer;
}

/** The functions that wait, without the main thread waiting with them. */
const sleepUntil = 'spacetime_10.3.procedure_sleep_until';
const httpRequest = 'spacetime_10.3.procedure_http_request';
export const waitingFunctions: readonly string[] = [sleepUntil, httpRequest];

/** An instance of a module on a thread of its own, for procedures that wait. Its memory is there; all that it asks for is carried out here. */
export class WorkerInstance {
  readonly #thread: ProcedureThread<Ask, WasmValue | undefined>;
  readonly #guest: Guest;
  readonly #names: readonly string[];
  readonly #functions: readonly HostFunction[];
  readonly #memory: { buffer: ArrayBufferLike } & LinearMemory = { buffer: new ArrayBuffer(0) };

  private constructor(module: CompiledWasm, ops: HostOps, functionsOf: (guest: Guest) => InstanceHost) {
    this.#guest = new Guest(ops);
    this.#guest.attach(new GuestMemory(this.#memory));
    const imports = hostFunctions(module, functionsOf(this.#guest), () => this.#guest.memory);
    this.#names = imports.map(({ name }) => name);
    this.#functions = imports.map(({ run }) => run);
    const handles = { setup: this.#guest.handles.openSink(), description: this.#guest.handles.openSink() };
    this.#thread = new ProcedureThread(programOf(workerSource), { module, handles }, ({ index, args, memory }) => {
      this.#memory.buffer = memory;
      return this.#call(index, args);
    });
  }

  /** Starts a thread and loads the module on it. Rejects with a {@link ModuleTrap}. */
  static async start(
    module: CompiledWasm,
    ops: HostOps,
    functionsOf: (guest: Guest) => InstanceHost,
  ): Promise<WorkerInstance> {
    const instance = new WorkerInstance(module, ops, functionsOf);
    const status = await instance.#thread.started();
    if (status !== 0) throw new ModuleTrap(`__setup__ answered the status ${status}`);
    instance.#guest.closeAll();
    return instance;
  }

  /** Whether its thread has ended. */
  get isOver(): boolean {
    return this.#thread.isOver;
  }

  /** Calls a procedure; the result is what it returned. Rejects with a {@link ModuleTrap}, and is of no use afterwards. */
  async call(call: FunctionCall, context: ProcedureContext): Promise<Uint8Array> {
    const { handles } = this.#guest;
    const [args, sink] = [handles.openSource(call.args), handles.openSink()];
    const status = await this.#thread.run({ args: [call.id, ...callerWords(call), args, sink] }, context);
    const output = handles.closeSink(sink);
    this.#guest.closeAll();
    if (status !== 0) throw new ModuleTrap(`__call_procedure__ answered the status ${status}`);
    return output;
  }

  /** Ends the thread, and what runs on it, with an error. */
  terminate(why: string): void {
    this.#thread.terminate(why);
  }

  #call(index: number, args: readonly WasmValue[]): WasmValue | undefined | Promise<WasmValue> {
    const name = this.#names[index];
    if (name === sleepUntil) return this.#guest.ops.sleep(BigInt(args[0] ?? 0));
    if (name === httpRequest) return this.#httpRequest(args.map(Number));
    const run = this.#functions[index];
    if (run === undefined) throw new RangeError(`the module called import ${index}, which it does not have`);
    const result: unknown = Reflect.apply(run, undefined, args);
    return typeof result === 'number' || typeof result === 'bigint' ? result : undefined;
  }

  #httpRequest(args: readonly number[]): number | Promise<number> {
    const [request = 0, requestLength = 0, body = 0, bodyLength = 0, out = 0] = args;
    const { memory, handles, ops } = this.#guest;
    const started: { answer?: ReturnType<HostOps['httpRequest']> } = {};
    const status = answering(() => {
      started.answer = ops.httpRequest(memory.copy(request, requestLength), memory.copy(body, bodyLength));
    });
    if (started.answer === undefined) return status;
    return started.answer.then((outcome) => {
      if ('problem' in outcome) {
        memory.writeU32(out, handles.openSource(encode(stringCodec, outcome.problem)));
        return errno.httpError;
      }
      memory.writeU32(out, handles.openSource(outcome.response));
      memory.writeU32(out + 4, handles.openSource(outcome.body));
      return 0;
    });
  }
}
