import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { bareThread } from '../bare-thread.ts';
import { ModuleTrap, type ModuleTrapDetails, type ProcedureContext } from '../module-host.ts';

/** What a thread tells: that it wants something of the host, or how a call ended. */
type Told<Ask, Done> =
  | { readonly kind: 'ask'; readonly ask: Ask }
  | { readonly kind: 'done'; readonly value: Done }
  | { readonly kind: 'trap'; readonly message: string; readonly details?: Omit<ModuleTrapDetails, 'cause'> };

/** A call that the thread is busy with; loading the module is the first. */
interface Busy<Done> {
  readonly context: ProcedureContext | undefined;
  readonly resolve: (value: Done) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a procedure may keep a transaction open, in milliseconds: nothing else runs meanwhile. */
const longestTransactionMs = 10_000;

/**
 * A thread that runs procedures one after the other. All that they ask for is carried out here, while the thread waits:
 *
 * ```text
 * thread   ask ── wait ────────────── go on
 * here       └─ carry out ── answer ─┘
 * ```
 *
 * `state[0]` counts what was told to this thread, `state[1]` what it answered, so that either can wait for the other.
 */
export class ProcedureThread<Ask, Done> {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #carryOut: (ask: Ask) => unknown;
  /** How many messages of the thread were taken. */
  #taken = 0;
  #busy: Busy<Done> | undefined;
  #isOver = false;

  /** `program` finds `port` and `state` in its `workerData`, beside `data`. What `carryOut` throws is a trap for the procedure; a promise is waited for. */
  constructor(program: URL, data: object, carryOut: (ask: Ask) => unknown) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#carryOut = carryOut;
    this.#worker = bareThread(program, {
      workerData: { ...data, port: port2, state: this.#state },
      transferList: [port2],
    });
    this.#port.on('message', (told: Told<Ask, Done>) => this.#take(told));
    this.#worker.on('error', (error) => this.#fail(error.message, { cause: error }));
    this.#worker.on('exit', () => {
      this.#isOver = true;
      this.#fail('its thread ended', {});
    });
  }

  /** Whether the thread has ended: then it answers nobody any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the thread has done what it does first. Rejects with a {@link ModuleTrap}. */
  async started(): Promise<Done> {
    return this.#finished(undefined);
  }

  /** Has the thread do something, in the name of a procedure. Rejects with a {@link ModuleTrap}; the thread is of no use afterwards. */
  async run(request: object, context: ProcedureContext): Promise<Done> {
    const finished = this.#finished(context);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window.
    this.#port.postMessage(request);
    return finished;
  }

  /** Ends the thread, and what runs on it, with an error. */
  terminate(why: string): void {
    this.#fail(why, {});
    this.#port.close();
    void this.#worker.terminate();
  }

  /** A thread that has nothing to do keeps no process alive. */
  #finished(context: ProcedureContext | undefined): Promise<Done> {
    this.#worker.ref();
    this.#port.ref();
    return new Promise((resolve, reject) => {
      this.#busy = { context, resolve, reject };
    });
  }

  #take(told: Told<Ask, Done>): void {
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

  #handle(told: Told<Ask, Done>): void {
    switch (told.kind) {
      case 'ask':
        this.#serve(told.ask);
        return;
      case 'done':
        this.#end((busy) => busy.resolve(told.value));
        return;
      case 'trap':
        this.#fail(told.message, told.details ?? {});
        return;
    }
  }

  #serve(ask: Ask): void {
    try {
      const result = this.#within(() => this.#carryOut(ask));
      if (result instanceof Promise) void result.then((value) => this.#answer({ result: value }), this.#answerTrap);
      else this.#answer({ result });
    } catch (error) {
      this.#answerTrap(error);
    }
  }

  readonly #answerTrap = (error: unknown): void => {
    this.#answer({ trap: messageOf(error) });
  };

  #answer(answer: { readonly result: unknown } | { readonly trap: string }): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window.
    this.#port.postMessage(answer);
    Atomics.add(this.#state, 1, 1);
    Atomics.notify(this.#state, 1);
  }

  #within<T>(run: () => T): T {
    const context = this.#busy?.context;
    return context === undefined ? run() : context.within(run);
  }

  #fail(message: string, details: ModuleTrapDetails): void {
    this.#end((busy) => busy.reject(new ModuleTrap(message, details)));
  }

  /** Whatever a call left open is taken back before anything else can happen. */
  #end(settle: (busy: Busy<Done>) => void): void {
    const busy = this.#busy;
    if (busy === undefined) return;
    this.#busy = undefined;
    busy.context?.abandon();
    this.#worker.unref();
    this.#port.unref();
    settle(busy);
  }
}
