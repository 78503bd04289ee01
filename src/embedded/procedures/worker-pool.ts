import { type FunctionCall, ModuleTrap, type ProcedureContext } from '../module-host.ts';

/** An instance of a module on a thread of its own. */
export interface ThreadInstance {
  /** Whether the thread has ended by itself. */
  readonly isOver: boolean;
  /** Calls a procedure; the result is what it returned. Rejects with a {@link ModuleTrap}, and is of no use afterwards. */
  call(call: FunctionCall, context: ProcedureContext): Promise<Uint8Array>;
  /** Ends the thread, and what runs on it, with an error. */
  terminate(why: string): void;
}

/** How many procedures run at the same time; more wait for their turn. */
const largest = 8;

/** The threads that procedures run on. An instance that trapped is thrown away: its memory may be in any state. */
export class WorkerPool {
  readonly #start: () => Promise<ThreadInstance>;
  readonly #idle: ThreadInstance[] = [];
  readonly #all = new Set<ThreadInstance>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #isClosed = false;

  constructor(start: () => Promise<ThreadInstance>) {
    this.#start = start;
  }

  /** Rejects with a {@link ModuleTrap}. */
  async call(call: FunctionCall, context: ProcedureContext): Promise<Uint8Array> {
    if (this.#running >= largest) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#isClosed) throw closedError();
    this.#running++;
    try {
      return await this.#callOn(await this.#take(), call, context);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends all threads; what still runs ends with an error. */
  close(): void {
    this.#isClosed = true;
    for (const instance of this.#all) instance.terminate('its database was closed');
    this.#all.clear();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #take(): Promise<ThreadInstance> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.isOver) return idle;
      this.#all.delete(idle);
    }
    const instance = await this.#start();
    if (this.#isClosed) {
      instance.terminate('its database was closed');
      throw closedError();
    }
    this.#all.add(instance);
    return instance;
  }

  async #callOn(instance: ThreadInstance, call: FunctionCall, context: ProcedureContext): Promise<Uint8Array> {
    try {
      const value = await instance.call(call, context);
      this.#idle.push(instance);
      return value;
    } catch (error) {
      this.#all.delete(instance);
      instance.terminate('it trapped');
      throw error;
    }
  }
}

function closedError(): ModuleTrap {
  return new ModuleTrap('its database was closed');
}
