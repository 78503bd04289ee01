import { backoffDelay, type RetryPolicy } from './backoff.ts';

/** What the machine remembers from attempt to attempt. */
export interface History {
  /** Connections that broke, and attempts that failed, since the last healthy connection; those without a network do not count. */
  readonly failures: number;
  /** Protocol errors without a healthy minute between them. */
  readonly violations: number;
  /** Whether there ever was a connection. */
  readonly hasConnected: boolean;
}

/** The states of the machine; STATES.md draws them. */
export type MachineState =
  /** Nobody wants a connection. */
  | { readonly status: 'idle' }
  /** A socket is on its way: token, upgrade, first message. */
  | { readonly status: 'opening'; readonly history: History }
  /** The server has introduced itself. `healthySince`: milliseconds of the clock. */
  | { readonly status: 'open'; readonly history: History; readonly healthySince: number | undefined }
  /** The next attempt waits for its time. */
  | { readonly status: 'waiting'; readonly history: History; readonly delayMs: number }
  /** Trying again cannot help until somebody asks for it. */
  | { readonly status: 'stopped'; readonly because: 'auth' | 'fatal'; readonly message: string };

/** What can happen. */
export type MachineEvent =
  /** Somebody wants a connection. */
  | { readonly kind: 'connect' }
  /** Somebody wants a new connection, even if there is one or one is on its way. */
  | { readonly kind: 'reconnect' }
  /** Somebody wants no connection. */
  | { readonly kind: 'disconnect' }
  /** The first message of the server arrived. */
  | { readonly kind: 'opened' }
  /** The connection has proved healthy: every set applied and open for a while. */
  | { readonly kind: 'healthy' }
  /** An attempt failed or the connection broke, and another attempt may succeed. */
  | { readonly kind: 'lost'; readonly message: string }
  /** The server refused the token. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The server sent what cannot be read. */
  | { readonly kind: 'violated'; readonly message: string }
  /** The time of the next attempt has come. */
  | { readonly kind: 'timer' }
  /** The browser has a network again. */
  | { readonly kind: 'online' }
  /** The browser has no network. */
  | { readonly kind: 'offline' }
  /** A hidden page became visible. */
  | { readonly kind: 'visible' };

/** What the driver has to do. */
export type MachineCommand =
  | { readonly kind: 'openSocket' }
  | { readonly kind: 'closeSocket'; readonly reason: string }
  /** The socket can be used: a new conversation begins. */
  | { readonly kind: 'beginConversation' }
  | { readonly kind: 'startTimer'; readonly delayMs: number }
  | { readonly kind: 'cancelTimer' }
  /** Find out whether the socket is alive. */
  | { readonly kind: 'probe' };

/** What a transition depends on besides state and event. */
export interface MachineInput {
  /** Milliseconds of the clock. */
  readonly now: number;
  /** From 0 to 1, for the jitter. */
  readonly random: number;
  readonly isOnline: boolean;
  readonly policy: RetryPolicy;
}

/** A new state, and what to do on the way there, in order. */
export interface Transition {
  readonly state: MachineState;
  readonly commands: readonly MachineCommand[];
}

type Status = MachineState['status'];
type StateOf<S extends Status> = Extract<MachineState, { status: S }>;
type EventOf<K extends MachineEvent['kind']> = Extract<MachineEvent, { kind: K }>;

/** One cell for every state and event: one that is missing does not compile. */
type TransitionTable = {
  readonly [S in Status]: {
    readonly [K in MachineEvent['kind']]: (state: StateOf<S>, event: EventOf<K>, input: MachineInput) => Transition;
  };
};

/** So many protocol errors without a healthy minute between them end in `fatalError`. */
const maxViolations = 3;
const healthyMinuteMs = 60_000;

const fresh: History = { failures: 0, violations: 0, hasConnected: false };
const stay = (state: MachineState): Transition => ({ state, commands: [] });
const probe = (state: MachineState): Transition => ({ state, commands: [{ kind: 'probe' }] });
const leave = (...commands: MachineCommand[]): Transition => ({ state: { status: 'idle' }, commands });
const close = (reason: string): MachineCommand => ({ kind: 'closeSocket', reason });
const cancelTimer: MachineCommand = { kind: 'cancelTimer' };

function open(history: History, ...before: MachineCommand[]): Transition {
  return { state: { status: 'opening', history }, commands: [...before, { kind: 'openSocket' }] };
}

function stop(because: 'auth' | 'fatal', message: string, ...commands: MachineCommand[]): Transition {
  return { state: { status: 'stopped', because, message }, commands };
}

/** Waits for the next attempt, or gives up where the policy says so. */
function retry(history: History, message: string, input: MachineInput, before: MachineCommand): Transition {
  const { policy, isOnline } = input;
  if (!history.hasConnected && !policy.retryInitialConnect) return leave(before);
  const failures = isOnline ? history.failures + 1 : Math.max(history.failures, 1);
  if (failures > policy.maxAttempts) {
    return stop('fatal', `gave up after ${policy.maxAttempts} attempts to reconnect: ${message}`, before);
  }
  const delayMs = isOnline ? backoffDelay(policy, failures, input.random) : policy.offlineProbeMs;
  const state: MachineState = { status: 'waiting', history: { ...history, failures }, delayMs };
  return { state, commands: [before, { kind: 'startTimer', delayMs }] };
}

function violate(history: History, message: string, input: MachineInput): Transition {
  const violations = history.violations + 1;
  if (violations >= maxViolations) return stop('fatal', message, close('protocol error'));
  return retry({ ...history, violations }, message, input, close('protocol error'));
}

/** What is remembered of a connection that ends: a healthy minute makes up for the protocol errors before it. */
function pastOf({ history, healthySince }: StateOf<'open'>, { now }: MachineInput): History {
  const wasHealthy = healthySince !== undefined && now - healthySince >= healthyMinuteMs;
  return wasHealthy ? { ...history, violations: 0 } : history;
}

function postpone(state: StateOf<'waiting'>, { policy }: MachineInput): Transition {
  const delayMs = policy.offlineProbeMs;
  return { state: { ...state, delayMs }, commands: [cancelTimer, { kind: 'startTimer', delayMs }] };
}

const transitions: TransitionTable = {
  idle: {
    connect: () => open(fresh),
    reconnect: () => open(fresh),
    disconnect: stay,
    opened: stay,
    healthy: stay,
    lost: stay,
    refused: stay,
    violated: stay,
    timer: stay,
    online: stay,
    offline: stay,
    visible: stay,
  },
  opening: {
    connect: stay,
    reconnect: (state) => open(state.history, close('reconnect')),
    disconnect: () => leave(close('disconnect')),
    opened: ({ history }) => ({
      state: { status: 'open', history: { ...history, hasConnected: true }, healthySince: undefined },
      commands: [{ kind: 'beginConversation' }],
    }),
    healthy: stay,
    lost: (state, event, input) => retry(state.history, event.message, input, close(event.message)),
    refused: (_state, event) => stop('auth', event.message, close('token refused')),
    violated: (state, event, input) => violate(state.history, event.message, input),
    timer: stay,
    online: stay,
    offline: stay,
    visible: stay,
  },
  open: {
    connect: stay,
    reconnect: (state, _event, input) => open(pastOf(state, input), close('reconnect')),
    disconnect: () => leave(close('disconnect')),
    opened: stay,
    healthy: (state, _event, input) =>
      stay({ ...state, history: { ...state.history, failures: 0 }, healthySince: state.healthySince ?? input.now }),
    lost: (state, event, input) => retry(pastOf(state, input), event.message, input, close(event.message)),
    refused: (_state, event) => stop('auth', event.message, close('token refused')),
    violated: (state, event, input) => violate(pastOf(state, input), event.message, input),
    timer: stay,
    // What looks open may be long dead after a sleep or a change of networks; and a browser may say that it is offline where the server still answers.
    online: probe,
    offline: probe,
    visible: probe,
  },
  waiting: {
    connect: (state) => open(state.history, cancelTimer),
    reconnect: (state) => open(state.history, cancelTimer),
    disconnect: () => leave(cancelTimer),
    opened: stay,
    healthy: stay,
    lost: stay,
    refused: stay,
    violated: stay,
    timer: (state) => open(state.history),
    online: (state) => open(state.history, cancelTimer),
    offline: (state, _event, input) => postpone(state, input),
    visible: (state, _event, input) => (input.isOnline ? open(state.history, cancelTimer) : stay(state)),
  },
  stopped: {
    connect: () => open(fresh),
    reconnect: () => open(fresh),
    disconnect: () => leave(),
    opened: stay,
    healthy: stay,
    lost: stay,
    refused: stay,
    violated: stay,
    timer: stay,
    online: stay,
    offline: stay,
    visible: stay,
  },
};

/** The state before anything happened. */
export const initialState: MachineState = { status: 'idle' };

/** What follows `event` in `state`. Pure: the same input gives the same answer. */
export function transition(state: MachineState, event: MachineEvent, input: MachineInput): Transition {
  return cellOf(state.status, event.kind)(state, event, input);
}

type Cell = (state: MachineState, event: MachineEvent, input: MachineInput) => Transition;

/** The table is typed per cell; here the two tags have been looked up in the very values that are passed on. */
function cellOf(status: Status, kind: MachineEvent['kind']): Cell {
  return transitions[status][kind] as Cell;
}
