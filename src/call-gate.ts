import { type HeldCall } from './calls/pending-calls.ts';
import { type Connection } from './connection/connection.ts';
import { ConnectionError } from './errors.ts';
import { type ClientLimits } from './options.ts';
import { type ClientMessage } from './wire/client-message.ts';

/** What the gate looks at. */
interface CallGateOptions {
  readonly connection: Connection;
  readonly limits: ClientLimits;
  readonly isReconciling: () => boolean;
  readonly pendingCalls: () => number;
  /** What whoever calls without a connection should do. */
  readonly advice: () => string;
}

/** Lets calls through to the connection: none without one or beyond the limits, and between a new connection and its rows later, in order. */
export class CallGate {
  readonly #options: CallGateOptions;
  #held: { readonly message: ClientMessage; readonly call: HeldCall }[] = [];

  constructor(options: CallGateOptions) {
    this.#options = options;
  }

  /** Whether calls need not wait: there is a connection, its rows are here, and the network takes more. */
  get isOpen(): boolean {
    const { connection, limits, isReconciling } = this.#options;
    return connection.isOpen && !isReconciling() && connection.bufferedBytes < limits.maxBufferedBytes;
  }

  /** Between a new connection and its rows, calls wait: what they would change is not there yet. Throws a `ConnectionError` where `check` does. */
  send(message: ClientMessage, call: HeldCall): void {
    this.check(message.tag === 'CallReducer' ? `calling reducer ${message.reducer}` : 'calling a procedure');
    if (this.#options.isReconciling()) this.#held.push({ message, call });
    else this.#options.connection.send(message);
  }

  /** The rows of the connection are here. */
  release(): void {
    for (const { message, call } of this.#held.splice(0)) {
      if (call.isWanted()) this.#options.connection.send(message);
      else call.forget();
    }
  }

  /** The connection is gone, and with it whoever waited here. */
  close(): void {
    this.#held = [];
  }

  /** Throws a `ConnectionError` that names `what` without a connection, and beyond the limits. */
  check(what: string): void {
    const { connection, limits, pendingCalls, advice } = this.#options;
    const { maxPendingCalls, maxBufferedBytes } = limits;
    if (!connection.isOpen) {
      const { status } = connection.state.peek();
      throw new ConnectionError(`${what}: there is no connection (${status}); ${advice()}`, {
        cause: connection.lastError,
      });
    }
    if (pendingCalls() >= maxPendingCalls) {
      throw new ConnectionError(
        `${what}: ${maxPendingCalls} calls wait for an answer already (limits.maxPendingCalls)`,
      );
    }
    if (connection.bufferedBytes >= maxBufferedBytes) {
      throw new ConnectionError(
        `${what}: ${maxBufferedBytes} bytes wait for the network already (limits.maxBufferedBytes)`,
      );
    }
  }
}
