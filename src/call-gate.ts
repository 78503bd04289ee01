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
  readonly #held: { readonly call: SendableCall; readonly calls: HeldCalls }[] = [];

  constructor(host: CallGateHost) {
    this.#host = host;
  }

  /** Between a new connection and its rows, calls wait: what they would change is not there yet. Throws a `ConnectionError` where `check` does. */
  send(call: SendableCall, calls: HeldCalls): void {
    this.check(call);
    const { connection, rowSteps } = this.#host;
    if (rowSteps.isReconciling) this.#hold(call, calls);
    else call.sentIn(connection.send(call));
  }

  /** The rows of the connection are here. */
  release(): void {
    for (const { call, calls } of this.#held.splice(0)) {
      if (call.isAbandoned) calls.forget(call.requestId);
      else this.#host.connection.send(call);
    }
  }

  /** The connection is gone, and whoever waited here was never sent; that it is not under way any more is up to whoever made it. */
  close(cause: ConnectionError): void {
    for (const { call } of this.#held.splice(0))
      call.reject(
        new ConnectionError(`${call.action}: the connection broke before it was sent; call again`, { cause }),
      );
  }

  /** Throws a `ConnectionError` that names what is done without a connection, and beyond the limits. */
  check(doing: Doing): void {
    const { connection, limits, pendingCalls } = this.#host;
    if (!connection.isOpen) this.#refuseOffline(doing);
    if (pendingCalls >= limits.maxPendingCalls) refuse(doing, limits, 'maxPendingCalls');
    if (connection.bufferedBytes >= limits.maxBufferedBytes) refuse(doing, limits, 'maxBufferedBytes');
  }

  #hold(call: SendableCall, calls: HeldCalls): void {
    call.hold();
    this.#held.push({ call, calls });
  }

  #refuseOffline({ action }: Doing): never {
    const { connection } = this.#host;
    const { status } = connection.state.peek();
    const problem = `there is no connection (${status}); ${this.#host.advice(status)}`;
    throw new ConnectionError(`${action}: ${problem}`, { cause: connection.lastError });
  }
}

/** What passes the gate, as errors name it. */
interface Doing {
  readonly action: string;
}

const waiting = {
  maxPendingCalls: 'calls wait for an answer',
  maxBufferedBytes: 'bytes wait for the network',
} as const;

function refuse({ action }: Doing, limits: ClientLimits, limit: keyof typeof waiting): never {
  throw new ConnectionError(`${action}: ${limits[limit]} ${waiting[limit]} already (limits.${limit})`);
}
