import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { bareThread, programOf } from '../bare-thread.ts';
import { watchdogSource } from './watchdog-source.ts';

/**
 * What both threads see, each an `i32`:
 *
 * ```text
 * servers   how many are open; -1: the thread has ended
 * moves     grows whenever a function of a module begins or ends
 * running   the number of the innermost function that runs, from 1 on; 0: none
 * limitMs   how long that one may run before somebody is told; 0: for ever
 * never     nobody wakes who waits for it
 * ```
 */
const cell = { servers: 0, moves: 1, running: 2, limitMs: 3, never: 4 } as const;

/** A function of a module that runs on this thread. */
interface Running {
  readonly number: number;
  readonly limitMs: number;
}

/**
 * Sees from a thread of its own that a function of a module does not end, which holds up everything on this one: the time-outs of a test runner and the handler
 * of Ctrl-C too. It can end nothing, but says on standard error what is running.
 */
class Watchdog {
  #state = new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT));
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #running: Running[] = [];
  /** Tells a thread the names of functions. */
  #tell: ((name: string) => void) | undefined;

  /** A server is open: there is a thread until it is closed. */
  open(): void {
    for (;;) {
      const servers = Atomics.load(this.#state, cell.servers);
      if (servers < 0 || this.#tell === undefined) this.#start();
      else if (Atomics.compareExchange(this.#state, cell.servers, servers, servers + 1) === servers) return;
    }
  }

  close(): void {
    Atomics.sub(this.#state, cell.servers, 1);
  }

  /** Runs `call`, which is `what`, such as `reducer say`. */
  within<T>(what: string, limitMs: number, call: () => T): T {
    this.#running.push({ number: this.#numberOf(what), limitMs });
    this.#show();
    try {
      return call();
    } finally {
      this.#running.pop();
      this.#show();
    }
  }

  #show(): void {
    const innermost = this.#running.at(-1);
    Atomics.store(this.#state, cell.running, innermost?.number ?? 0);
    Atomics.store(this.#state, cell.limitMs, innermost?.limitMs ?? 0);
    Atomics.add(this.#state, cell.moves, 1);
  }

  #numberOf(what: string): number {
    const known = this.#numbers.get(what);
    if (known !== undefined) return known;
    const number = this.#names.push(what);
    this.#numbers.set(what, number);
    this.#tell?.(what);
    return number;
  }

  #start(): void {
    this.#state = new Int32Array(new SharedArrayBuffer(this.#state.byteLength));
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window.
    this.#tell = (name) => port1.postMessage(name);
    for (const name of this.#names) this.#tell(name);
    try {
      startThread(this.#state, port2);
    } catch (error) {
      // Such as a permission that this process lacks: a server goes without.
      warn(error);
    }
  }
}

function startThread(state: Int32Array, port: MessagePort): void {
  const { pid, platform } = process;
  const thread = bareThread(programOf(watchdogSource), {
    workerData: { state, port, cell, pid, platform },
    transferList: [port],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  thread.unref();
  thread.on('error', warn);
}

function warn(error: unknown): void {
  process.emitWarning(`nobody watches over the embedded server: ${messageOf(error)}`);
}

/** The watchdog of this thread. */
export const watchdog: Watchdog = new Watchdog();
