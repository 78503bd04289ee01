import { type HostOps } from './module-host.ts';

/** The timers that a module starts and ends by number, as `console.time` does. */
export class ConsoleTimers {
  readonly #ops: Pick<HostOps, 'log' | 'nowMicros'>;
  readonly #timers = new Map<number, { readonly name: string; readonly start: bigint }>();
  #last = 0;

  constructor(ops: Pick<HostOps, 'log' | 'nowMicros'>) {
    this.#ops = ops;
  }

  start(name: string): number {
    this.#timers.set(++this.#last, { name, start: this.#ops.nowMicros() });
    return this.#last;
  }

  /** Logs how long it took; whether there was such a timer. */
  end(timer: number): boolean {
    const started = this.#timers.get(timer);
    if (started === undefined) return false;
    this.#timers.delete(timer);
    const message = `Timing span "${started.name}": ${this.#ops.nowMicros() - started.start} microseconds`;
    this.#ops.log({ level: 'info', target: undefined, filename: undefined, lineNumber: undefined, message });
    return true;
  }
}
