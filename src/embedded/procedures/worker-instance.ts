import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type FunctionCall, type HostOps, ModuleTrap, type ProcedureContext } from '../module-host.ts';
import { answering } from '../wasm/datastore-functions.ts';
import { Guest } from '../wasm/guest.ts';
import { GuestMemory } from '../wasm/guest-memory.ts';
import { hostFunctions, type InstanceHost } from '../wasm/instance.ts';
import { callerWords } from '../wasm/words.ts';
import { type CompiledWasm, type HostFunction, type LinearMemory, type WasmValue } from '../wasm/web-assembly.ts';
import { workerSource } from './worker-source.ts';
import { stringCodec } from '../../bsatn/basic-codecs.ts';
import { encode } from '../../bsatn/codec.ts';
import { errno } from '../errno.ts';

/** What a worker tells: that it wants a function of the host, or how a call ended. */
type Told =
  | {
      readonly kind: 'ask';
      /** The number of the import. */
      readonly index: number;
      readonly args: readonly WasmValue[];
      readonly memory: SharedArrayBuffer;
    }
  | { readonly kind: 'done'; readonly status: WasmValue | undefined }
  | { readonly kind: 'trap'; readonly message: string };

/** A call that the worker is busy with; loading the module is the first. */
interface Busy {
  readonly context: ProcedureContext | undefined;
  readonly resolve: (status: WasmValue | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** The functions that wait, without the main thread waiting with them. */
const sleepUntil = 'spacetime_10.3.procedure_sleep_until';
const httpRequest = 'spacetime_10.3.procedure_http_request';
export const waitingFunctions: readonly string[] = [sleepUntil, httpRequest];

/** How long a procedure may keep a transaction open, in milliseconds: nothing else runs meanwhile. */
const longestTransactionMs = 10_000;

/** An instance of a module on a thread of its own, for procedures that wait. Its memory is there; all that it asks for is carried out here. */
export class WorkerInstance {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #guest: Guest;
  readonly #names: readonly string[];
  readonly #functions: readonly HostFunction[];
  readonly #memory: { buffer: ArrayBufferLike } & LinearMemory = { buffer: new ArrayBuffer(0) };
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  /** How many messages of the worker were taken. */
  #taken = 0;
  #busy: Busy | undefined;

  private constructor(module: CompiledWasm, ops: HostOps, functionsOf: (guest: Guest) => InstanceHost) {
    this.#guest = new Guest(ops);
    this.#guest.attach(new GuestMemory(this.#memory));
    const imports = hostFunctions(module, functionsOf(this.#guest), () => this.#guest.memory);
    this.#names = imports.map(({ name }) => name);
    this.#functions = imports.map(({ run }) => run);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const handles = { setup: this.#guest.handles.openSink(), description: this.#guest.handles.openSink() };
    this.#worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(workerSource)}`), {
      workerData: { module, port: port2, state: this.#state, handles },
      transferList: [port2],
    });
    this.#port.on('message', (told: Told) => this.#take(told));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('its thread ended')));
  }

  /** Starts a thread and loads the module on it. Rejects with a {@link ModuleTrap}. */
  static async start(
    module: CompiledWasm,
    ops: HostOps,
    functionsOf: (guest: Guest) => InstanceHost,
  ): Promise<WorkerInstance> {
    const instance = new WorkerInstance(module, ops, functionsOf);
    const status = await instance.#finished(undefined);
    if (status !== 0) throw new ModuleTrap(`__setup__ answered the status ${status}`);
    instance.#guest.closeAll();
    return instance;
  }

  /** Calls a procedure; the result is what it returned. Rejects with a {@link ModuleTrap}, and is of no use afterwards. */
  async call(call: FunctionCall, context: ProcedureContext): Promise<Uint8Array> {
    const { handles } = this.#guest;
    const [args, sink] = [handles.openSource(call.args), handles.openSink()];
    const finished = this.#finished(context);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window.
    this.#port.postMessage({ args: [call.id, ...callerWords(call), args, sink] });
    const status = await finished;
    const output = handles.closeSink(sink);
    this.#guest.closeAll();
    if (status !== 0) throw new ModuleTrap(`__call_procedure__ answered the status ${status}`);
    return output;
  }

  /** Ends the thread, and what runs on it, with an error. */
  terminate(why: string): void {
    this.#fail(new Error(why));
    this.#port.close();
    void this.#worker.terminate();
  }

  /** A thread that has nothing to do keeps no process alive. */
  #finished(context: ProcedureContext | undefined): Promise<WasmValue | undefined> {
    this.#worker.ref();
    this.#port.ref();
    return new Promise((resolve, reject) => {
      this.#busy = { context, resolve, reject };
    });
  }

  #take(told: Told): void {
    this.#taken++;
    this.#handle(told);
    this.#stayInTransaction();
  }

  /** While a procedure has a transaction open nothing else may run: this thread serves the procedure alone. */
  #stayInTransaction(): void {
    const end = performance.now() + longestTransactionMs;
    while (this.#busy?.context?.isInTransaction() === true) {
      const left = end - performance.now();
      if (left <= 0) {
        this.terminate(`it kept a transaction open for more than ${longestTransactionMs / 1000} seconds`);
        return;
      }
      Atomics.wait(this.#state, 0, this.#taken, left);
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) continue;
      this.#taken++;
      this.#handle(received.message);
    }
  }

  #handle(told: Told): void {
    switch (told.kind) {
      case 'ask':
        this.#memory.buffer = told.memory;
        this.#carryOut(told.index, told.args);
        return;
      case 'done':
        this.#end((busy) => busy.resolve(told.status));
        return;
      case 'trap':
        this.#fail(new Error(told.message));
        return;
    }
  }

  #carryOut(index: number, args: readonly WasmValue[]): void {
    try {
      const result = this.#within(() => this.#call(index, args));
      if (result instanceof Promise) void result.then((value) => this.#answer({ result: value }), this.#answerTrap);
      else this.#answer({ result });
    } catch (error) {
      this.#answerTrap(error);
    }
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

  readonly #answerTrap = (error: unknown): void => {
    this.#answer({ trap: error instanceof Error ? error.message : String(error) });
  };

  #answer(answer: { readonly result: WasmValue | undefined } | { readonly trap: string }): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window.
    this.#port.postMessage(answer);
    Atomics.add(this.#state, 1, 1);
    Atomics.notify(this.#state, 1);
  }

  #within<T>(run: () => T): T {
    const context = this.#busy?.context;
    return context === undefined ? run() : context.within(run);
  }

  #fail(cause: Error): void {
    this.#end((busy) => busy.reject(new ModuleTrap(cause.message, { cause })));
  }

  /** Whatever a call left open is taken back before anything else can happen. */
  #end(settle: (busy: Busy) => void): void {
    const busy = this.#busy;
    if (busy === undefined) return;
    this.#busy = undefined;
    busy.context?.abandon();
    this.#worker.unref();
    this.#port.unref();
    settle(busy);
  }
}
