import { type HeldCalls, type SendableCall } from './calls/pending-call.ts';
import { type Connection } from './connection/connection.ts';
import { type ConnectionState } from './connection/state.ts';
import { ConnectionError } from './errors.ts';
import { type ClientLimits } from './options.ts';

/** Whose calls go through the gate. */
export interface CallGateHost {
  readonly connection: Connection;
  readonly limits: ClientLimits;
  readonly rowSteps: { readonly isReconciling: boolean };
  /** How many calls and one-off queries wait for an answer. */
  readonly pendingCalls: number;
  /** What whoever calls without a connection should do, by how it stands. */
  advice(status: ConnectionState['status']): string;
}

/** Lets calls through to the connection: none without one or beyond the limits, and between a new connection and its rows later, in order. */
export class CallGate {
  readonly #host: CallGateHost;
  #held: { readonly call: SendableCall; readonly calls: HeldCalls }[] = [];

  constructor(host: CallGateHost) {
    this.#host = host;
  }

  /** Whether there is a connection, and its rows are here. */
  get isReady(): boolean {
    const { connection, rowSteps } = this.#host;
    return connection.isOpen && !rowSteps.isReconciling;
  }

  /** Whether calls need not wait: everything is ready, and the network takes more. */
  get isOpen(): boolean {
    const { connection, limits } = this.#host;
    return this.isReady && connection.bufferedBytes < limits.maxBufferedBytes;
  }

  /** Between a new connection and its rows, calls wait: what they would change is not there yet. Throws a `ConnectionError` where `check` does. */
  send(call: SendableCall, calls: HeldCalls): void {
    const problem = this.#problem();
    if (problem !== undefined) throw refusal(`calling ${call.kind} ${call.name}`, problem);
    if (!this.#host.rowSteps.isReconciling) return call.sentIn(this.#host.connection.send(call));
    call.hold();
    this.#held.push({ call, calls });
  }

  /** The rows of the connection are here. */
  release(): void {
    for (const { call, calls } of this.#held.splice(0)) {
      if (call.isAbandoned) calls.forget(call.requestId);
      else this.#host.connection.send(call);
    }
  }

  /** The connection is gone, and with it whoever waited here. */
  close(): void {
    this.#held = [];
  }

  /** Throws a `ConnectionError` that names `what` without a connection, and beyond the limits. */
  check(what: string): void {
    const problem = this.#problem();
    if (problem !== undefined) throw refusal(what, problem);
  }

  /** Why nothing can be sent now. */
  #problem(): Problem | undefined {
    const { connection, limits, pendingCalls } = this.#host;
    const { maxPendingCalls, maxBufferedBytes } = limits;
    if (!connection.isOpen) {
      const { status } = connection.state.peek();
      return { text: `there is no connection (${status}); ${this.#host.advice(status)}`, cause: connection.lastError };
    }
    if (pendingCalls >= maxPendingCalls) {
      return { text: `${maxPendingCalls} calls wait for an answer already (limits.maxPendingCalls)` };
    }
    if (connection.bufferedBytes >= maxBufferedBytes) {
      return { text: `${maxBufferedBytes} bytes wait for the network already (limits.maxBufferedBytes)` };
    }
    return undefined;
  }
}

/** Why a call is refused. */
interface Problem {
  readonly text: string;
  readonly cause?: unknown;
}

function refusal(what: string, problem: Problem): ConnectionError {
  return new ConnectionError(`${what}: ${problem.text}`, problem);
}
