import { type MachineState } from './machine.ts';

/** What a connection looks like from outside. */
export type ConnectionState =
  /** The first connection is being made. */
  | { readonly status: 'connecting' }
  | { readonly status: 'connected' }
  /** The connection was lost, or a first attempt is tried again. `attempt` counts from 1; `nextDelayMs` is 0 while the attempt is under way. */
  | { readonly status: 'reconnecting'; readonly attempt: number; readonly nextDelayMs: number }
  /** Nobody asked for a connection, or `disconnect` was called, or the first attempt failed. */
  | { readonly status: 'disconnected' }
  /** The server refused the token: only a new token helps. */
  | { readonly status: 'authError'; readonly message: string }
  /** Trying again would not help: the bound of attempts is met, or what the server sends cannot be read. */
  | { readonly status: 'fatalError'; readonly message: string };

const tried = 'it is tried again by itself; call again when client.connection.state is connected';

/** What is left to do for who needs a connection and finds it in a state. */
export const adviceIn: Readonly<Record<ConnectionState['status'], string>> = {
  connecting: 'await client.connect() first',
  reconnecting: tried,
  // It has just ended, which nobody has been told yet.
  connected: tried,
  disconnected: 'await client.connect() first',
  authError: 'log in again, or call logout(), and then client.connect()',
  fatalError: 'client.connection.state says why; client.connect() begins anew',
};

/** The public form of a state of the machine. */
export function publicState(state: MachineState): ConnectionState {
  switch (state.status) {
    case 'idle':
      return { status: 'disconnected' };
    case 'opening': {
      const { hasConnected, failures } = state.history;
      if (!hasConnected && failures === 0) return { status: 'connecting' };
      return { status: 'reconnecting', attempt: Math.max(failures, 1), nextDelayMs: 0 };
    }
    case 'open':
      return { status: 'connected' };
    case 'waiting':
      return { status: 'reconnecting', attempt: state.history.failures, nextDelayMs: state.delayMs };
    case 'stopped':
      return { status: state.because === 'auth' ? 'authError' : 'fatalError', message: state.message };
  }
}
